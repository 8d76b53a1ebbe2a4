/** What the queue and the worker count; by default, nothing. Names and labels are given in telemetry/metrics.ts. */
export interface WorkQueueMetrics {
  depth(value: number): void;
  added(): void;
  retried(): void;
  /** Seconds between add and get. */
  queued(seconds: number): void;
  /** Seconds between get and done. */
  worked(seconds: number): void;
  unfinished(totalSeconds: number, longestSeconds: number): void;
}

export interface WorkerMetrics {
  active(delta: 1 | -1): void;
  reconciled(result: "success" | "error" | "requeue" | "requeue_after", seconds: number): void;
  terminalError(): void;
  panicked(): void;
  timedOut(): void;
}

export const noQueueMetrics: WorkQueueMetrics = {
  depth() {},
  added() {},
  retried() {},
  queued() {},
  worked() {},
  unfinished() {},
};

export const noWorkerMetrics: WorkerMetrics = {
  active() {},
  reconciled() {},
  terminalError() {},
  panicked() {},
  timedOut() {},
};
