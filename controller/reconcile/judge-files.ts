/**
 * A running container against the repository files that it should have. Pure. Compose sees none of this: contents are not
 * in its hash, and a container keeps the inode of a file that was replaced.
 */
import type { ObservedContainer } from "../docker/docker.ts";
import type { FilesRecord, Mounts } from "../status/record.ts";
import type { DesiredService } from "./desired.ts";
import { givenTo, isSameFolder, otherMounts, wayOf, type ServiceMounts } from "./given-files.ts";
import type { ContainerVerdict } from "./judge-container.ts";
import { ON_FILE_CHANGE_LABEL, type OnFileChange } from "./service-labels.ts";

export interface FilesQuestion {
  readonly record: FilesRecord | undefined;
  /** What the containers of each service should have; a service that is not there has no say in it. */
  readonly wanted: ServiceMounts | undefined;
}

/** What is to be done to a container that runs, and because of which mounts. */
export interface FilesVerdict {
  readonly mounts: readonly string[];
  readonly does: OnFileChange;
}

/** Undefined where it has what it should, or nobody knows. */
export function filesVerdict(
  container: Pick<ObservedContainer, "id" | "service" | "startedAt">,
  service: Pick<DesiredService, "name" | "onFileChange">,
  { record, wanted }: FilesQuestion,
): FilesVerdict | undefined {
  const have = givenTo(container, record);
  const want = wanted?.[service.name];
  const mounts = otherMounts(have, want);
  if (have === undefined || want === undefined || mounts.length === 0) return undefined;
  return { mounts, does: remedyFor(service.onFileChange, mounts, have, want) };
}

/** The verdict, unless it says that all is well and the container has other files than it should. */
export function judgeFiles(
  verdict: ContainerVerdict,
  container: ObservedContainer,
  service: DesiredService,
  question: FilesQuestion | undefined,
): ContainerVerdict {
  if (verdict.is !== "running" || question === undefined) return verdict;
  const found = filesVerdict(container, service, question);
  if (found === undefined) return verdict;
  const { does } = found;
  const named = listed(found.mounts);
  if (does.act === "ignore") {
    return {
      ...verdict,
      note: `has another ${named} than Git, by its label ${ON_FILE_CHANGE_LABEL}: ignore`,
    };
  }
  const asked = service.onFileChange.act;
  const instead =
    does.act === asked || asked === "ignore" ? "" : `; ${NOT_ENOUGH[asked]}: it is ${DONE[does.act]}`;
  return {
    is: "drifted",
    kind: "FilesChanged",
    expected: `${named} as in Git`,
    actual: `was given another ${named}${instead}`,
    cause: "outside",
    remedy: does,
  };
}

const NOT_ENOUGH = {
  recreate: "",
  restart: "a restart does not change what was put in when it was made",
  signal: "a signal is enough only for files in a folder that is mounted",
} as const;

const DONE = { recreate: "made anew", restart: "restarted", signal: "told" } as const;

/** What the label asks for, or the next stronger thing that does it. */
function remedyFor(asked: OnFileChange, mounts: readonly string[], have: Mounts, want: Mounts): OnFileChange {
  if (asked.act === "ignore" || asked.act === "recreate") return asked;
  const pairs = mounts.map((name) => ({ before: have[name] ?? "", now: want[name] ?? "" }));
  const sameWay = pairs.every(({ before, now }) => wayOf(before) === wayOf(now) && !now.startsWith("copy"));
  if (!sameWay) return { act: "recreate" };
  if (asked.act === "restart") return { act: "restart" };
  // Only what is in a folder reaches a program that goes on running.
  return pairs.every(({ before }) => isSameFolder(before)) ? asked : { act: "restart" };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
