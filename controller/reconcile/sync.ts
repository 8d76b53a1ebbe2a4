import { ReconcileError } from "../api/errors.ts";
import { addToHistory, rfc3339 } from "../status/history.ts";
import type { SourceState } from "../watch/watch.ts";
import { applyTarget } from "./apply.ts";
import { FRESH_BUDGET } from "./budget.ts";
import type { Decision } from "./decide.ts";
import type { ReconcileDeps } from "./deps.ts";
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
      deps.log.info("applied", { event: "Applied", reason: trigger, ...fields });
      return undefined;
    }
    if (applied.result === "unchanged") {
      deps.log.info("nothing that runs changed", { event: "Synced", reason: "Synced", ...fields });
      return undefined;
    }
    const { error } = applied;
    const finishedAt = deps.clock.now();
    await visit.update((record) => ({
      ...record,
      history: addToHistory(record.history, {
        revision: target.revision,
        startedAt: rfc3339(startedAt),
        finishedAt: rfc3339(finishedAt),
        result: "Failed",
        trigger,
        reason: `${error.reason}: ${error.message}`,
        durationSeconds: Math.round((finishedAt - startedAt) / 100) / 10,
      }),
    }));
    deps.metrics.syncFinished(visit.name, "Failed", trigger, (finishedAt - startedAt) / 1000);
    deps.log.warn("sync failed", {
      event: "SyncFailed",
      reason: error.reason,
      message: error.message,
      ...fields,
    });
    return error;
  } finally {
    giveBack();
  }
}
