import { considerRollback } from "./consider-rollback.ts";
import type { ReconcileDeps } from "./deps.ts";
import { judgeGate } from "./gate.ts";
import { leftOfGateMs, settlesInMs } from "./gate-clock.ts";
import { gateFailed, gatePassed } from "./gate-outcome.ts";
import { lastWordsOf, sayLastLines } from "./last-words.ts";
import type { Look } from "./look.ts";
import type { Memory } from "./memory.ts";
import { faultsOfHost, isServiceFault } from "./rollback.ts";
import { slowStarts } from "./slow-starts.ts";
import type { Visit } from "./visit.ts";

/**
 * Takes the applied target through its gate, as far as it goes now, and records one-shots that completed. Returns when to
 * look again, in milliseconds, if time alone can change the verdict.
 */
export async function passGate(
  seen: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<number | undefined> {
  const { applied, attempt } = visit.record();
  // Between two targets there is nothing to believe yet.
  if (applied === undefined || attempt?.made !== undefined) return undefined;
  await recordCompletedRuns(seen, visit);
  if (applied.gate === "passed") return undefined;
  // What may not be brought up cannot fail either.
  if (applied.left !== undefined && visit.application.spec.suspend) return undefined;
  const { timeoutMs } = visit.application.spec.sync;
  const { plan } = seen;
  const verdict = judgeGate({
    plan,
    settlesInMs: settlesInMs(plan, memory, deps),
    leftMs: leftOfGateMs(applied, timeoutMs, memory, deps),
    timeoutMs,
    slow: slowOnes(seen, timeoutMs),
  });
  if (verdict.gate === "pending") {
    sayProgress(plan.health.message, visit, memory);
    return verdict.recheckAfterMs;
  }
  if (verdict.gate === "passed") {
    await gatePassed(applied, seen, visit, deps);
    return undefined;
  }
  if (applied.gate !== "failed") {
    const words = await lastWordsOf(verdict.containerId, visit, memory, deps);
    const message = words === "" ? verdict.message : `${verdict.message}; its last words: ${words}`;
    await sayLastLines(failingContainers(seen), visit, deps);
    await gateFailed(
      applied,
      {
        reason: verdict.reason,
        message,
        short: verdict.message,
        // A one-shot is never run again by healing.
        retry: plan.failedOneShot !== undefined,
      },
      visit,
      deps,
    );
  }
  await rollBackIfAsked(seen, visit, deps);
  return undefined;
}

/** Also for a gate that failed before: a controller may have been killed in between, or the wish be new. */
async function rollBackIfAsked(seen: Look, visit: Visit, deps: ReconcileDeps): Promise<void> {
  const { applied } = visit.record();
  const { gateReason: reason, gateMessage: message = "" } = applied ?? {};
  if (applied?.gate !== "failed" || (reason !== "HealthGateFailed" && reason !== "CrashLoop")) return;
  const ofHost = faultsOfHost(deps.engine.project(visit.project), (id) => deps.engine.ending(id));
  if (!isServiceFault(seen.plan.findings, ofHost)) return;
  await considerRollback(applied, { reason, message }, visit, deps);
}

/** What the gate waits for, once for each change. */
function sayProgress(message: string, visit: Visit, memory: Memory): void {
  if (memory.gate === undefined || memory.gate.said === message) return;
  memory.gate = { ...memory.gate, said: message };
  visit.say(`waits until all is healthy and settled: ${message}`);
}

function slowOnes({ rendering, plan }: Look, timeoutMs: number): readonly string[] {
  if (rendering === undefined) return [];
  const slow = slowStarts(rendering.project, timeoutMs);
  return plan.services
    .filter(({ status }) => status === "Progressing")
    .map(({ name }) => slow.get(name))
    .filter((sentence) => sentence !== undefined);
}

/** The containers that failed by themselves; where none did, those that are not healthy yet. */
function failingContainers({ plan }: Look): readonly { readonly id: string; readonly service: string }[] {
  const failed = plan.findings
    .filter(({ cause }) => cause === "itself")
    .flatMap(({ containerId, service }) => (containerId === undefined ? [] : [{ id: containerId, service }]));
  if (failed.length > 0) return failed;
  return plan.services
    .filter(({ status }) => status === "Progressing")
    .flatMap(({ name }) => (plan.running[name] ?? []).map((id) => ({ id, service: name })));
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
