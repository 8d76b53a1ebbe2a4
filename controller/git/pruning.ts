import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { messageOf } from "../api/errors.ts";
import type { Git } from "./git.ts";

export interface PruningOptions {
  readonly git: Pick<Git, "prune">;
  readonly clock: Clock;
  readonly log: Log;
  /** The ids of the remotes that Applications follow now. */
  readonly keep: () => ReadonlySet<string>;
  readonly signal: AbortSignal;
}

const EVERY_MS = 600_000;

/** Removes the mirrors that no Application follows any more: now, and every ten minutes until the signal aborts. */
export function startPruning({ git, clock, log, keep, signal }: PruningOptions): void {
  let cancel: () => void = () => undefined;
  async function prune(): Promise<void> {
    try {
      await git.prune(keep());
    } catch (error) {
      log.warn("mirrors cannot be pruned", { error: messageOf(error) });
    }
    if (!signal.aborted) cancel = clock.after(EVERY_MS, () => void prune());
  }
  signal.addEventListener("abort", () => cancel(), { once: true });
  void prune();
}
