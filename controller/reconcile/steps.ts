import type { DriftKind } from "../api/drift.ts";
import type { Finding, Judged, Repair } from "./judged.ts";

export interface Step {
  /**
   * `up`: by Compose, without dependencies; `recreate`: the same, and its containers are made anew; `prune`: Compose removes
   * what no service declares; `tag`: of its image.
   */
  readonly act:
    "start" | "unpause" | "restart" | "signal" | "up" | "recreate" | "stop" | "prune" | "tag" | Repair["act"];
  /** Of the finding that it heals. */
  readonly kind: DriftKind;
  /** Likewise. */
  readonly of?: string;
  readonly repair?: Repair;
  readonly service: string;
  readonly containerId?: string;
  readonly cause: "outside" | "itself";
  /** The finding in words. */
  readonly why: string;
  /** The service's label asks to leave it as it is for so long. */
  readonly delayMs?: number;
  /** Of the act `signal`. */
  readonly signal?: string;
}

/** What heals a finding; nothing where only an apply, the engine or a person can. */
export function stepFor(
  finding: Finding,
  one: Judged,
  /** Containers that were unhealthy before, and restarted. */
  restarted: ReadonlySet<string> = new Set(),
): readonly Step[] {
  const { kind, cause, containerId, of, remedy, repair, delayMs } = finding;
  const { service } = one;
  const step = (act: Step["act"]): readonly Step[] => [
    {
      act,
      kind,
      service: service.name,
      cause,
      why: `${kind}: ${finding.actual}`,
      ...(of !== undefined && { of }),
      ...(repair && { repair }),
      ...(containerId && { containerId }),
      ...(delayMs !== undefined && { delayMs }),
      ...(act === "signal" && remedy?.act === "signal" && { signal: remedy.signal }),
    },
  ];
  /** Compose would run again what has done its work. */
  const runsOnce =
    service.oneShot === "yes" || one.containers.some(({ verdict }) => verdict.is === "finished");
  const byCompose = (act: "up" | "recreate"): readonly Step[] => (runsOnce ? [] : step(act));
  switch (kind) {
    case "Missing":
    case "Scaled":
      // A one-shot that has not completed is run by an apply, never by healing.
      return byCompose("up");
    case "ConfigChanged":
    case "ImageChanged":
      return byCompose("up");
    case "Modified":
    case "NetworkDetached":
    case "NetworkChanged":
      return repair === undefined || repair.act === "recreate" ? byCompose("recreate") : step(repair.act);
    case "Created":
    case "Stopped":
      return step("start");
    case "Exited":
      return service.oneShot === "yes" ? [] : step("start");
    case "Paused":
      return step("unpause");
    case "Unhealthy":
      return step(containerId !== undefined && restarted.has(containerId) ? "recreate" : "restart");
    case "FilesChanged":
      return step(remedy?.act ?? "recreate");
    case "Restarting": // the engine's restart policy is at work
    case "Running":
    case "Orphan":
    case "LocalChange":
    case "VolumeChanged": // only a person may give up the data in it
      return [];
    default:
      return kind satisfies never;
  }
}

/** Compose brings up a whole service: beside that, its other steps are idle, and once is enough. */
export function onePerService(steps: readonly Step[]): readonly Step[] {
  const byCompose = new Map<string, Step>();
  for (const step of steps) {
    if (step.act !== "up" && step.act !== "recreate") continue;
    const known = byCompose.get(step.service);
    if (known === undefined || (known.act === "up" && step.act === "recreate"))
      byCompose.set(step.service, step);
  }
  return steps.filter((step) => step.act === "tag" || (byCompose.get(step.service) ?? step) === step);
}
