/** What follows from the verdict of a gate: the record, the history, the log. */
import type { Reason } from "../api/reasons.ts";
import type { HistoryEntry, SyncResult } from "../api/status.ts";
import { failpoint } from "../lib/failpoint.ts";
import { nextSyncId, rfc3339 } from "../status/history.ts";
import type { ApplicationRecord, AppliedTarget, Attempt, Target } from "../status/record.ts";
import { retryDelayMs } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import { finishSync, sayingTo } from "./finish-sync.ts";
import { sweepKeptImages } from "./keep-images.ts";
import type { Look } from "./look.ts";
import { released, withQuarantine } from "./quarantine.ts";
import { isBroughtBack, rollbackDone, rollbackFailed, whyNow, withoutRollback } from "./rollback-record.ts";
import { sameTarget, targetOf } from "./target.ts";
import { tellRollback } from "./tell-rollback.ts";
import type { Visit } from "./visit.ts";

/** What runs is healthy, perhaps after its gate had failed. */
export async function gatePassed(
  applied: AppliedTarget,
  seen: Look,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const late = applied.gate === "failed";
  // A sync that has failed stays in the history as it is.
  const id = late ? nextSyncId(visit.record()) : applied.syncId;
  const isBack = isBroughtBack(visit.record());
  if (id !== undefined) {
    if (late) deps.syncLogs.begin(visit.name, id);
    sayingTo(id, visit, deps).say(
      late ? `every service is healthy after all${ofSync(applied)}` : "every service is healthy",
    );
  }
  const why = isBack ? whyNow(rollbackDone(visit.record())) : undefined;
  const entry =
    why === undefined
      ? entryOf(applied, id, "Succeeded", "Synced", deps.clock.now())
      : entryOf(applied, id, "RolledBack", why.message, deps.clock.now());
  await finishSync(entry, visit, deps, (record) => withPassed(record, seen));
  failpoint("gate-passed", visit.name);
  await sweepKeptImages(visit, deps);
  report(visit, deps, applied, entry, `${applied.revision.slice(0, 12)} is healthy`);
  if (isBack) tellRollback("Succeeded", visit, deps);
  const kept = visit.record();
  await deps.renderings.keep(
    visit.name,
    [kept.applied?.rendering, kept.lastHealthy?.rendering].filter((digest) => digest !== undefined),
  );
}

/**
 * What runs is not to be believed. `short` is the message without last words, which differ each time: a repetition is
 * counted. `retry`: healing cannot help, the whole target is to be tried again.
 */
export async function gateFailed(
  applied: AppliedTarget,
  why: {
    readonly reason: Reason;
    readonly message: string;
    readonly short?: string;
    readonly retry: boolean;
  },
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { reason, message, short = message, retry } = why;
  visit.say(`failed: ${reason}: ${message}`);
  const now = deps.clock.now();
  const entry = entryOf(applied, applied.syncId, "Failed", `${reason}: ${short}`, now);
  await finishSync(entry, visit, deps, (record) => withFailed(record, { reason, message, retry }, now));
  report(visit, deps, applied, entry, message);
  if (isBroughtBack(visit.record())) tellRollback("Failed", visit, deps);
  failpoint("gate-failed", visit.name);
}

/** Another target takes the place of one that waits for its gate, which nobody will know the verdict of. */
export async function superseded(
  before: Ended,
  by: Target,
  visit: Visit,
  deps: ReconcileDeps,
  also?: (record: ApplicationRecord) => ApplicationRecord,
): Promise<void> {
  const other = `${by.revision === before.revision ? "another sync of " : ""}${by.revision.slice(0, 12)}`;
  const reason = `Superseded: ${other} took its place before it was known to be healthy`;
  if (before.syncId !== undefined) sayingTo(before.syncId, visit, deps).say(reason);
  const entry = entryOf(before, before.syncId, "Superseded", reason, deps.clock.now());
  await finishSync(entry, visit, deps, also);
  deps.metrics.syncFinished(visit.name, "Superseded", entry.trigger, entry.durationSeconds);
  deps.log.info("superseded", {
    event: "Superseded",
    reason: entry.trigger,
    application: visit.name,
    revision: before.revision,
    sync: before.syncId,
    message: reason,
  });
}

function withPassed(record: ApplicationRecord, seen: Look): ApplicationRecord {
  const { applied, attempt, ...rest } = record;
  if (applied === undefined) return record;
  const isBack = isBroughtBack(record);
  // After a rollback, the try that failed stays to be read.
  const other = attempt !== undefined && (isBack || !sameTarget(attempt, applied)) && { attempt };
  const { gateReason: _reason, gateMessage: _message, ...clean } = applied;
  const services = Object.fromEntries(
    Object.entries(applied.services).map(([name, service]) => [
      name,
      { ...service, gated: seen.plan.running[name] ?? [] },
    ]),
  );
  const healthy: AppliedTarget = { ...clean, services, gate: "passed", finished: seen.plan.finished };
  const next = { ...rest, ...other, applied: healthy, lastHealthy: healthy };
  if (isBack) return rollbackDone(next);
  return withQuarantine(withoutRollback(next), released(record.quarantine, healthy));
}

function withFailed(
  record: ApplicationRecord,
  { reason, message, retry }: { readonly reason: Reason; readonly message: string; readonly retry: boolean },
  now: number,
): ApplicationRecord {
  const { applied } = record;
  if (applied === undefined) return record;
  const failed: AppliedTarget = { ...applied, gate: "failed", gateReason: reason, gateMessage: message };
  if (isBroughtBack(record)) return rollbackFailed({ ...record, applied: failed }, { reason, message });
  const failures = applied.tries + 1;
  // Healing never runs a one-shot again, nor repeats an `up` that failed: the whole target is tried again.
  const attempt: Attempt = {
    ...targetOf(applied),
    trigger: applied.trigger,
    startedAt: applied.startedAt,
    result: "failed",
    reason,
    message,
    terminal: false,
    failures,
    retryAt: now + retryDelayMs(failures),
  };
  return { ...record, applied: failed, ...(retry && { attempt }) };
}

/** What is known of a sync that is over, at least. */
type Ended = Pick<AppliedTarget, "revision" | "specHash" | "startedAt" | "trigger" | "syncId"> &
  Partial<Pick<AppliedTarget, "subject" | "services">>;

function entryOf(
  applied: Ended,
  id: number | undefined,
  result: SyncResult,
  reason: string,
  now: number,
): HistoryEntry {
  return {
    ...(id !== undefined && { id }),
    revision: applied.revision,
    specHash: applied.specHash,
    ...(applied.subject !== undefined && { subject: applied.subject }),
    startedAt: applied.startedAt,
    finishedAt: rfc3339(now),
    result,
    trigger: applied.trigger,
    reason,
    ...(applied.services && {
      images: Object.fromEntries(
        Object.entries(applied.services).map(([name, { imageId }]) => [name, imageId]),
      ),
    }),
    durationSeconds: Math.max(0, Math.round((now - Date.parse(applied.startedAt)) / 1000)),
  };
}

function report(
  visit: Visit,
  deps: ReconcileDeps,
  applied: AppliedTarget,
  { result, id }: HistoryEntry,
  message: string,
): void {
  const seconds = Math.max(0, (deps.clock.now() - Date.parse(applied.startedAt)) / 1000);
  deps.metrics.syncFinished(visit.name, result, applied.trigger, seconds);
  const isWell = result === "Succeeded" || result === "RolledBack";
  const fields = {
    event: isWell ? "Synced" : "SyncFailed",
    reason: isWell ? "Synced" : "HealthGateFailed",
    application: visit.name,
    revision: applied.revision,
    sync: id,
    message,
  };
  if (isWell) deps.log.info("gate passed", fields);
  else deps.log.warn("gate failed", fields);
}

function ofSync({ syncId }: AppliedTarget): string {
  return syncId === undefined ? "" : `, after sync ${syncId} had failed`;
}
