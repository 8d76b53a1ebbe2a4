import { addToHistory, rfc3339 } from "../status/history.ts";
import type { ApplicationRecord, AppliedTarget, Attempt } from "../status/record.ts";
import { failpoint } from "../lib/failpoint.ts";
import { retryDelayMs } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import { judgeGate, type GateVerdict } from "./gate.ts";
import { lastWordsOf } from "./last-words.ts";
import type { Look } from "./look.ts";
import type { Memory } from "./memory.ts";
import { sameTarget, targetOf } from "./target.ts";
import type { Visit } from "./visit.ts";

/**
 * Takes the applied target through its gate, as far as it goes now, and records one-shots that completed. Returns when to
 * look again, wall milliseconds, if a time alone can change the verdict.
 */
export async function passGate(
  seen: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<number | undefined> {
  const record = visit.record();
  const { applied, attempt } = record;
  // Between two targets there is nothing to believe yet.
  if (applied === undefined || attempt?.made !== undefined) return undefined;
  await recordCompletedRuns(seen, visit);
  if (applied.gate === "passed") return undefined;
  const verdict = judgeGate({
    applied,
    plan: seen.plan,
    settleMs: deps.settleMs,
    timeoutMs: visit.application.spec.sync.timeoutMs,
    now: deps.clock.now(),
  });
  if (verdict.gate === "pending")
    return applied.gate === "failed" && verdict.recheckAt < deps.clock.now() ? undefined : verdict.recheckAt;
  if (verdict.gate === "passed") {
    await visit.update((now) => passed(now, seen, deps.clock.now()));
    failpoint("gate-passed", visit.name);
    report(visit, deps, applied, "Succeeded", "gate passed", `${applied.revision.slice(0, 12)} is healthy`);
    const kept = visit.record();
    await deps.renderings.keep(
      visit.name,
      [kept.applied?.rendering, kept.lastHealthy?.rendering].filter((digest) => digest !== undefined),
    );
    return undefined;
  }
  if (applied.gate === "failed") return undefined;
  const words = await lastWordsOf(verdict.containerId, visit, memory, deps);
  const message = words === "" ? verdict.message : `${verdict.message}; its last words: ${words}`;
  const retryOneShot = seen.plan.failedOneShot !== undefined;
  await visit.update((now) => failedGate(now, verdict, message, retryOneShot, deps.clock.now()));
  report(visit, deps, applied, "Failed", "gate failed", message);
  return undefined;
}

/** A run is completed when its service has finished, until the service is seen running again. */
async function recordCompletedRuns(seen: Look, visit: Visit): Promise<void> {
  const { made, plan } = seen;
  const { completedRuns } = visit.record();
  const finished = new Set(plan.finished);
  const completed = plan.finished
    .map((service) => [service, made.runKeys[service]] as const)
    .filter(([service, run]) => run !== undefined && completedRuns[service] !== run);
  const reopened = Object.keys(completedRuns).filter(
    (service) => !finished.has(service) && (plan.running[service] ?? []).length > 0,
  );
  if (completed.length === 0 && reopened.length === 0) return;
  await visit.update((record) => ({
    ...record,
    completedRuns: {
      ...Object.fromEntries(
        Object.entries(record.completedRuns).filter(([service]) => !reopened.includes(service)),
      ),
      ...(Object.fromEntries(completed) as Record<string, string>),
    },
  }));
}

function passed(record: ApplicationRecord, seen: Look, now: number): ApplicationRecord {
  const { applied, attempt, ...rest } = record;
  if (applied === undefined) return record;
  const other = attempt !== undefined && !sameTarget(attempt, applied) && { attempt };
  const { gateReason: _reason, gateMessage: _message, ...clean } = applied;
  const services = Object.fromEntries(
    Object.entries(applied.services).map(([name, service]) => [
      name,
      { ...service, gated: seen.plan.running[name] ?? [] },
    ]),
  );
  const healthy: AppliedTarget = { ...clean, services, gate: "passed" };
  return {
    ...rest,
    ...other,
    applied: healthy,
    lastHealthy: healthy,
    history: historyOf(record, healthy, "Succeeded", "Synced", now),
  };
}

function failedGate(
  record: ApplicationRecord,
  verdict: Extract<GateVerdict, { readonly gate: "failed" }>,
  message: string,
  retryOneShot: boolean,
  now: number,
): ApplicationRecord {
  const { applied } = record;
  if (applied === undefined) return record;
  const failed: AppliedTarget = {
    ...applied,
    gate: "failed",
    gateReason: verdict.reason,
    gateMessage: message,
  };
  const failures = applied.tries + 1;
  // A one-shot is never run again by healing: the whole target is tried again.
  const attempt: Attempt = {
    ...targetOf(applied),
    trigger: applied.trigger,
    startedAt: applied.startedAt,
    result: "failed",
    reason: verdict.reason,
    message,
    terminal: false,
    failures,
    retryAt: now + retryDelayMs(failures),
  };
  return {
    ...record,
    applied: failed,
    ...(retryOneShot && { attempt }),
    // Without the last words, which differ each time: a repetition is counted.
    history: historyOf(record, failed, "Failed", `${verdict.reason}: ${verdict.message}`, now),
  };
}

function historyOf(
  record: ApplicationRecord,
  applied: AppliedTarget,
  result: "Succeeded" | "Failed",
  reason: string,
  now: number,
): ApplicationRecord["history"] {
  return addToHistory(record.history, {
    revision: applied.revision,
    startedAt: applied.startedAt,
    finishedAt: rfc3339(now),
    result,
    trigger: applied.trigger,
    reason,
    images: Object.fromEntries(
      Object.entries(applied.services).map(([name, { imageId }]) => [name, imageId]),
    ),
    durationSeconds: Math.max(0, Math.round((now - Date.parse(applied.startedAt)) / 1000)),
  });
}

function report(
  visit: Visit,
  deps: ReconcileDeps,
  applied: AppliedTarget,
  result: "Succeeded" | "Failed",
  what: string,
  message: string,
): void {
  const seconds = Math.max(0, (deps.clock.now() - Date.parse(applied.startedAt)) / 1000);
  deps.metrics.syncFinished(visit.name, result, applied.trigger, seconds);
  const fields = {
    event: result === "Succeeded" ? "Synced" : "SyncFailed",
    reason: result === "Succeeded" ? "Synced" : "HealthGateFailed",
    application: visit.name,
    revision: applied.revision,
    message,
  };
  if (result === "Succeeded") deps.log.info(what, fields);
  else deps.log.warn(what, fields);
}
