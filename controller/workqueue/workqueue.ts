/**
 * When a key is worked on. The promises are client-go's; timers follow controller-runtime's priority queue. This folder knows
 * nothing of Applications: keys are strings, and what is done for one is a function that the worker is given.
 *
 * No function here awaits between reading and writing its state, so that each call is a whole; keep it so.
 */
import type { Clock } from "../lib/clock.ts";
import { defaultRateLimiter, type RateLimiter } from "./backoff.ts";
import { createDelayHeap } from "./delay-heap.ts";
import { createFifo } from "./fifo.ts";
import { noQueueMetrics, type WorkQueueMetrics } from "./metrics.ts";

/**
 * A queue of keys that promises:
 * - fair: keys are handed out in the order in which they became ready;
 * - a key waiting in the queue is there once, however often it is added;
 * - a key is never handed out twice at the same time;
 * - a key added while it is being worked on is handed out again after `done`, once;
 * - an immediate add takes the place of a waiting delayed one;
 * - of several delayed adds of one key the earliest wins, and a ready key ignores them;
 * - after shutdown, adds are ignored and delayed keys dropped, but ready ones are still handed out until none is left.
 */
export interface WorkQueue {
  /** Makes `key` ready now. */
  add(key: string): void;
  /** Makes `key` ready after `delayMs`; at most 0 means now. */
  addAfter(key: string, delayMs: number): void;
  /** Counts a failure of `key`, and makes it ready once its backoff is over. */
  addRateLimited(key: string): void;
  /** Ends the backoff of `key`: its failures no longer count. It says nothing about where the key waits, and is not `done`. */
  forget(key: string): void;
  /** The failures of `key` that count. */
  numRequeues(key: string): number;
  /**
   * The next key, as soon as there is one; those who wait are served in order. Whoever gets a key must call `done` with it.
   * Undefined means that there is nothing more to do: the queue was shut down and is empty, or `signal` aborted.
   */
  get(signal: AbortSignal): Promise<string | undefined>;
  /** The work on `key` is over, however it went. Does nothing if the key was not handed out. */
  done(key: string): void;
  /** How many keys are ready, or will be after `done`. For metrics and tests; do not decide by it whether to add or get. */
  length(): number;
  /** No more adds. Does not wait. */
  shutDown(): void;
  /** `shutDown`, then waits until every ready key was handed out and done; rejects with the signal's reason if it aborts first. */
  shutDownWithDrain(signal: AbortSignal): Promise<void>;
  isShuttingDown(): boolean;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Default: `defaultRateLimiter`. */
  readonly rateLimiter?: RateLimiter;
  /** Default: nothing is counted. */
  readonly metrics?: WorkQueueMetrics;
}

/** How often the age of unfinished work is told to the metrics while there is any, as in client-go. */
const UNFINISHED_EVERY_MS = 500;

/** An empty queue. It holds no timer while nothing is delayed or worked on. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, rateLimiter = defaultRateLimiter(options.clock), metrics = noQueueMetrics } = options;

  // A key is either delayed, or dirty, or neither. A dirty key is also in `ready`, once, unless it is in `processing`:
  // then `done` puts it there. The values are the monotonic times at which the keys came in.
  const delayed = createDelayHeap();
  const dirty = new Map<string, number>();
  const ready = createFifo<string>();
  const processing = new Map<string, number>();

  const takers = new Set<(key: string | undefined) => void>();
  const drainers = new Set<() => void>();
  let shuttingDown = false;
  let timer: { readonly at: number; readonly cancel: () => void } | undefined;
  let cancelReport: (() => void) | undefined;

  function makeReady(key: string): void {
    if (dirty.has(key)) return;
    dirty.set(key, clock.monotonic());
    metrics.added();
    metrics.depth(dirty.size);
    if (processing.has(key)) return;
    ready.push(key);
    serve();
  }

  function serve(): void {
    for (const taker of takers) {
      if (ready.size() === 0 && !shuttingDown) return;
      takers.delete(taker);
      taker(take());
    }
  }

  function take(): string | undefined {
    const key = ready.shift();
    if (key === undefined) return undefined;
    const now = clock.monotonic();
    metrics.queued((now - (dirty.get(key) ?? now)) / 1_000);
    dirty.delete(key);
    metrics.depth(dirty.size);
    processing.set(key, now);
    cancelReport ??= clock.after(UNFINISHED_EVERY_MS, reportUnfinished);
    return key;
  }

  function reportUnfinished(): void {
    const now = clock.monotonic();
    let total = 0;
    let longest = 0;
    for (const startedAt of processing.values()) {
      total += now - startedAt;
      longest = Math.max(longest, now - startedAt);
    }
    metrics.unfinished(total / 1_000, longest / 1_000);
    cancelReport?.();
    cancelReport = processing.size > 0 ? clock.after(UNFINISHED_EVERY_MS, reportUnfinished) : undefined;
  }

  /** Keeps one timer, for the earliest of the delayed keys. */
  function arm(): void {
    const at = delayed.nextAt();
    if (timer?.at === at) return;
    timer?.cancel();
    timer = at === undefined ? undefined : { at, cancel: clock.after(at - clock.monotonic(), ring) };
  }

  function ring(): void {
    timer = undefined;
    const now = clock.monotonic();
    for (let key = delayed.takeDue(now); key !== undefined; key = delayed.takeDue(now)) makeReady(key);
    arm(); // also when it rang a little early, which Node's timers do
  }

  function tellDrainers(): void {
    if (dirty.size > 0 || processing.size > 0) return;
    for (const drainer of drainers) drainer();
  }

  function add(key: string): void {
    if (shuttingDown) return;
    if (delayed.remove(key)) arm();
    makeReady(key);
  }

  function addAfter(key: string, delayMs: number): void {
    if (shuttingDown) return;
    if (!(delayMs > 0)) {
      add(key);
      return;
    }
    metrics.retried(); // client-go counts every delayed add so
    if (dirty.has(key)) return;
    if (delayed.put(key, clock.monotonic() + delayMs)) arm();
  }

  function shutDown(): void {
    if (shuttingDown) return;
    shuttingDown = true;
    delayed.clear();
    arm();
    serve();
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      if (!shuttingDown) addAfter(key, rateLimiter.when(key));
    },
    forget: (key) => rateLimiter.forget(key),
    numRequeues: (key) => rateLimiter.numRequeues(key),
    get(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (ready.size() > 0 || shuttingDown) return Promise.resolve(take());
      return new Promise((resolve) => {
        const taker = (key: string | undefined): void => {
          signal.removeEventListener("abort", onAbort);
          resolve(key);
        };
        const onAbort = (): void => {
          takers.delete(taker);
          resolve(undefined);
        };
        takers.add(taker);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    done(key) {
      const startedAt = processing.get(key);
      if (startedAt === undefined) return;
      processing.delete(key);
      metrics.worked((clock.monotonic() - startedAt) / 1_000);
      if (dirty.has(key)) {
        ready.push(key);
        serve();
      }
      if (processing.size === 0) reportUnfinished();
      tellDrainers();
    },
    length: () => dirty.size,
    shutDown,
    shutDownWithDrain(signal) {
      shutDown();
      if (dirty.size === 0 && processing.size === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const drainer = (): void => {
          drainers.delete(drainer);
          signal.removeEventListener("abort", onAbort);
          resolve();
        };
        const onAbort = (): void => {
          drainers.delete(drainer);
          reject(signal.reason as Error);
        };
        drainers.add(drainer);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    isShuttingDown: () => shuttingDown,
  };
}
