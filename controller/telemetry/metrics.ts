/**
 * Every metric of ConOps, in a registry of its own: names, labels and help are declared in this folder alone, and explained in
 * docs/metrics.md. All exist from the start, at zero. Those who count declare what they count in their own folder; what is
 * returned here fits these declarations.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { createApplicationMetrics } from "./application-metrics.ts";
import { createQueueMetrics, createWorkerMetrics } from "./controller-metrics.ts";
import { createReceiverMetrics } from "./receiver-metrics.ts";

const GIT_OPERATIONS = ["ls-remote", "fetch", "checkout"] as const;
type GitOperation = (typeof GIT_OPERATIONS)[number];
const GIT_RESULTS = ["success", "error"] as const;
const GIT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

const COMPOSE_COMMANDS = ["config", "pull", "build", "up", "stop", "down"] as const;
const COMPOSE_RESULTS = ["success", "error", "limit", "cancelled"] as const;

const IMAGE_RESULTS = ["success", "error", "rate_limited"] as const;
const IMAGE_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

export interface MetricsOptions {
  /** ConOps's own version. Default "unknown". */
  readonly version?: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A fresh registry with everything that ConOps measures. Counting never throws and never waits. */
export function createMetrics({ version = "unknown" }: MetricsOptions = {}) {
  const registry = new Registry();
  const registers = [registry];
  const queue = createQueueMetrics(registry);
  const { maxConcurrent, ...worker } = createWorkerMetrics(registry);
  const reconcile = createApplicationMetrics(registry);
  const receivers = createReceiverMetrics(registry);

  const gitSeconds = new Histogram({
    name: "conops_git_request_duration_seconds",
    help: "How long in seconds a Git operation took, its wait for a place included",
    labelNames: ["operation"],
    buckets: GIT_BUCKETS,
    registers,
  });
  const gitTotal = new Counter({
    name: "conops_git_requests_total",
    help: "Total number of Git operations, by result",
    labelNames: ["operation", "result"],
    registers,
  });
  const gitPauses = new Counter({
    name: "conops_git_rate_limited_total",
    help: "How often a Git host asked for fewer requests and was left alone for a while",
    registers,
  });
  const mirrorCount = new Gauge({
    name: "conops_git_mirrors",
    help: "How many mirrors of remotes are in the data directory",
    registers,
  });
  const mirrorBytes = new Gauge({
    name: "conops_git_mirror_size_bytes",
    help: "What all mirrors together take on disk, as of their last fetches",
    registers,
  });
  const composeTotal = new Counter({
    name: "conops_compose_runs_total",
    help: "Total number of docker compose processes that ended, by command and result",
    labelNames: ["command", "result"],
    registers,
  });
  const imageLookUps = new Counter({
    name: "conops_image_lookups_total",
    help: "Total number of look-ups of images in their registries, by result",
    labelNames: ["result"],
    registers,
  });
  const imageSeconds = new Histogram({
    name: "conops_image_lookup_duration_seconds",
    help: "How long in seconds a look-up of an image in its registry took",
    buckets: IMAGE_BUCKETS,
    registers,
  });
  const engine = new Gauge({
    name: "conops_engine_up",
    help: "Whether the Docker engine answers: 1 or 0",
    registers,
  });
  const leadership = new Gauge({
    name: "leader_election_master_status",
    help: "Whether this process is the leader of its registry and data directory (1) or a standby (0)",
    labelNames: ["name"],
    registers,
  });
  new Gauge({
    name: "conops_build_info",
    help: "The version of ConOps and of the Node.js that runs it; always 1",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  collectDefaultMetrics({ register: registry });

  for (const operation of GIT_OPERATIONS) {
    gitSeconds.zero({ operation });
    for (const result of GIT_RESULTS) gitTotal.inc({ operation, result }, 0);
  }
  for (const command of COMPOSE_COMMANDS) {
    for (const result of COMPOSE_RESULTS) composeTotal.inc({ command, result }, 0);
  }
  for (const result of IMAGE_RESULTS) imageLookUps.inc({ result }, 0);
  leadership.set({ name: "conops" }, 0);

  return {
    /** For `createWorkQueue`. */
    queue,
    /** For `startWorkers`. */
    worker,
    /** For the reconciler: what is seen of and done for each Application. */
    reconcile,
    /** For `createReceivers`, and for who hears of Receivers that come and go. */
    receivers,
    /** For `createGit`. */
    git: {
      requested(operation: GitOperation, result: (typeof GIT_RESULTS)[number], seconds: number) {
        gitSeconds.observe({ operation }, seconds);
        gitTotal.inc({ operation, result });
      },
      paused: () => gitPauses.inc(),
      mirrors(count: number, bytes: number) {
        mirrorCount.set(count);
        mirrorBytes.set(bytes);
      },
    },
    /** For `createCompose`. */
    compose: {
      finished(command: string, ended: "exited" | "limit" | "cancelled", exitCode: number | undefined) {
        const result = ended !== "exited" ? ended : exitCode === 0 ? "success" : "error";
        composeTotal.inc({ command, result });
      },
    },
    /** For `createImageInformer`. */
    imageLookedUp(result: (typeof IMAGE_RESULTS)[number], seconds: number) {
      imageLookUps.inc({ result });
      imageSeconds.observe(seconds);
    },
    engineUp: (up: boolean) => engine.set(up ? 1 : 0),
    leader: (leads: boolean) => leadership.set({ name: "conops" }, leads ? 1 : 0),
    /** How many keys can be worked on at the same time. */
    concurrency: (value: number) => maxConcurrent(value),
    /** Everything in Prometheus' text format. */
    render: () => registry.metrics(),
    /** Name, type, labels and help of every metric. */
    describe: () => registry.getMetricsAsArray().map(describe),
  };
}

export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

function describe(metric: { name: string; help: string }): MetricDescription {
  const { labelNames = [] } = metric as { labelNames?: readonly string[] }; // prom-client declares less than it holds
  const type = metric.constructor.name.toLowerCase();
  return { name: metric.name, type, labels: labelNames, help: metric.help };
}
