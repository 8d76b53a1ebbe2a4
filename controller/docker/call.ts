import { deadline, type Clock } from "../lib/clock.ts";
import { isConnectionCut, LimitPassed, translateError } from "./errors.ts";
import type { EngineAddress } from "./host.ts";

export interface CallOptions {
  /** For the message: `Cannot ACT: ...`. */
  readonly act: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** A call that only reads is tried a second time when its connection is cut. */
  readonly reads: boolean;
}

export type Call = <T>(options: CallOptions, request: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * Runs requests against one engine, each with a limit. Rejects with the caller's own reason when the caller aborts, and
 * otherwise with a ReconcileError.
 */
export function createCall(clock: Clock, where: EngineAddress): Call {
  return async ({ act, limitMs, signal, reads }, request) => {
    signal.throwIfAborted();
    const limit = deadline(clock, limitMs, new LimitPassed(limitMs), signal);
    const attempt = () => settleOrAbort(request(limit.signal), limit.signal);
    try {
      return await attempt().catch((error: unknown) => {
        if (reads && isConnectionCut(error) && !limit.signal.aborted) return attempt();
        throw error;
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw translateError(error, where, act, reads ? "EngineUnavailable" : "HealFailed");
    } finally {
      limit.release();
    }
  };
}

/** docker-modem never settles when the connection is cut in the middle of an answer: the signal has the last word. */
function settleOrAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise
      .finally(() => signal.removeEventListener("abort", onAbort))
      .then(resolve, (error: unknown) =>
        reject(signal.aborted ? (signal.reason as Error) : (error as Error)),
      );
  });
}

/** `work` on each item, at most `width` at a time; the results in the items' order. Rejects with the first failure. */
export async function mapBounded<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  } finally {
    next = items.length; // after a failure the other lanes take nothing more
  }
  return results;
}
