/**
 * How often ConOps may act on its own on one Application. Pure state machines; times are monotonic milliseconds.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What somebody did from outside is undone at once, at most this often a minute. */
export const OUTSIDE_PER_MINUTE = 10;
/** After this many failures in a row a person should look. */
export const STALLED_AFTER = 8;
/** Health for so long forgives the failures before it. */
export const FORGIVEN_AFTER_MS = MINUTE;

/** How long to wait before try number `failures` + 1: 2, 6, 18, 54, 162, 300, 300, ... seconds; nothing before the first failure. */
export function retryDelayMs(failures: number): number {
  if (failures <= 0) return 0;
  return Math.min(2 * SECOND * 3 ** Math.min(failures - 1, 10), 5 * MINUTE);
}

export interface HealBudget {
  /** When healings of outside causes happened, within the last minute. */
  readonly outside: readonly number[];
  /** Healings in a row of what failed by itself. */
  readonly failures: number;
  readonly lastFailureAt: number;
  /** The last healing could not be done: for any cause, the next one waits as long as the failures ask. */
  readonly blockedAt?: number;
  /** Since when everything has been healthy. */
  readonly healthySince?: number;
}

export const FRESH_BUDGET: HealBudget = { outside: [], failures: 0, lastFailureAt: 0 };

/** Takes note of the health seen now: a minute of it forgives. */
export function observeHealth(budget: HealBudget, healthy: boolean, now: number): HealBudget {
  if (!healthy) {
    const { healthySince, ...rest } = budget;
    const forgiven = healthySince !== undefined && now - healthySince >= FORGIVEN_AFTER_MS;
    return forgiven ? { ...rest, failures: 0 } : rest;
  }
  return budget.healthySince === undefined ? { ...budget, healthySince: now } : budget;
}

/** When a healing for this cause may begin: `now` or later. `since` is when the fault was first seen. */
export function mayHealAt(
  budget: HealBudget,
  cause: "outside" | "itself",
  since: number,
  now: number,
): number {
  const { blockedAt, failures } = budget;
  if (blockedAt !== undefined) return Math.max(now, blockedAt + retryDelayMs(failures));
  if (cause === "outside") {
    const recent = budget.outside.filter((at) => now - at < MINUTE);
    const oldest = recent[recent.length - OUTSIDE_PER_MINUTE];
    return oldest === undefined ? now : oldest + MINUTE;
  }
  return Math.max(now, since + retryDelayMs(budget.failures + 1));
}

/** Counts a healing that begins now. */
export function spend(budget: HealBudget, cause: "outside" | "itself", now: number): HealBudget {
  const outside = budget.outside.filter((at) => now - at < MINUTE);
  if (cause === "outside") return { ...budget, outside: [...outside, now] };
  return { ...budget, outside, failures: budget.failures + 1, lastFailureAt: now };
}

/** The healing that began could not be done. */
export function block(budget: HealBudget, now: number): HealBudget {
  return { ...budget, failures: budget.failures + 1, lastFailureAt: now, blockedAt: now };
}

/** The healing that began was done. */
export function unblock(budget: HealBudget): HealBudget {
  const { blockedAt: _over, ...rest } = budget;
  return rest;
}

export function isSpent(budget: HealBudget): boolean {
  return budget.failures >= STALLED_AFTER;
}
