import { expect } from "chai";
import { DELIVERY_RESULTS } from "../../../controller/api/delivery.ts";
import { SYNC_RESULTS, TRIGGERS } from "../../../controller/api/status.ts";
import { DRIFT_KINDS } from "../../../controller/api/drift.ts";
import { createMetrics, type Metrics } from "../../../controller/telemetry/metrics.ts";

/** The lines of `/metrics` that are series of `metric` (of all of its parts, for a histogram). */
async function series(metrics: Metrics, metric: string): Promise<string[]> {
  const text = await metrics.render();
  return text.split("\n").filter((line) => new RegExp(`^${metric}(_bucket|_sum|_count)?[{ ]`).test(line));
}

async function bounds(metrics: Metrics, histogram: string): Promise<number[]> {
  const lines = await series(metrics, histogram);
  const found = lines.map((line) => /le="([^"]+)"/.exec(line)?.[1]).filter((bound) => bound !== undefined);
  return [...new Set(found)].filter((bound) => bound !== "+Inf").map(Number);
}

const shop = {
  name: "shop",
  phase: "Synced",
  project: "shop-project",
  conditions: [
    { type: "Ready", status: "True" },
    { type: "Reconciling", status: "True" },
  ],
} as const;

describe("createMetrics(): from the start", () => {
  for (const [metric, expected] of [
    ["workqueue_depth", ['workqueue_depth{name="application",controller="application"} 0']],
    ["workqueue_adds_total", ['workqueue_adds_total{name="application",controller="application"} 0']],
    ["workqueue_retries_total", ['workqueue_retries_total{name="application",controller="application"} 0']],
    [
      "controller_runtime_reconcile_total",
      ["success", "error", "requeue", "requeue_after"].map(
        (result) => `controller_runtime_reconcile_total{controller="application",result="${result}"} 0`,
      ),
    ],
    [
      "controller_runtime_reconcile_errors_total",
      ['controller_runtime_reconcile_errors_total{controller="application"} 0'],
    ],
    [
      "controller_runtime_reconcile_panics_total",
      ['controller_runtime_reconcile_panics_total{controller="application"} 0'],
    ],
    ["controller_runtime_active_workers", ['controller_runtime_active_workers{controller="application"} 0']],
    ["leader_election_master_status", ['leader_election_master_status{name="conops"} 0']],
    ["conops_engine_up", ["conops_engine_up 0"]],
  ] as const) {
    it(`${metric} is there, at zero`, async () => {
      expect(await series(createMetrics(), metric)).to.deep.equal(expected);
    });
  }

  it("shows a series, or waits for its resource, for every metric", async () => {
    const metrics = createMetrics();
    const text = await metrics.render();

    const without = metrics
      .describe()
      .filter(({ name, type }) => !text.includes(`\n${name}${type === "histogram" ? "_count" : ""}`))
      .map(({ name, labels }) => `${name} ${labels.includes("name") ? "waits for its resource" : "is lost"}`)
      // Node.js shows these only once there is one.
      .filter((line) => !/^nodejs_(active_|gc_duration)/.test(line));

    expect(without).to.deep.equal([
      "conops_app_info waits for its resource",
      "conops_app_condition waits for its resource",
      "conops_drift_total waits for its resource",
      "conops_drift_ignored_total waits for its resource",
      "conops_sync_total waits for its resource",
      "conops_rollbacks_total waits for its resource",
      "conops_source_last_check_timestamp_seconds waits for its resource",
      "conops_receiver_deliveries_total waits for its resource",
    ]);
  });

  it("has client-go's buckets, controller-runtime's forty, and minutes for syncs", async () => {
    const metrics = createMetrics();

    const queue = await bounds(metrics, "workqueue_queue_duration_seconds");
    const work = await bounds(metrics, "workqueue_work_duration_seconds");
    const reconcile = await bounds(metrics, "controller_runtime_reconcile_time_seconds");
    const sync = await bounds(metrics, "conops_sync_duration_seconds");

    expect(queue).to.deep.equal([1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]);
    expect(work).to.deep.equal(queue);
    expect([reconcile.length, reconcile[0], reconcile.at(-1)]).to.deep.equal([40, 0.005, 60]);
    expect(reconcile).to.deep.equal(reconcile.toSorted((a, b) => a - b));
    expect([sync[0], sync.at(-1)]).to.deep.equal([1, 3600]);
  });

  it("names the versions", async () => {
    const metrics = createMetrics({ version: "1.2.3" });

    expect(await series(metrics, "conops_build_info")).to.deep.equal([
      `conops_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
    ]);
  });

  it("keeps two registries apart", async () => {
    const one = createMetrics();
    const other = createMetrics();

    one.engineUp(true);

    expect(await series(other, "conops_engine_up")).to.deep.equal(["conops_engine_up 0"]);
  });
});

describe("createMetrics(): counting", () => {
  it("counts for the queue", async () => {
    const metrics = createMetrics();

    metrics.queue.depth(3);
    metrics.queue.added();
    metrics.queue.retried();
    metrics.queue.queued(0.5);
    metrics.queue.worked(2);
    metrics.queue.unfinished(9, 7);

    const labels = '{name="application",controller="application"}';
    const text = await metrics.render();
    for (const line of [
      `workqueue_depth${labels} 3`,
      `workqueue_adds_total${labels} 1`,
      `workqueue_retries_total${labels} 1`,
      `workqueue_queue_duration_seconds_sum${labels} 0.5`,
      `workqueue_work_duration_seconds_sum${labels} 2`,
      `workqueue_unfinished_work_seconds${labels} 9`,
      `workqueue_longest_running_processor_seconds${labels} 7`,
    ]) {
      expect(text).to.contain(line);
    }
  });

  it("counts for the workers; an error counts in both totals", async () => {
    const metrics = createMetrics();

    metrics.concurrency(4);
    metrics.worker.active(1);
    metrics.worker.active(1);
    metrics.worker.active(-1);
    metrics.worker.reconciled("success", 1);
    metrics.worker.reconciled("error", 2);
    metrics.worker.terminalError();
    metrics.worker.panicked();
    metrics.worker.timedOut();

    const text = await metrics.render();
    for (const line of [
      'controller_runtime_max_concurrent_reconciles{controller="application"} 4',
      'controller_runtime_active_workers{controller="application"} 1',
      'controller_runtime_reconcile_total{controller="application",result="success"} 1',
      'controller_runtime_reconcile_total{controller="application",result="error"} 1',
      'controller_runtime_reconcile_errors_total{controller="application"} 1',
      'controller_runtime_terminal_reconcile_errors_total{controller="application"} 1',
      'controller_runtime_reconcile_panics_total{controller="application"} 1',
      'controller_runtime_reconcile_timeouts_total{controller="application"} 1',
      'controller_runtime_reconcile_time_seconds_sum{controller="application"} 3',
    ]) {
      expect(text).to.contain(line);
    }
  });

  it("counts Git operations, Compose runs, the engine and the leader", async () => {
    const metrics = createMetrics();

    metrics.git.requested("fetch", "error", 3);
    metrics.compose.finished("up", "exited", 0);
    metrics.compose.finished("up", "exited", 17);
    metrics.compose.finished("pull", "limit", undefined);
    metrics.compose.finished("pull", "cancelled", undefined);
    metrics.engineUp(true);
    metrics.leader(true);

    const text = await metrics.render();
    for (const line of [
      'conops_git_requests_total{operation="fetch",result="error"} 1',
      'conops_git_request_duration_seconds_sum{operation="fetch"} 3',
      'conops_compose_runs_total{command="up",result="success"} 1',
      'conops_compose_runs_total{command="up",result="error"} 1',
      'conops_compose_runs_total{command="pull",result="limit"} 1',
      'conops_compose_runs_total{command="pull",result="cancelled"} 1',
      "conops_engine_up 1",
      'leader_election_master_status{name="conops"} 1',
    ]) {
      expect(text).to.contain(line);
    }
  });
});

describe("createMetrics(): Applications", () => {
  it("shows phase, project, and each present condition with its three statuses", async () => {
    const metrics = createMetrics();

    metrics.reconcile.observed(shop);

    expect(await series(metrics, "conops_app_info")).to.deep.equal([
      'conops_app_info{name="shop",phase="Synced",project="shop-project"} 1',
    ]);
    expect(await series(metrics, "conops_app_condition")).to.deep.equal([
      'conops_app_condition{name="shop",type="Ready",status="True"} 1',
      'conops_app_condition{name="shop",type="Ready",status="False"} 0',
      'conops_app_condition{name="shop",type="Ready",status="Unknown"} 0',
      'conops_app_condition{name="shop",type="Reconciling",status="True"} 1',
      'conops_app_condition{name="shop",type="Reconciling",status="False"} 0',
      'conops_app_condition{name="shop",type="Reconciling",status="Unknown"} 0',
    ]);
  });

  it("replaces what was observed before", async () => {
    const metrics = createMetrics();
    metrics.reconcile.observed(shop);

    metrics.reconcile.observed({
      name: "shop",
      phase: "Degraded",
      project: "shop-project",
      conditions: [{ type: "Ready", status: "False" }],
    });

    expect(await series(metrics, "conops_app_info")).to.deep.equal([
      'conops_app_info{name="shop",phase="Degraded",project="shop-project"} 1',
    ]);
    expect(await series(metrics, "conops_app_condition")).to.deep.equal([
      'conops_app_condition{name="shop",type="Ready",status="True"} 0',
      'conops_app_condition{name="shop",type="Ready",status="False"} 1',
      'conops_app_condition{name="shop",type="Ready",status="Unknown"} 0',
    ]);
  });

  it("begins the counters of an Application at zero, and leaves them alone when it is observed again", async () => {
    const metrics = createMetrics();

    metrics.reconcile.observed(shop);
    metrics.reconcile.driftFound("shop", "Missing");
    metrics.reconcile.syncFinished("shop", "Failed", "Drift", 61);
    metrics.reconcile.observed(shop);

    const drift = await series(metrics, "conops_drift_total");
    expect(drift.length).to.equal(DRIFT_KINDS.length);
    expect(drift).to.contain('conops_drift_total{name="shop",kind="Missing"} 1');
    expect(drift).to.contain('conops_drift_total{name="shop",kind="Orphan"} 0');
    const syncs = await series(metrics, "conops_sync_total");
    expect(syncs.length).to.equal(SYNC_RESULTS.length * TRIGGERS.length);
    expect(syncs).to.contain('conops_sync_total{name="shop",result="Failed",trigger="Drift"} 1');
    expect(syncs).to.contain('conops_sync_total{name="shop",result="Succeeded",trigger="Requested"} 0');
    expect(await series(metrics, "conops_sync_duration_seconds")).to.contain(
      "conops_sync_duration_seconds_sum 61",
    );
  });

  it("says in seconds when a source was last checked", async () => {
    const metrics = createMetrics();

    metrics.reconcile.sourceChecked("shop", 1_700_000_000_500);

    expect(await series(metrics, "conops_source_last_check_timestamp_seconds")).to.deep.equal([
      'conops_source_last_check_timestamp_seconds{name="shop"} 1700000000.5',
    ]);
  });

  it("removes every series of a deleted Application, and none of another", async () => {
    const metrics = createMetrics();
    for (const name of ["shop", "blog"]) {
      metrics.reconcile.observed({ ...shop, name });
      for (const kind of DRIFT_KINDS) metrics.reconcile.driftFound(name, kind);
      metrics.reconcile.syncFinished(name, "Succeeded", "NewRevision", 10);
      metrics.reconcile.sourceChecked(name, 1);
    }
    const ofBlog = (await metrics.render()).split("\n").filter((line) => line.includes('name="blog"'));

    metrics.reconcile.deleted("shop");

    const text = await metrics.render();
    expect(text).not.to.contain('"shop"');
    expect(text.split("\n").filter((line) => line.includes('name="blog"'))).to.deep.equal(ofBlog);
    expect(ofBlog.length).to.be.greaterThan(20);
  });

  it("shows an Application that comes back with counters at zero", async () => {
    const metrics = createMetrics();
    metrics.reconcile.observed(shop);
    metrics.reconcile.driftFound("shop", "Missing");
    metrics.reconcile.deleted("shop");

    metrics.reconcile.observed(shop);

    const drift = await series(metrics, "conops_drift_total");
    expect(drift).to.contain('conops_drift_total{name="shop",kind="Missing"} 0');
  });
});

describe("createMetrics(): Receivers", () => {
  it("begin with every result at zero, and count deliveries", async () => {
    const metrics = createMetrics();

    metrics.receivers.observed("github");
    metrics.receivers.delivered("github", "accepted");
    metrics.receivers.observed("github");

    const lines = await series(metrics, "conops_receiver_deliveries_total");
    expect(lines).to.have.length(DELIVERY_RESULTS.length);
    expect(lines).to.include('conops_receiver_deliveries_total{name="github",result="accepted"} 1');
    expect(lines).to.include('conops_receiver_deliveries_total{name="github",result="unauthorized"} 0');
  });

  it("leave nothing behind when they are deleted, and begin anew when they come back", async () => {
    const metrics = createMetrics();
    for (const name of ["github", "gitlab"]) metrics.receivers.delivered(name, "accepted");

    metrics.receivers.deleted("github");

    expect(await metrics.render()).not.to.contain('"github"');
    metrics.receivers.observed("github");
    const lines = await series(metrics, "conops_receiver_deliveries_total");
    expect(lines).to.include('conops_receiver_deliveries_total{name="github",result="accepted"} 0');
    expect(lines).to.include('conops_receiver_deliveries_total{name="gitlab",result="accepted"} 1');
  });
});
