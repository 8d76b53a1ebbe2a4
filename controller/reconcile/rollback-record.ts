/**
 * How a rollback is written into the record, step by step. Pure. Each step is one write: a controller that is killed between
 * two of them goes on from the first.
 */
import { rfc3339 } from "../status/history.ts";
import type { ApplicationRecord, AppliedTarget, Attempt, MadeTarget } from "../status/record.ts";
import type { Problem, Rollback } from "../status/rollback-types.ts";
import { retryDelayMs } from "./budget.ts";
import { quarantine } from "./quarantine.ts";
import { sameTarget, targetOf } from "./target.ts";

/** The failed target is given up, and `to` shall be brought back. */
export function rollbackBegun(
  record: ApplicationRecord,
  failed: MadeTarget & Pick<Attempt, "trigger" | "startedAt">,
  to: MadeTarget,
  why: Problem,
  now: number,
): ApplicationRecord {
  const finished = to.finished ?? [];
  const runs = record.completedRuns;
  return {
    ...record,
    rollback: {
      from: targetOf(failed),
      why,
      to: targetOf(to),
      state: "running",
      startedAt: rfc3339(now),
      failures: 0,
    },
    quarantine: quarantine(record.quarantine, failed, why),
    // What had finished is not run again: the run that is there now, the failed target's or its own, stands for it.
    completedRuns: {
      ...Object.fromEntries(finished.map((name) => [name, to.runKeys[name] ?? ""])),
      ...runs,
    },
    attempt: {
      ...targetOf(failed),
      trigger: failed.trigger,
      startedAt: failed.startedAt,
      result: "failed",
      ...why,
      failures: record.attempt?.failures ?? 1,
      made: {
        ...to,
        // What is there now; `to.images` says of which images it is to be made.
        services: failed.services,
        runKeys: { ...to.runKeys, ...Object.fromEntries(finished.flatMap((name) => runOf(name, runs))) },
      },
    },
  };
}

function runOf(name: string, runs: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  const run = runs[name];
  return run === undefined ? [] : [[name, run]];
}

/** The failed target stays as it is, and is healed like any other. */
export function rollbackRefused(
  record: ApplicationRecord,
  failed: MadeTarget,
  { why, problem }: { readonly why: Problem; readonly problem: Problem },
  now: number,
): ApplicationRecord {
  const rollback: Rollback = {
    from: targetOf(failed),
    why,
    state: "refused",
    startedAt: rfc3339(now),
    failures: 0,
    problem,
  };
  return { ...record, rollback };
}

/** It is being carried out, under this number. */
export function rollbackNumbered(record: ApplicationRecord, syncId: number): ApplicationRecord {
  const { rollback } = record;
  return rollback === undefined ? record : { ...record, rollback: { ...rollback, syncId } };
}

/** It could not be brought back, for a cause outside of it: tried again later. */
export function rollbackPutOff(record: ApplicationRecord, problem: Problem, now: number): ApplicationRecord {
  if (record.rollback === undefined) return record;
  const { syncId: _over, ...rollback } = record.rollback;
  const failures = rollback.failures + 1;
  const retryAt = now + retryDelayMs(failures);
  return told({ ...record, rollback: { ...rollback, failures, problem, retryAt } });
}

/** What was brought back is the applied target again, but for what is `left` to wait for others, and waits for its gate. */
export function rollbackApplied(
  record: ApplicationRecord,
  sync: { readonly startedAt: number; readonly timeoutMs: number; readonly left: readonly string[] },
  now: number,
): ApplicationRecord {
  const { attempt, rollback } = record;
  if (attempt?.made === undefined || rollback === undefined)
    throw new Error(`Cannot record the rollback of "${record.name}": nothing was made`);
  const { made, ...rest } = attempt;
  const { problem: _problem, retryAt: _retry, syncId, ...settling } = rollback;
  const applied: AppliedTarget = {
    ...made,
    trigger: "Rollback",
    ...(syncId !== undefined && { syncId }),
    tries: 0,
    startedAt: rfc3339(sync.startedAt),
    syncedAt: rfc3339(now),
    gate: "pending",
    gateDeadline: now + sync.timeoutMs,
    ...(sync.left.length > 0 && { left: sync.left }),
  };
  return told({
    ...record,
    applied,
    attempt: rest,
    state: "Running",
    rollback: { ...settling, state: "settling" },
  });
}

/** What was brought back has passed its gate, be it late. */
export function rollbackDone(record: ApplicationRecord): ApplicationRecord {
  const { rollback, applied } = record;
  if (rollback === undefined || !isBroughtBack(record) || applied === undefined) return record;
  const { problem: _problem, ...rest } = rollback;
  return told({ ...record, rollback: { ...rest, state: "done" } });
}

/** What was brought back is not healthy either. That is the end of it: healing goes on, no other target is brought up. */
export function rollbackFailed(record: ApplicationRecord, problem: Problem): ApplicationRecord {
  const { rollback } = record;
  if (rollback === undefined) return record;
  return told({ ...record, rollback: { ...rollback, state: "failed", problem } });
}

/** The applied target is one that a rollback has brought back, and nothing newer was applied since. */
export function isBroughtBack({ rollback, applied }: ApplicationRecord): boolean {
  return (
    rollback?.to !== undefined &&
    applied?.trigger === "Rollback" &&
    ["settling", "done", "failed"].includes(rollback.state) &&
    sameTarget(rollback.to, applied)
  );
}

/** Something else was brought up, or is wanted: the rollback is over. */
export function withoutRollback({ rollback: _over, ...record }: ApplicationRecord): ApplicationRecord {
  return record;
}

/** What a person is told of the rollback as it stands; nothing while it goes as it should. */
export function whyNow({ rollback }: Pick<ApplicationRecord, "rollback">): Problem | undefined {
  if (rollback === undefined) return undefined;
  const [from, to = ""] = [rollback.from, rollback.to].map((target) => target?.revision.slice(0, 12));
  const { why, problem } = rollback;
  switch (rollback.state) {
    case "running":
      return problem === undefined
        ? undefined
        : { reason: "RollbackFailed", message: `${from} failed (${why.message}); ${problem.message}` };
    case "settling":
    case "done":
      return { reason: "RolledBack", message: `${from} failed and was rolled back to ${to}: ${why.message}` };
    case "failed":
      return {
        reason: "RollbackFailed",
        message: `${from} failed (${why.message}), and ${to}, to which it was rolled back, fails too: ${problem?.message ?? ""}`,
      };
    case "refused":
      return problem;
    default:
      return rollback.state satisfies never;
  }
}

/** The try at the failed target says what became of it. */
function told(record: ApplicationRecord): ApplicationRecord {
  const { attempt, rollback } = record;
  const why = whyNow(record);
  if (why === undefined || rollback === undefined || !sameTarget(attempt, rollback.from)) return record;
  if (attempt === undefined) return record;
  const { retryAt: _retry, ...rest } = attempt;
  const isOver = rollback.state === "done" || rollback.state === "failed";
  const { generation } = record;
  return { ...record, attempt: { ...rest, ...why, ...(isOver && { terminal: true, generation }) } };
}
