import { constants } from "node:os";
import type { Log } from "../lib/log.ts";

/** What `startController` gives. */
export interface Running {
  /** Resolves when it has stopped, for whatever reason; rejects when that was a fault. */
  readonly stopped: Promise<void>;
  stop(reason: string): Promise<void>;
}

export interface RunDeps {
  readonly log: Log;
  readonly process: Pick<NodeJS.Process, "on" | "off" | "exit">;
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Starts, and resolves when it has stopped: by itself, or after the first SIGTERM, SIGINT or SIGHUP. A second signal ends
 * the process at once, with 128 and the signal's number. Rejects when starting or stopping fails.
 */
export async function runUntilSignal(
  start: () => Promise<Running>,
  { log, process }: RunDeps,
): Promise<void> {
  let signalled: NodeJS.Signals | undefined;
  let onFirst: (signal: NodeJS.Signals) => void = () => {};
  const first = new Promise<NodeJS.Signals>((resolve) => (onFirst = resolve));
  const listen = (signal: NodeJS.Signals): void => {
    if (signalled !== undefined) process.exit(128 + constants.signals[signal]);
    signalled = signal;
    log.info("stopping; a second signal ends it at once", { signal });
    onFirst(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  try {
    const running = await start();
    await Promise.race([running.stopped, first.then((signal) => running.stop(signal))]);
    await running.stopped;
  } finally {
    for (const signal of SIGNALS) process.off(signal, listen);
  }
}
