/**
 * How a try at a target is written into the record. Pure.
 */
import type { ReconcileError } from "../api/errors.ts";
import type { Trigger } from "../api/status.ts";
import { RenderError } from "../compose/refusal.ts";
import type { Staged } from "../git/git.ts";
import { nextSyncId, rfc3339 } from "../status/history.ts";
import type { ApplicationRecord, AppliedTarget, Attempt, Target } from "../status/record.ts";
import { retryDelayMs } from "./budget.ts";
import { AdoptionRequiredError } from "./require.ts";
import { withoutRollback } from "./rollback-record.ts";
import { sameTarget, targetOf } from "./target.ts";

/** A try at this target begins. */
export function begun(record: ApplicationRecord, target: Target, trigger: Trigger, now: number): Attempt {
  const { attempt } = record;
  const again = sameTarget(attempt, target);
  return {
    ...targetOf(target),
    trigger,
    // What was broken off goes on under its number.
    syncId: (again && attempt?.result === "running" ? attempt.syncId : undefined) ?? nextSyncId(record),
    startedAt: rfc3339(now),
    result: "running",
    failures: again ? (attempt?.failures ?? 0) : 0,
    // While a target fails again and again, its last failure stays to be read.
    ...(again && attempt?.reason !== undefined && { reason: attempt.reason }),
    ...(again && attempt?.message !== undefined && { message: attempt.message }),
    ...(attempt?.made && { made: attempt.made }),
  };
}

/** The try that is recorded has failed. */
export function failed(
  record: ApplicationRecord,
  failure: ReconcileError,
  now: number,
  policyDigest?: string,
): Attempt {
  const attempt = attemptOf(record);
  const failures = attempt.failures + 1;
  const { retryAt: _before, adoption: _plan, violations: _found, policyDigest: _policy, ...rest } = attempt;
  const violations = failure instanceof RenderError ? failure.violations : [];
  return {
    ...rest,
    result: "failed",
    reason: failure.reason,
    message: failure.message,
    ...(failure instanceof AdoptionRequiredError && { adoption: failure.plan }),
    ...(violations.length > 0 && {
      violations: violations.map(({ rule, service, field, message }) => ({ rule, service, field, message })),
      ...(policyDigest !== undefined && { policyDigest }),
    }),
    terminal: failure.terminal,
    generation: record.generation,
    failures,
    ...(!failure.terminal && { retryAt: now + retryDelayMs(failures) }),
  };
}

/** The try under way. */
export function attemptOf(record: ApplicationRecord): Attempt {
  if (record.attempt === undefined)
    throw new Error(`Cannot go on with the sync of "${record.name}": none is recorded`);
  return record.attempt;
}

/** What the try made is the applied target from now on, and waits for its gate. */
export function recordApplied(
  record: ApplicationRecord,
  sync: {
    readonly trigger: Trigger;
    readonly startedAt: number;
    readonly timeoutMs: number;
    /** What is not brought up yet. */
    readonly left: readonly string[];
  },
  now: number,
): ApplicationRecord {
  const { attempt, ...rest } = record;
  if (attempt?.made === undefined)
    throw new Error(`Cannot record the sync of "${record.name}": nothing was made`);
  const applied: AppliedTarget = {
    ...attempt.made,
    trigger: sync.trigger,
    ...(attempt.syncId !== undefined && { syncId: attempt.syncId }),
    tries: attempt.failures,
    // Until the gate passes, the last failure stays to be read.
    ...(attempt.failures > 0 && attempt.reason !== undefined && { gateReason: attempt.reason }),
    ...(attempt.failures > 0 && attempt.message !== undefined && { gateMessage: attempt.message }),
    startedAt: rfc3339(sync.startedAt),
    syncedAt: rfc3339(now),
    gate: "pending",
    gateDeadline: now + sync.timeoutMs,
    ...(sync.left.length > 0 && { left: sync.left }),
  };
  return withoutRollback({ ...rest, applied, state: "Running" });
}

/** The new target is what runs already. */
export function recordUnchanged(
  record: ApplicationRecord,
  target: Target,
  { commit }: Staged,
  now: number,
): ApplicationRecord {
  const { attempt: _done, applied, rollback: _over, ...rest } = record;
  if (applied === undefined) return record;
  return {
    ...rest,
    applied: {
      ...withoutTarget(applied),
      ...targetOf(target),
      subject: commit.subject,
      author: commit.author,
      committedAt: commit.committedAt,
      syncedAt: rfc3339(now),
    },
  };
}

/** Of an older target nothing may stay, also not what the newer one has not. */
function withoutTarget(applied: AppliedTarget): Omit<AppliedTarget, keyof Target> {
  const { revision: _, specHash: _spec, secretsDigest: _secrets, tagObject: _tag, ...rest } = applied;
  return rest;
}
