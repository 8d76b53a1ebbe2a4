/**
 * A target has failed: is the last healthy one to be brought back? Pure. Only a failure of a service itself counts, never one
 * of a pull, a build, a policy, the engine or the host; and nothing is brought back over data that it may not understand.
 */
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import { canonicalJson } from "../lib/hash.ts";
import type { MadeTarget } from "../status/record.ts";
import type { Problem } from "../status/rollback-types.ts";
import { desiredServices } from "./desired.ts";
import { CANNOT_RUN } from "./failed-dependency.ts";
import type { Finding } from "./judged.ts";
import { ROLLBACK_LABEL } from "./service-labels.ts";

export interface RollbackQuestion {
  /** `spec.sync.rollbackOnFailure`. */
  readonly asked: boolean;
  /** What failed, and how it was rendered. */
  readonly failed: MadeTarget;
  readonly failedProject: RenderedProject | undefined;
  /** What failed was itself brought back by a rollback. */
  readonly isRollback: boolean;
  readonly lastHealthy: MadeTarget | undefined;
  readonly healthyProject: RenderedProject | undefined;
  /** As `oneShotsThatRan` has them. */
  readonly ran: readonly string[];
}

export type RollbackVerdict =
  /** Nothing to bring back, or nobody asked for it. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "rollback"; readonly to: MadeTarget };

export function judgeRollback(question: RollbackQuestion): RollbackVerdict {
  const { asked, failed, lastHealthy, failedProject, healthyProject } = question;
  if (!asked || question.isRollback || lastHealthy === undefined) return { kind: "none" };
  if (isSame(failed, lastHealthy)) return { kind: "none" };
  const to = short(lastHealthy.revision);
  if (lastHealthy.checkout === undefined || failedProject === undefined || healthyProject === undefined) {
    const why =
      lastHealthy.checkout === undefined
        ? "its files are not known: it was applied by an older version of ConOps"
        : "a recorded rendering cannot be opened";
    return refused("RollbackFailed", `Cannot roll back to ${to}: ${why}`);
  }
  const unsafe = question.ran.find(
    (name) => failedProject.services[name]?.labels?.[ROLLBACK_LABEL] !== "safe",
  );
  if (unsafe !== undefined) {
    return refused(
      "RollbackUnsafe",
      `Cannot roll back to ${to}: the one-shot "${unsafe}" has run, and what it changed stays; label it ${ROLLBACK_LABEL}: safe where an older revision can live with that`,
    );
  }
  const volume = changedVolume(failedProject, healthyProject);
  if (volume !== undefined) {
    return refused(
      "RollbackUnsafe",
      `Cannot roll back to ${to}: the definition of volume "${volume}" is another one there`,
    );
  }
  return { kind: "rollback", to: lastHealthy };
}

/** Did a service fail by itself? What somebody did to a container from outside is healed. */
export function isServiceFault(
  findings: readonly Pick<Finding, "kind" | "cause" | "containerId">[],
  /** As `faultsOfHost` has them. */
  ofHost: ReadonlySet<string> = new Set(),
): boolean {
  const found = findings.filter(({ kind }) => kind !== "Orphan");
  const isOwn = found.some(({ cause, containerId = "" }) => cause === "itself" && !ofHost.has(containerId));
  if (isOwn) return true;
  // Nothing has drifted, and it is still not healthy: a health check that never answered, a restart without end.
  return found.length === 0;
}

/** What a stopping engine or a host that went down leaves behind. */
const ENDED_BY_HOST: ReadonlySet<number> = new Set([137, 143, 255]);

/**
 * The ids of containers that may be as they are by the engine's or the host's doing: those that ended so while nobody watched,
 * and those that the engine could not start (a port that is taken), but for a program that cannot be run.
 */
export function faultsOfHost(
  containers: readonly ObservedContainer[],
  ending: (containerId: string) => unknown,
): ReadonlySet<string> {
  const found = containers.filter(({ id, state, exitCode, oomKilled }) => {
    if (state === "created") return !CANNOT_RUN.has(exitCode);
    return state === "exited" && !oomKilled && ENDED_BY_HOST.has(exitCode) && ending(id) === undefined;
  });
  return new Set(found.map(({ id }) => id));
}

export interface RunsQuestion {
  readonly failed: MadeTarget;
  readonly failedProject: RenderedProject | undefined;
  readonly lastHealthy: MadeTarget | undefined;
  readonly containers: readonly ObservedContainer[];
  readonly completedRuns: Readonly<Record<string, string>>;
  /** When the sync of the failed target began, wall milliseconds. */
  readonly since: number;
}

/**
 * The one-shots of the failed target that have run, whatever came of it, sorted: of which a container was started since, or a
 * run is recorded as completed that the last healthy target has not.
 */
export function oneShotsThatRan(question: RunsQuestion): readonly string[] {
  const { failed, failedProject, lastHealthy, containers, completedRuns, since } = question;
  if (failedProject === undefined) return [];
  return desiredServices(failedProject)
    .filter(({ name, oneShot }) => {
      if (oneShot === "no") return false;
      const run = failed.runKeys[name];
      const isRecorded = run !== undefined && completedRuns[name] === run;
      if (isRecorded && lastHealthy?.runKeys[name] !== run) return true;
      return containers.some(
        ({ service, oneOff, configHash, startedAt, state, exitCode }) =>
          service === name &&
          !oneOff &&
          configHash !== "" &&
          startedAt >= since &&
          (oneShot === "yes" || (state === "exited" && exitCode === 0)),
      );
    })
    .map(({ name }) => name)
    .toSorted();
}

function isSame(a: MadeTarget, b: MadeTarget): boolean {
  if (a.content !== undefined && b.content !== undefined) return a.content === b.content;
  return a.rendering === b.rendering && a.usedFiles === b.usedFiles;
}

/** A volume that both have, and define differently. One that only one of them has is no obstacle: it stays. */
function changedVolume(failed: RenderedProject, healthy: RenderedProject): string | undefined {
  const [before, after] = [healthy.volumes ?? {}, failed.volumes ?? {}];
  return Object.keys(after)
    .toSorted()
    .find(
      (name) =>
        Object.hasOwn(before, name) &&
        canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
    );
}

function refused(reason: "RollbackUnsafe" | "RollbackFailed", message: string): RollbackVerdict {
  return { kind: "refused", problem: { reason, message } };
}

function short(revision: string): string {
  return revision.slice(0, 12);
}
