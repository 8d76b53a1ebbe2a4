/**
 * How one container lives, against how its service should. Pure, and the only place that says what an exit means.
 */
import type { DriftKind } from "../api/drift.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeService } from "../status/record.ts";
import type { Ending } from "../watch/watch.ts";
import type { DesiredService } from "./desired.ts";
import { ONE_SHOT_LABEL, type Remedy } from "./service-labels.ts";

/** Ends in a row, each within a minute of the start, before what the engine restarts is called a crash loop. */
export const CRASH_LOOP_RESTARTS = 3;
/** What has run for so long since is none any more. */
export const STEADY_MS = 60_000;
/** The engine waits 100 ms before it starts again what has run for a while, and doubles that at each quick end: as long, after three. */
const CRASH_LOOP_WAIT_MS = 400;

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
  /** Wall milliseconds. */
  now: number,
): ContainerVerdict {
  switch (container.state) {
    case "running":
      return judgeRunning(container, ending, now);
    case "paused":
      return drifted("Paused", "running", "paused", "outside");
    case "restarting":
      return (ending?.quick ?? container.restartCount) >= CRASH_LOOP_RESTARTS
        ? crashLoop(exitOf(container))
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

function judgeRunning(
  container: ObservedContainer,
  ending: Ending | undefined,
  now: number,
): ContainerVerdict {
  if (isLooping(container, ending, now)) return crashLoop(ending && exitOf(ending));
  if (container.health === "unhealthy") {
    const said = container.healthOutput === "" ? "" : `: ${container.healthOutput}`;
    return drifted("Unhealthy", "healthy", `unhealthy${said}`, "itself");
  }
  return { is: "running", settling: container.health === "starting" };
}

/** It runs, but only until it ends again: to say that it is well each time would be no help to anybody. */
function isLooping(
  { restartPolicy, restartCount, startedAt, finishedAt }: ObservedContainer,
  ending: Ending | undefined,
  now: number,
): boolean {
  if (restartPolicy === "no" || now < startedAt || now - startedAt >= STEADY_MS) return false;
  if (ending?.quick !== undefined) return ending.quick >= CRASH_LOOP_RESTARTS;
  return restartCount >= CRASH_LOOP_RESTARTS && startedAt - finishedAt >= CRASH_LOOP_WAIT_MS;
}

function crashLoop(exit: string | undefined): ContainerVerdict {
  const last = exit === undefined ? "" : `, last exit ${exit}`;
  return drifted("Restarting", "running", `restarting again and again${last}`, "itself");
}

function judgeEnded(
  container: ObservedContainer,
  service: DesiredService,
  made: MadeService | undefined,
  ending: Ending | undefined,
  completed: boolean,
): ContainerVerdict {
  const byHand = ending?.byHand === true;
  if (ending === undefined && wasStopped(container, made)) {
    return drifted(
      "Stopped",
      "running",
      `stopped while nobody watched, exit ${container.exitCode}`,
      "outside",
    );
  }
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

/** By SIGTERM, by SIGKILL, or with the engine: a program does not end so by itself. */
const STOPPED_WITH: readonly number[] = [143, 137, 255];

/** Nobody saw it end, but what is there says that somebody ended it. */
function wasStopped(
  { exitCode, oomKilled, error, restartPolicy, id }: ObservedContainer,
  made: MadeService | undefined,
): boolean {
  if (exitCode === 0 || oomKilled || error !== "") return false;
  // What it ended with by itself, the engine would have started again.
  if (restartPolicy === "always" || restartPolicy === "unless-stopped") return true;
  return STOPPED_WITH.includes(exitCode) && made?.gated.includes(id) === true;
}

function drifted(
  kind: DriftKind,
  expected: string,
  actual: string,
  cause: "outside" | "itself",
): ContainerVerdict {
  return { is: "drifted", kind, expected, actual, cause };
}

function exitOf(end: {
  readonly exitCode: number;
  readonly oomKilled?: boolean;
  readonly outOfMemory?: boolean;
}): string {
  const { exitCode, oomKilled = false, outOfMemory = false } = end;
  return oomKilled || outOfMemory ? `${exitCode} (out of memory)` : String(exitCode);
}
