import { setMaxListeners } from "node:events";
import type { Outcome, Reconcile } from "../api/outcome.ts";
import { deadline, type Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createFailureLog } from "./failure-log.ts";
import { noWorkerMetrics, type WorkerMetrics } from "./metrics.ts";
import type { WorkQueue } from "./workqueue.ts";

export interface WorkersOptions {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** How many keys are worked on at the same time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: nothing is counted. */
  readonly metrics?: WorkerMetrics;
  /** Aborts what is being worked on, and lets no worker take another key. */
  readonly signal: AbortSignal;
  /** How long one reconcile may take before its signal aborts. */
  readonly timeoutMs: number;
  /** How long an aborted reconcile may take to come to its end before its worker lets go of it. Default 10,000. */
  readonly graceMs?: number;
}

export interface Workers {
  /**
   * Resolves when every worker has ended: the queue is shut down and empty, or `stop` was called and what ran is finished, or
   * the signal aborted and what ran has come to its end or to `graceMs`. Never rejects.
   */
  readonly done: Promise<void>;
  /** No worker takes another key; what runs goes on. */
  stop(): void;
  /**
   * The keys whose reconcile did not heed its abort. Such a key is not handed out again until its reconcile ends, and the
   * workers go on with the others.
   */
  stuck(): readonly string[];
}

type Ending =
  | { readonly kind: "returned"; readonly outcome: Outcome }
  | { readonly kind: "threw"; readonly error: unknown };

/**
 * Takes keys, reconciles each, and decides what follows. A reconcile that throws, hangs or does not heed its signal harms
 * only its own key. Failures are logged once for the same text, see `failure-log.ts`.
 */
export function startWorkers(options: WorkersOptions): Workers {
  const { queue, reconcile, concurrency, clock, log, metrics = noWorkerMetrics, signal, timeoutMs } = options;
  const { graceMs = 10_000 } = options;
  const failures = createFailureLog(log);
  const timedOut = new Error("The reconcile took longer than its limit");
  const taking = new AbortController();
  const stuck = new Set<string>();

  setMaxListeners(0, signal, taking.signal);
  const stop = (): void => taking.abort();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });

  async function turn(): Promise<void> {
    for (;;) {
      const key = await queue.get(taking.signal);
      if (key === undefined) return;
      if (signal.aborted) queue.done(key);
      else await work(key);
    }
  }

  /** Resolves when the reconcile has ended, or was aborted and did not end within the grace. */
  function work(key: string): Promise<void> {
    const limit = deadline(clock, timeoutMs, timedOut, signal);
    const startedAt = clock.monotonic();
    metrics.active(1);
    return new Promise((resolve) => {
      let cancelGrace = (): void => {};
      const letGo = (): void => {
        stuck.add(key);
        log.error("reconcile does not heed its abort", { key, graceMs });
        metrics.active(-1);
        resolve();
      };
      limit.signal.addEventListener("abort", () => (cancelGrace = clock.after(graceMs, letGo)), {
        once: true,
      });

      void run(key, limit.signal).then((ending) => {
        cancelGrace();
        limit.release();
        if (!stuck.delete(key)) metrics.active(-1);
        try {
          conclude(key, ending, limit.signal, (clock.monotonic() - startedAt) / 1_000);
        } finally {
          queue.done(key); // after what follows was decided: an add by it is then of this run, not of the next
          resolve();
        }
      });
    });
  }

  async function run(key: string, limitSignal: AbortSignal): Promise<Ending> {
    try {
      return { kind: "returned", outcome: await reconcile(key, limitSignal) };
    } catch (error) {
      return { kind: "threw", error };
    }
  }

  function conclude(key: string, ending: Ending, limitSignal: AbortSignal, seconds: number): void {
    const error = errorOf(ending);
    const overran = limitSignal.aborted && limitSignal.reason === timedOut;
    if (overran) metrics.timedOut();
    if (signal.aborted && isAbort(error, signal)) {
      log.debug("reconcile interrupted by shutdown", { key });
      return;
    }
    if (ending.kind === "threw") {
      if (!overran) metrics.panicked();
      metrics.reconciled("error", seconds);
      queue.addRateLimited(key);
      if (overran) failures.timedOut(key, timeoutMs, queue.numRequeues(key));
      else failures.threw(key, error, queue.numRequeues(key));
      return;
    }
    follow(key, ending.outcome, seconds);
  }

  function follow(key: string, outcome: Outcome, seconds: number): void {
    switch (outcome.kind) {
      case "synced":
      case "waiting":
        queue.forget(key);
        if (outcome.recheckAfterMs !== undefined) queue.addAfter(key, outcome.recheckAfterMs);
        metrics.reconciled(outcome.recheckAfterMs === undefined ? "success" : "requeue_after", seconds);
        if (outcome.kind === "synced") failures.recovered(key);
        else log.debug("reconcile waits", { key, reason: outcome.reason });
        return;
      case "failed":
        if (outcome.error.terminal) metrics.terminalError();
        if (outcome.recheckAfterMs !== undefined) queue.addAfter(key, outcome.recheckAfterMs);
        else if (!outcome.error.terminal) queue.addRateLimited(key);
        metrics.reconciled("error", seconds);
        if (outcome.told !== true) failures.failed(key, outcome.error, queue.numRequeues(key));
        return;
      case "gone":
        // A key that waits now was added during this run, as news: it is left alone.
        queue.forget(key);
        failures.forget(key);
        metrics.reconciled("success", seconds);
        return;
      default:
        outcome satisfies never;
    }
  }

  const turns = Array.from({ length: concurrency }, () => turn());
  const done = Promise.all(turns).then(() => signal.removeEventListener("abort", stop));
  return { done, stop, stuck: () => [...stuck] };
}

function errorOf(ending: Ending): unknown {
  if (ending.kind === "threw") return ending.error;
  return ending.outcome.kind === "failed" ? ending.outcome.error : undefined;
}

/** Whether this is what an aborted operation throws, however often it was wrapped on its way up. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  let current = error;
  for (let depth = 0; depth < 8 && current !== undefined; depth++) {
    if (current === signal.reason) return true;
    if (!(current instanceof Error)) return false;
    if (current.name === "AbortError") return true;
    current = current.cause;
  }
  return false;
}
