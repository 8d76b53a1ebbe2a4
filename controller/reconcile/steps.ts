import type { DesiredService } from "./desired.ts";
import type { Finding } from "./judged.ts";

export interface Step {
  /** `up`: by Compose, without dependencies; `prune`: Compose removes what no service declares; `tag`: of its image. */
  readonly act: "start" | "unpause" | "restart" | "up" | "stop" | "prune" | "tag";
  readonly service: string;
  readonly containerId?: string;
  readonly cause: "outside" | "itself";
  /** The finding in words. */
  readonly why: string;
}

/** What heals a finding; nothing where only an apply, the engine or a person can. */
export function stepFor(finding: Finding, service: DesiredService): readonly Step[] {
  const { kind, cause, containerId } = finding;
  const step = (act: Step["act"]): readonly Step[] => [
    {
      act,
      service: service.name,
      cause,
      why: `${kind}: ${finding.actual}`,
      ...(containerId && { containerId }),
    },
  ];
  switch (kind) {
    case "Missing":
      // A one-shot that has not completed is run by an apply, never by healing.
      return service.oneShot === "yes" ? [] : step("up");
    case "ConfigChanged":
    case "ImageChanged":
      return step("up");
    case "Created":
    case "Stopped":
      return step("start");
    case "Exited":
      return service.oneShot === "yes" ? [] : step("start");
    case "Paused":
      return step("unpause");
    case "Unhealthy":
      return step("restart");
    case "Restarting": // the engine's restart policy is at work
    case "Running":
    case "Orphan":
      return [];
    default:
      return kind satisfies never;
  }
}

/** Compose recreates a whole service: beside an `up`, its other steps are idle. */
export function onePerService(steps: readonly Step[]): readonly Step[] {
  const recreated = new Set(steps.filter(({ act }) => act === "up").map(({ service }) => service));
  const seen = new Set<string>();
  return steps.filter((step) => {
    if (step.act === "tag") return true;
    if (step.act !== "up") return !recreated.has(step.service);
    if (seen.has(step.service)) return false;
    seen.add(step.service);
    return true;
  });
}
