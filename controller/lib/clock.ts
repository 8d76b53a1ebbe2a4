import { setMaxListeners } from "node:events";

/** Time, as everything in ConOps sees it. Nothing else reads the clock or sleeps. */
export interface Clock {
  /** Wall time in milliseconds since the epoch: for what people read and what is recorded. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start: for deadlines and delays; never goes back. */
  monotonic(): number;
  /**
   * Calls `fn` once, `ms` from now (any length; at most 0 means "soon", never synchronously).
   * The returned function cancels it. A pending call does not keep the process alive.
   */
  after(ms: number, fn: () => void): () => void;
}

/** Node fires a longer setTimeout after 1 ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(leftMs, 0), MAX_TIMEOUT_MS);
      timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : fn()), stepMs);
      timer.unref();
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * A signal that aborts with `reason` after `ms`, or with the parent's reason when a parent aborts.
 * Call `release` when the work is over: it frees the timer and the parents' listeners.
 */
export function deadline(
  clock: Clock,
  ms: number,
  reason: Error,
  ...parents: readonly AbortSignal[]
): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const cancel = clock.after(ms, () => controller.abort(reason));
  const undo = parents.map((parent) => {
    const onAbort = (): void => controller.abort(parent.reason);
    if (parent.aborted) onAbort();
    else parent.addEventListener("abort", onAbort, { once: true });
    return () => parent.removeEventListener("abort", onAbort);
  });
  return {
    signal: controller.signal,
    release() {
      cancel();
      for (const remove of undo) remove();
    },
  };
}
