/**
 * How one container lives, against how its service should. Pure, and the only place that says what an exit means.
 */
import type { DriftKind } from "../api/drift.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeService } from "../status/record.ts";
import type { Ending } from "../watch/watch.ts";
import type { DesiredService } from "./desired.ts";
import { ONE_SHOT_LABEL, type Remedy } from "./service-labels.ts";

/** Restarts by the engine before a restarting container is called a crash loop. */
export const CRASH_LOOP_RESTARTS = 3;

export type ContainerVerdict =
  /** Runs as it should; `settling` while its health check has not answered. */
  | { readonly is: "running"; readonly settling: boolean; readonly note?: string }
  | { readonly is: "finished"; readonly note?: string }
  /** On its way by the engine's own restart policy. */
  | { readonly is: "restarting" }
  | {
      readonly is: "drifted";
      readonly kind: DriftKind;
      readonly expected: string;
      readonly actual: string;
      /** `outside`: somebody did it. `itself`: the container ended or failed by itself. */
      readonly cause: "outside" | "itself";
      /** Where the kind alone does not say what heals it. */
      readonly remedy?: Remedy;
    };

export function judgeContainer(
  container: ObservedContainer,
  service: DesiredService,
  made: MadeService | undefined,
  ending: Ending | undefined,
  /** Its present run is recorded as completed. */
  completed: boolean,
): ContainerVerdict {
  switch (container.state) {
    case "running":
      return judgeRunning(container);
    case "paused":
      return drifted("Paused", "running", "paused", "outside");
    case "restarting":
      return container.restartCount >= CRASH_LOOP_RESTARTS
        ? drifted(
            "Restarting",
            "running",
            `restarting again and again, last exit ${exitOf(container)}`,
            "itself",
          )
        : { is: "restarting" };
    case "created":
      return container.error === ""
        ? drifted("Created", "running", "created, never started", "outside")
        : drifted("Created", "running", `created, could not start: ${container.error}`, "itself");
    case "removing":
      return { is: "restarting" };
    case "exited":
    case "dead":
      return judgeEnded(container, service, made, ending, completed);
    default:
      return container.state satisfies never;
  }
}

function judgeRunning(container: ObservedContainer): ContainerVerdict {
  if (container.health === "unhealthy") {
    const said = container.healthOutput === "" ? "" : `: ${container.healthOutput}`;
    return drifted("Unhealthy", "healthy", `unhealthy${said}`, "itself");
  }
  return { is: "running", settling: container.health === "starting" };
}

function judgeEnded(
  container: ObservedContainer,
  service: DesiredService,
  made: MadeService | undefined,
  ending: Ending | undefined,
  completed: boolean,
): ContainerVerdict {
  const byHand = ending?.byHand === true;
  if (container.exitCode !== 0) {
    return byHand
      ? drifted("Stopped", "running", `stopped from outside, exit ${exitOf(container)}`, "outside")
      : drifted(
          "Exited",
          service.oneShot === "yes" ? "exit 0" : "running",
          `exit ${exitOf(container)}`,
          "itself",
        );
  }
  if (service.oneShot === "yes") return { is: "finished" };
  if (byHand) return drifted("Stopped", "running", "stopped from outside, exit 0", "outside");
  if (service.oneShot === "no") {
    return ending === undefined
      ? drifted("Stopped", "running", "stopped, exit 0", "outside")
      : drifted("Stopped", "running", "ended by itself, exit 0", "itself");
  }
  if (ending !== undefined || completed) return { is: "finished" };
  if (made?.gated.includes(container.id) === true) {
    return drifted("Stopped", "running", "stopped while nobody watched, exit 0", "outside");
  }
  return {
    is: "finished",
    note: `ended with code 0 unseen, taken as finished; label it ${ONE_SHOT_LABEL}: "true" or "false" to say which it is`,
  };
}

function drifted(
  kind: DriftKind,
  expected: string,
  actual: string,
  cause: "outside" | "itself",
): ContainerVerdict {
  return { is: "drifted", kind, expected, actual, cause };
}

function exitOf(container: ObservedContainer): string {
  return container.oomKilled ? `${container.exitCode} (out of memory)` : String(container.exitCode);
}
