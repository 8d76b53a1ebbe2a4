import type { Clock } from "../lib/clock.ts";

/**
 * How long a failure makes its key wait. Limiters compose (`longestOf`), as in client-go.
 */
export interface RateLimiter {
  /** Milliseconds that `key` must wait now. Asking counts as a failure: the next answer may be longer. */
  when(key: string): number;
  /** `key` succeeded, or is of no interest any more: its failures no longer count. */
  forget(key: string): void;
  /** How often `when` was asked for `key` since it was last forgotten. */
  numRequeues(key: string): number;
}

export interface ExponentialBackoffOptions {
  /** The first wait. Default 1,000. */
  readonly baseMs?: number;
  /** No wait is longer. Default 300,000: five minutes. */
  readonly maxMs?: number;
}

/** Per key: `baseMs`, then twice as long after each further failure, up to `maxMs`. */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): RateLimiter {
  const { baseMs = 1_000, maxMs = 300_000 } = options;
  const failures = new Map<string, number>();
  return {
    when(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      return Math.min(baseMs * 2 ** count, maxMs); // a power too large for a number is Infinity, hence maxMs
    },
    forget(key) {
      failures.delete(key);
    },
    numRequeues: (key) => failures.get(key) ?? 0,
  };
}

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** How many keys may go on in each second, in the long run. Default 10. */
  readonly ratePerSecond?: number;
  /** How many may go on at once after a quiet time. Default 100. */
  readonly burst?: number;
}

/**
 * Over all keys together: each question takes a token; when there is none, it reserves the next one to come, and the answer
 * is the time until then. Forgets nothing, counts nothing per key.
 */
export function tokenBucket({ clock, ratePerSecond = 10, burst = 100 }: TokenBucketOptions): RateLimiter {
  let tokens = burst;
  let countedAt = clock.monotonic();
  return {
    when() {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + ((now - countedAt) / 1_000) * ratePerSecond) - 1;
      countedAt = now;
      return tokens >= 0 ? 0 : (-tokens / ratePerSecond) * 1_000;
    },
    forget() {},
    numRequeues: () => 0,
  };
}

/** The longest wait and the highest count of the given limiters; each of them is asked, and counts, every time. */
export function longestOf(...limiters: readonly RateLimiter[]): RateLimiter {
  return {
    when: (key) => Math.max(0, ...limiters.map((limiter) => limiter.when(key))),
    forget(key) {
      for (const limiter of limiters) limiter.forget(key);
    },
    numRequeues: (key) => Math.max(0, ...limiters.map((limiter) => limiter.numRequeues(key))),
  };
}

/** What the controller uses: exponential from 1 s to 5 min for each key, and a bucket of 10 a second, burst 100, over all. */
export function defaultRateLimiter(clock: Clock): RateLimiter {
  return longestOf(exponentialBackoff(), tokenBucket({ clock }));
}
