/** One service's containers, judged → facts. Pure. */
import { isIgnored, type IgnoredDifference } from "../api/drift.ts";
import type { ProjectObjects } from "../docker/docker.ts";
import type { MadeObjects } from "../status/record.ts";
import type { DesiredService } from "./desired.ts";
import type { ContainerVerdict } from "./judge-container.ts";
import { judgeObjects } from "./judge-objects.ts";
import type { Finding, Judged } from "./judged.ts";
import { HEAL_DELAY_LABEL } from "./service-labels.ts";

export interface Evidence {
  readonly objects?: ProjectObjects | undefined;
  readonly madeObjects?: MadeObjects | undefined;
  readonly ignored?: readonly IgnoredDifference[];
}

/** Everything that is not as it should be with one service; nothing while it is in the making. */
export function findingsOf(
  one: Judged,
  { objects, madeObjects, ignored = [] }: Evidence,
): readonly Finding[] {
  if (one.madeUntil !== undefined) return [];
  return [...containerFindings(one), ...countFindings(one), ...judgeObjects(one, objects, madeObjects)].map(
    (finding) => marked(finding, ignored),
  );
}

export function marked(finding: Finding, ignored: readonly IgnoredDifference[]): Finding {
  return isIgnored(finding, ignored) ? { ...finding, ignored: true } : finding;
}

function containerFindings({ service, containers }: Judged): readonly Finding[] {
  return containers.flatMap(({ container, verdict, differences }): readonly Finding[] => [
    ...driftOf(verdict, container.id, service),
    ...differences.map((difference) => ({
      service: service.name,
      ...difference,
      cause: "outside" as const,
      containerId: container.id,
    })),
  ]);
}

function driftOf(
  verdict: ContainerVerdict,
  containerId: string,
  service: DesiredService,
): readonly Finding[] {
  if (verdict.is !== "drifted") return [];
  const { kind, expected, actual, cause, remedy } = verdict;
  const finding = { service: service.name, kind, expected, actual, cause, containerId };
  return [{ ...finding, ...(remedy && { remedy }), ...delayOf(finding, service) }];
}

/** Who stops or pauses a service for a backup labels it, so that it is left alone for a while. */
function delayOf({ kind, actual }: Finding, { healDelay }: DesiredService): Partial<Finding> {
  if (healDelay === undefined || (kind !== "Stopped" && kind !== "Paused")) return {};
  const { text, ms } = healDelay;
  return { delayMs: ms, actual: `${actual} (${HEAL_DELAY_LABEL}: ${text})` };
}

/**
 * `Missing` is a service without any container, `Scaled` one that has more or fewer than wanted. A service that has finished
 * needs none, however many of its containers are left.
 */
function countFindings(one: Judged): readonly Finding[] {
  const { service, containers, finishedWithout } = one;
  const there = containers.length;
  if (there === service.replicas || finishedWithout || hasFinished(one)) return [];
  const expected = service.replicas === 1 ? "a container" : counted(service.replicas);
  if (there === 0) {
    return [{ service: service.name, kind: "Missing", expected, actual: "no container", cause: "outside" }];
  }
  return [
    {
      service: service.name,
      kind: "Scaled",
      expected: counted(service.replicas),
      actual: counted(there),
      cause: "outside",
    },
  ];
}

function hasFinished({ containers }: Judged): boolean {
  return containers.length > 0 && containers.every(({ verdict }) => verdict.is === "finished");
}

function counted(containers: number): string {
  if (containers === 0) return "no container";
  return containers === 1 ? "1 container" : `${containers} containers`;
}
