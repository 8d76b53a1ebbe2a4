import { ReconcileError } from "../api/errors.ts";
import { bringUpLeft } from "./bring-up-left.ts";
import type { ReconcileDeps } from "./deps.ts";
import { gateFailed } from "./gate-outcome.ts";
import type { Look } from "./look.ts";
import { maskedError } from "./masking.ts";
import type { Memory } from "./memory.ts";
import { isBroughtBack } from "./rollback-record.ts";
import { sameTarget } from "./target.ts";
import type { Visit } from "./visit.ts";

/** Of an applied target, services were left that had to wait for others, and now some can be brought up. */
export function canGoOn(seen: Look | undefined, visit: Visit): seen is Look {
  const { attempt, applied } = visit.record();
  // After a failure the whole target is tried again, at its own time.
  if (seen === undefined || attempt?.made !== undefined) return false;
  if (sameTarget(attempt, applied) && !isBroughtBack(visit.record())) return false;
  return (applied?.left ?? []).length > 0 && seen.plan.ready.length > 0 && seen.rendering !== undefined;
}

/**
 * Goes on with a sync whose services waited for others, if there is a place; else the key is called again. Returns the
 * error, which is recorded as that of the whole sync. Afterwards: look again.
 */
export async function goOn(
  { rendering }: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  again: () => void,
): Promise<ReconcileError | undefined> {
  const { applied } = visit.record();
  if (rendering === undefined || applied?.left === undefined) return undefined;
  const giveBack = deps.applySlots.take(visit.name, again);
  if (giveBack === undefined) return undefined;
  const { left } = applied;
  const fields = { application: visit.name, revision: applied.revision, sync: applied.syncId };
  try {
    const still = await bringUpLeft({ ...rendering, left, removeOrphans: false }, visit, memory, deps);
    const services = left.filter((name) => !still.includes(name));
    deps.log.info("brought up what waited for others", { ...fields, services });
    await renewDeadline(visit, deps);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.reason === "SyncInterrupted") throw thrown;
    const error = maskedError(thrown, visit.mask);
    await gateFailed(applied, { reason: error.reason, message: error.message, retry: true }, visit, deps);
    return error;
  } finally {
    giveBack();
  }
}

/** The time of the gate counts from the last `up`. */
async function renewDeadline(visit: Visit, deps: ReconcileDeps): Promise<void> {
  const gateDeadline = deps.clock.now() + visit.application.spec.sync.timeoutMs;
  await visit.update((record) =>
    record.applied?.gate === "pending" ? { ...record, applied: { ...record.applied, gateDeadline } } : record,
  );
}
