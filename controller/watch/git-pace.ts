/** When remotes are asked: spread at a start, less and less often while they fail, and never all at the same moment. */
import { ReconcileError } from "../api/errors.ts";
import type { Advertisement } from "../git/git.ts";
import type { HostVerdict } from "../git/host-queue.ts";
import type { Clock } from "../lib/clock.ts";

/** So many new remotes of one host are asked at once, the others one after the other at this distance. */
const BURST = 20;
const SPACING_MS = 25;
const MAX_BACKOFF_MS = 300_000;
const JITTER = 0.1;

/** Gives each new remote of a host its moment: a restart with a thousand of them must not be a flood for their host. */
export interface StartPace {
  /** How long this one has to wait. Asking takes the moment. */
  waitMs(host: string): number;
}

export function createStartPace(clock: Clock): StartPace {
  /** Until when each host is spoken for. */
  const busyUntil = new Map<string, number>();
  return {
    waitMs(host) {
      const now = clock.monotonic();
      for (const [other, until] of busyUntil) if (until <= now) busyUntil.delete(other);
      const until = Math.max(busyUntil.get(host) ?? now, now);
      busyUntil.set(host, until + SPACING_MS);
      return Math.max(0, until - now - BURST * SPACING_MS);
    },
  };
}

/** What a poll brought. */
export type Answer =
  { readonly ok: true; readonly advertised: Advertisement } | { readonly ok: false; readonly error: unknown };

/** What an answer says of the host. */
export function verdictOf(answer: Answer): HostVerdict {
  const isLate =
    !answer.ok && answer.error instanceof ReconcileError && answer.error.reason === "RemoteTimedOut";
  return isLate ? "timedOut" : "answered";
}

export interface Polled {
  readonly intervalMs: number;
  /** How long the poll took. */
  readonly spentMs: number;
  /** How many polls failed in a row; `error` is the last one's. */
  readonly failures: number;
  readonly error?: unknown;
  /** No poll came before this one. */
  readonly isFirst: boolean;
}

/** How long after a poll the next one begins. `random` is from 0 to 1. */
export function delayAfter(
  { intervalMs, spentMs, failures, error, isFirst }: Polled,
  random: number,
): number {
  if (failures === 0) {
    // Those that began together would go on together: the first interval is anything up to a whole one.
    return Math.max(0, intervalMs * (1 - (isFirst ? 1 : JITTER) * random) - spentMs);
  }
  const grownMs = Math.min(intervalMs * 2 ** (failures - 1), Math.max(MAX_BACKOFF_MS, intervalMs));
  const pauseMs = error instanceof ReconcileError ? (error.retryAfterMs ?? 0) : 0;
  // After a pause that a host asked for, its remotes do not come back as one.
  const resumeMs = pauseMs === 0 ? 0 : pauseMs + intervalMs * random;
  return Math.max(grownMs * (1 - JITTER * random), resumeMs);
}
