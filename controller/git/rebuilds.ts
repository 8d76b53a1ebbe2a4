/**
 * Overgrown mirrors are made anew in the background: one at a time, after a while that differs, since many may become
 * overgrown together, and each seldom, since all of it is fetched again.
 */
import { messageOf } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

export interface RebuildsOptions {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** The least time between finding a mirror overgrown and making it anew; at most twice as long if no other is made. */
  readonly delayMs: number;
  /** Makes the mirror anew, beside the old one as long as possible. */
  readonly rebuild: (id: string, signal: AbortSignal) => Promise<void>;
}

export interface Rebuilds {
  /** The mirror is overgrown. Saying so again changes nothing. */
  ask(id: string): void;
  /** Breaks off what is under way, and begins nothing more. */
  close(): void;
}

const REST_MS = 3_600_000;
/** A remote that cannot be fetched whole now, is too large for example, is not asked for all of it every hour. */
const REST_AFTER_FAILURE_MS = 12 * 3_600_000;

export function createRebuilds({ clock, random, log, delayMs, rebuild }: RebuildsOptions): Rebuilds {
  const closing = new AbortController();
  const asked = new Set<string>();
  /** When each may be made again, monotonic. */
  const restsUntil = new Map<string, number>();
  let isBusy = false;
  let cancel: () => void = () => undefined;

  function next(): void {
    if (isBusy || asked.size === 0 || closing.signal.aborted) return;
    isBusy = true;
    cancel = clock.after(delayMs * (1 + random()), () => void work());
  }

  async function work(): Promise<void> {
    const [id] = asked;
    if (id !== undefined) {
      asked.delete(id);
      restsUntil.set(id, Infinity);
      const restMs = await attempt(id);
      restsUntil.set(id, clock.monotonic() + restMs);
    }
    isBusy = false;
    next();
  }

  async function attempt(id: string): Promise<number> {
    try {
      await rebuild(id, closing.signal);
      return REST_MS;
    } catch (error) {
      log.debug("an overgrown mirror stays as it is", { mirror: id, error: messageOf(error) });
      return REST_AFTER_FAILURE_MS;
    }
  }

  return {
    ask(id) {
      const now = clock.monotonic();
      for (const [other, until] of restsUntil) if (until <= now) restsUntil.delete(other);
      if (restsUntil.has(id)) return;
      asked.add(id);
      next();
    },
    close() {
      cancel();
      closing.abort(new Error("ConOps is stopping"));
    },
  };
}
