import type { DriftKind } from "../api/drift.ts";
import { ReconcileError } from "../api/errors.ts";
import type { HistoryEntry } from "../api/status.ts";
import { nextSyncId, rfc3339 } from "../status/history.ts";
import { isAskedFor } from "./asked.ts";
import { block, mayHealAt, spend, unblock } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import { finishSync, sayingTo } from "./finish-sync.ts";
import { heal, stopAll } from "./heal.ts";
import { findingKey, look, noteFindings, type Look } from "./look.ts";
import { maskedError } from "./masking.ts";
import type { Memory } from "./memory.ts";
import type { Step } from "./steps.ts";
import type { Visit } from "./visit.ts";

/** What came of looking at drift. */
export interface Restored {
  /** Something was done: look again. */
  readonly acted: boolean;
  /** When the next step may be taken, in milliseconds from now. */
  readonly nextMs?: number;
  readonly error?: ReconcileError;
}

/**
 * Restores the applied target, within the budget: what was done from outside at once, what failed by itself after a wait.
 * All Applications together heal at most so many at a time; who finds no place is called again.
 */
export async function restore(
  seen: Look,
  allowed: boolean,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  again: () => void,
): Promise<Restored> {
  const since = noteFindings(seen, visit, memory, deps);
  if (!allowed || seen.plan.steps.length === 0) {
    deps.healSlots.leave(visit.name);
    return { acted: false };
  }
  const now = deps.clock.monotonic();
  const due: Step[] = [];
  let nextAt = Number.POSITIVE_INFINITY;
  for (const step of seen.plan.steps) {
    const seenAt = firstSeen(step, seen, since, visit, deps) ?? now;
    const at = Math.max(mayHealAt(memory.budget, step, seenAt, now), now + leftOfDelayMs(step, visit, deps));
    if (at <= now) due.push(step);
    else nextAt = Math.min(nextAt, at);
  }
  const nextMs = Number.isFinite(nextAt) ? { nextMs: nextAt - now } : {};
  if (due.length === 0) {
    deps.healSlots.leave(visit.name);
    return { acted: false, ...nextMs };
  }
  const giveBack = deps.healSlots.take(visit.name, again);
  if (giveBack === undefined) return { acted: false };
  try {
    const acted = await act(due, seen, visit, memory, deps);
    if (acted.error === undefined) return { ...acted, ...nextMs };
    const later = deps.clock.monotonic();
    const again = due.map((step) => mayHealAt(memory.budget, step, later, later));
    return { ...acted, nextMs: Math.min(...again, nextAt) - later };
  } finally {
    giveBack();
  }
}

async function act(
  due: readonly Step[],
  seen: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<Restored> {
  const startedAt = deps.clock.now();
  const before = memory.budget;
  memory.budget = spend(before, due, deps.clock.monotonic());
  const asked = due.every(({ kind }) => isAskedFor(kind, visit));
  const trigger = asked ? "SpecChanged" : "Drift";
  const reason = asked
    ? `spec.state is ${visit.application.spec.state}`
    : due.map(({ service, why }) => (service === "" ? why : `${service}: ${why}`)).join("; ");
  let error: ReconcileError | undefined;
  const id = nextSyncId(visit.record());
  deps.syncLogs.begin(visit.name, id);
  const healing = sayingTo(id, visit, deps);
  healing.say(`healing ${id} of ${seen.made.revision} begins: ${reason}`);
  try {
    if (due.some((step) => step.act === "stop")) await stopAll(healing, deps);
    else {
      await heal(due, seen, healing, deps);
      await requireHealed(due, visit, memory, deps);
    }
    const restarted = due.filter(({ kind, act }) => kind === "Unhealthy" && act === "restart");
    memory.budget = unblock(memory.budget, due, restarted);
    healing.say(asked ? "done" : "healed");
    deps.log.info(asked ? "state brought about" : "healed", {
      event: asked ? "StateChanged" : "Healed",
      reason: trigger,
      application: visit.name,
      sync: id,
      why: reason,
    });
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.reason === "SyncInterrupted") throw thrown;
    error = maskedError(thrown, visit.mask);
    healing.say(`failed: ${error.reason}: ${error.message}`);
    memory.budget = block(memory.budget, due, before, deps.clock.monotonic());
    deps.log.warn("healing failed", {
      event: "HealFailed",
      reason: error.reason,
      application: visit.name,
      sync: id,
      message: error.message,
    });
  }
  const finishedAt = deps.clock.now();
  const result = error === undefined ? "Succeeded" : "Failed";
  const entry: HistoryEntry = {
    id,
    revision: seen.made.revision,
    subject: seen.made.subject,
    startedAt: rfc3339(startedAt),
    finishedAt: rfc3339(finishedAt),
    result,
    trigger,
    reason: error === undefined ? reason : `${reason}: ${error.message}`,
    durationSeconds: Math.round((finishedAt - startedAt) / 100) / 10,
  };
  await finishSync(entry, visit, deps);
  deps.metrics.syncFinished(visit.name, result, trigger, (finishedAt - startedAt) / 1000);
  return { acted: true, ...(error && { error }) };
}

/**
 * A healing that left things as they were has failed, so that the next one waits: without this, what Compose or the engine
 * cannot bring about would be tried as often as the budget allows. What a container does by itself is judged elsewhere.
 */
async function requireHealed(
  due: readonly Step[],
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<void> {
  const after = await look(visit.application.spec.state, visit, memory, deps);
  const left = new Set(after?.plan.findings.map((finding) => findingKey(finding, visit.project, deps)));
  const step = due.find(
    (one) => DIFFERENCES.has(one.kind) && left.has(findingKey({ ...one, expected: "" }, visit.project, deps)),
  );
  if (step === undefined) return;
  throw new ReconcileError(`Cannot heal service "${step.service}": it is still so: ${step.why}`, {
    reason: "HealFailed",
  });
}

const DIFFERENCES: ReadonlySet<DriftKind> = new Set<DriftKind>([
  "ConfigChanged",
  "Scaled",
  "NetworkDetached",
  "NetworkChanged",
  "Modified",
]);

/**
 * How much longer a service is left as it is, because its label asks for that: counted from when the status first showed it,
 * which a new controller knows, too.
 */
function leftOfDelayMs({ service, kind, delayMs }: Step, visit: Visit, deps: ReconcileDeps): number {
  if (delayMs === undefined) return 0;
  const now = deps.clock.now();
  const shownAt = Date.parse(visit.record().driftSince[`${service}/${kind}`] ?? "");
  // A clock that was set back must not make it longer.
  const since = Number.isNaN(shownAt) ? now : Math.min(shownAt, now);
  return Math.max(0, since + delayMs - now);
}

function firstSeen(
  step: Step,
  seen: Look,
  since: ReadonlyMap<string, number>,
  visit: Visit,
  deps: ReconcileDeps,
): number | undefined {
  const finding = seen.plan.findings.find(
    ({ service, containerId, kind }) =>
      service === step.service && containerId === step.containerId && kind === step.kind,
  );
  return finding === undefined ? undefined : since.get(findingKey(finding, visit.project, deps));
}
