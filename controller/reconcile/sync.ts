import { ReconcileError } from "../api/errors.ts";
import type { HistoryEntry } from "../api/status.ts";
import { keptSyncIds, rfc3339 } from "../status/history.ts";
import type { SourceState } from "../watch/watch.ts";
import { applyTarget } from "./apply.ts";
import { FRESH_BUDGET } from "./budget.ts";
import type { Decision } from "./decide.ts";
import type { ReconcileDeps } from "./deps.ts";
import { finishSync, sayingTo } from "./finish-sync.ts";
import type { Memory } from "./memory.ts";
import type { Visit } from "./visit.ts";

/**
 * Applies a target, if there is a place for it, and says what came of it: `no-place` (the key is called again), an error,
 * or undefined when it is applied and waits for its gate.
 */
export async function sync(
  decision: Extract<Decision, { readonly kind: "apply" }>,
  source: SourceState,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  again: () => void,
  showProgress: () => Promise<void>,
): Promise<ReconcileError | "no-place" | undefined> {
  const giveBack = deps.applySlots.take(visit.name, again);
  if (giveBack === undefined) return "no-place";
  const { target, trigger } = decision;
  const startedAt = deps.clock.now();
  const fields = { application: visit.name, revision: target.revision, trigger };
  try {
    deps.log.info("sync begins", { event: "SyncBegins", reason: trigger, ...fields });
    const ref = source.revision === target.revision ? source.ref : undefined;
    const applied = await applyTarget(
      { ...target, ...(ref !== undefined && { ref }) },
      trigger,
      visit,
      memory,
      deps,
      showProgress,
    );
    if (applied.result === "failed" && applied.error.reason === "SyncInterrupted") return applied.error;
    if (applied.result === "applied") {
      memory.budget = FRESH_BUDGET;
      const { syncId: sync, left } = visit.record().applied ?? {};
      visit.say(left === undefined ? "all is brought up" : `brought up, but for ${left.join(", ")}`);
      const waiting = left === undefined ? {} : { waiting: left };
      deps.log.info("applied", { event: "Applied", reason: trigger, sync, ...waiting, ...fields });
      return undefined;
    }
    const { attempt } = visit.record();
    if (applied.result === "unchanged") {
      // Nothing in the history refers to its log.
      await deps.syncLogs.keep(visit.name, keptSyncIds(visit.record()));
      deps.log.info("nothing that runs changed", { event: "Synced", reason: "Synced", ...fields });
      return undefined;
    }
    const { error } = applied;
    const finishedAt = deps.clock.now();
    const id = attempt?.syncId;
    if (id !== undefined) sayingTo(id, visit, deps).say(`failed: ${error.reason}: ${error.message}`);
    const entry: HistoryEntry = {
      ...(id !== undefined && { id }),
      revision: target.revision,
      specHash: target.specHash,
      ...(attempt?.made && { subject: attempt.made.subject }),
      startedAt: rfc3339(startedAt),
      finishedAt: rfc3339(finishedAt),
      result: "Failed",
      trigger,
      reason: `${error.reason}: ${error.message}`,
      durationSeconds: Math.round((finishedAt - startedAt) / 100) / 10,
    };
    await finishSync(entry, visit, deps);
    deps.metrics.syncFinished(visit.name, "Failed", trigger, (finishedAt - startedAt) / 1000);
    deps.log.warn("sync failed", {
      event: "SyncFailed",
      reason: error.reason,
      message: error.message,
      sync: id,
      ...fields,
    });
    return error;
  } finally {
    giveBack();
  }
}
