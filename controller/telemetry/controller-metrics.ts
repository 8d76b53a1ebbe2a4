import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** The value of the label `controller` (and of `name`, which client-go has, too): there is one kind of keys. */
const CONTROLLER = "application";

/** client-go's: 10 ns to 1,000 s. */
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/** controller-runtime's forty. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

const RECONCILE_RESULTS = ["success", "error", "requeue", "requeue_after"] as const;
type ReconcileResult = (typeof RECONCILE_RESULTS)[number];

/** The `workqueue_*` metrics, with client-go's names and meanings. Seconds throughout. */
export function createQueueMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ["name", "controller"];
  const labels = { name: CONTROLLER, controller: CONTROLLER };
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames, registers }).labels(labels);
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames, registers }).labels(labels);
  const histogram = (name: string, help: string) => {
    const metric = new Histogram({ name, help, labelNames, buckets: QUEUE_BUCKETS, registers });
    metric.zero(labels);
    return metric.labels(labels);
  };

  const depth = gauge("workqueue_depth", "Current depth of workqueue");
  const adds = counter("workqueue_adds_total", "Total number of adds handled by workqueue");
  const queued = histogram(
    "workqueue_queue_duration_seconds",
    "How long in seconds an item stays in workqueue before being requested",
  );
  const worked = histogram(
    "workqueue_work_duration_seconds",
    "How long in seconds processing an item from workqueue takes",
  );
  const unfinished = gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work are in progress and not yet observed by work_duration",
  );
  const longest = gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds the longest running processor of workqueue has been running",
  );
  const retries = counter("workqueue_retries_total", "Total number of delayed adds handled by workqueue");

  depth.set(0);
  unfinished.set(0);
  longest.set(0);
  adds.inc(0);
  retries.inc(0);
  return {
    depth: (value: number) => depth.set(value),
    added: () => adds.inc(),
    retried: () => retries.inc(),
    queued: (seconds: number) => queued.observe(seconds),
    worked: (seconds: number) => worked.observe(seconds),
    unfinished(totalSeconds: number, longestSeconds: number) {
      unfinished.set(totalSeconds);
      longest.set(longestSeconds);
    },
  };
}

/** The `controller_runtime_*` metrics, with controller-runtime's names and meanings. */
export function createWorkerMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ["controller"];
  const labels = { controller: CONTROLLER };
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames, registers }).labels(labels);
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames, registers }).labels(labels);

  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labelNames: ["controller", "result"],
    registers,
  });
  const errors = counter(
    "controller_runtime_reconcile_errors_total",
    "Total number of reconciliation errors per controller",
  );
  const terminalErrors = counter(
    "controller_runtime_terminal_reconcile_errors_total",
    "Total number of terminal reconciliation errors per controller",
  );
  const panics = counter(
    "controller_runtime_reconcile_panics_total",
    "Total number of reconciliation panics per controller",
  );
  const timeouts = counter(
    "controller_runtime_reconcile_timeouts_total",
    "Total number of reconciliations that took longer than their limit, per controller",
  );
  const time = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller",
    labelNames,
    buckets: RECONCILE_BUCKETS,
    registers,
  });
  const maxConcurrent = gauge(
    "controller_runtime_max_concurrent_reconciles",
    "Maximum number of concurrent reconciles per controller",
  );
  const active = gauge(
    "controller_runtime_active_workers",
    "Number of currently used workers per controller",
  );

  for (const result of RECONCILE_RESULTS) total.inc({ controller: CONTROLLER, result }, 0);
  for (const metric of [errors, terminalErrors, panics, timeouts]) metric.inc(0);
  maxConcurrent.set(0);
  active.set(0);
  time.zero(labels);
  return {
    maxConcurrent: (value: number) => maxConcurrent.set(value),
    active: (delta: 1 | -1) => active.inc(delta),
    reconciled(result: ReconcileResult, seconds: number) {
      total.inc({ controller: CONTROLLER, result });
      if (result === "error") errors.inc();
      time.observe(labels, seconds);
    },
    terminalError: () => terminalErrors.inc(),
    panicked: () => panics.inc(),
    timedOut: () => timeouts.inc(),
  };
}
