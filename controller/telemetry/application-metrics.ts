import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { DRIFT_KINDS, type DriftKind } from "../api/drift.ts";
import {
  CONDITION_TYPES,
  SYNC_RESULTS,
  TRIGGERS,
  type Condition,
  type Phase,
  type SyncResult,
  type Trigger,
} from "../api/status.ts";

const CONDITION_STATUSES = ["True", "False", "Unknown"] as const;
const ROLLBACK_RESULTS = ["Succeeded", "Failed", "Refused"] as const;

/** A sync pulls, builds, and waits for health: from a second to an hour. */
const SYNC_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600];

/** What is counted of each Application. Every series of a deleted one disappears, but for the duration of syncs, which has no name. */
export function createApplicationMetrics(registry: Registry) {
  const registers = [registry];
  const info = new Gauge({
    name: "conops_app_info",
    help: "An Application with its phase and Compose project; always 1",
    labelNames: ["name", "phase", "project"],
    registers,
  });
  const condition = new Gauge({
    name: "conops_app_condition",
    help: "The conditions of an Application: 1 for the status that each has, 0 for the others",
    labelNames: ["name", "type", "status"],
    registers,
  });
  const drift = new Counter({
    name: "conops_drift_total",
    help: "Total number of times that the host was found not to match an Application, by kind of drift",
    labelNames: ["name", "kind"],
    registers,
  });
  const ignored = new Counter({
    name: "conops_drift_ignored_total",
    help: "Total number of times that drift was found which spec.ignoreDifferences names, by kind of drift",
    labelNames: ["name", "kind"],
    registers,
  });
  const syncs = new Counter({
    name: "conops_sync_total",
    help: "Total number of syncs of an Application, by result and by what caused them",
    labelNames: ["name", "result", "trigger"],
    registers,
  });
  const syncDuration = new Histogram({
    name: "conops_sync_duration_seconds",
    help: "How long in seconds a sync took, health gate included",
    buckets: SYNC_BUCKETS,
    registers,
  });
  const rollbacks = new Counter({
    name: "conops_rollbacks_total",
    help: "Total number of times that the last healthy target was to be brought back by itself, by result",
    labelNames: ["name", "result"],
    registers,
  });
  const checked = new Gauge({
    name: "conops_source_last_check_timestamp_seconds",
    help: "When the source of an Application was last checked successfully, in seconds since the epoch",
    labelNames: ["name"],
    registers,
  });
  /** The labels of `info` as they are now, by name. */
  const observed = new Map<
    string,
    { readonly name: string; readonly phase: Phase; readonly project: string }
  >();

  function beginAtZero(name: string): void {
    for (const kind of DRIFT_KINDS) for (const counter of [drift, ignored]) counter.inc({ name, kind }, 0);
    for (const result of SYNC_RESULTS) {
      for (const trigger of TRIGGERS) syncs.inc({ name, result, trigger }, 0);
    }
    for (const result of ROLLBACK_RESULTS) rollbacks.inc({ name, result }, 0);
  }

  return {
    /** The Application is now in this phase, with these conditions and no others. */
    observed(app: {
      readonly name: string;
      readonly phase: Phase;
      readonly project: string;
      readonly conditions: readonly Pick<Condition, "type" | "status">[];
    }) {
      const { name, phase, project, conditions } = app;
      const before = observed.get(name);
      if (before === undefined) beginAtZero(name);
      else info.remove(before);
      const labels = { name, phase, project };
      observed.set(name, labels);
      info.set(labels, 1);
      for (const type of CONDITION_TYPES) {
        const present = conditions.find((candidate) => candidate.type === type);
        for (const status of CONDITION_STATUSES) {
          if (present === undefined) condition.remove({ name, type, status });
          else condition.set({ name, type, status }, present.status === status ? 1 : 0);
        }
      }
    },
    driftFound: (name: string, kind: DriftKind) => drift.inc({ name, kind }),
    driftIgnored: (name: string, kind: DriftKind) => ignored.inc({ name, kind }),
    syncFinished(name: string, result: SyncResult, trigger: Trigger, seconds: number) {
      syncs.inc({ name, result, trigger });
      syncDuration.observe(seconds);
    },
    rollbackEnded: (name: string, result: (typeof ROLLBACK_RESULTS)[number]) =>
      rollbacks.inc({ name, result }),
    /** The source was last checked successfully at `wallMs`. */
    sourceChecked: (name: string, wallMs: number) => checked.set({ name }, wallMs / 1_000),
    /** Removes every series of this Application. */
    deleted(name: string) {
      const labels = observed.get(name);
      if (labels !== undefined) info.remove(labels);
      observed.delete(name);
      checked.remove({ name });
      for (const kind of DRIFT_KINDS) for (const counter of [drift, ignored]) counter.remove({ name, kind });
      for (const type of CONDITION_TYPES) {
        for (const status of CONDITION_STATUSES) condition.remove({ name, type, status });
      }
      for (const result of SYNC_RESULTS) {
        for (const trigger of TRIGGERS) syncs.remove({ name, result, trigger });
      }
      for (const result of ROLLBACK_RESULTS) rollbacks.remove({ name, result });
    },
  };
}
