import { ReconcileError } from "../api/errors.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { AppliedTarget, Attempt, MadeTarget } from "../status/record.ts";
import type { Problem } from "../status/rollback-types.ts";
import type { ReconcileDeps } from "./deps.ts";
import { readRendering } from "./recorded-rendering.ts";
import { judgeRollback, oneShotsThatRan } from "./rollback.ts";
import { rollbackBegun, rollbackRefused } from "./rollback-record.ts";
import { sameTarget } from "./target.ts";
import { tellRollback } from "./tell-rollback.ts";
import type { Visit } from "./visit.ts";

/** A target whose service failed by itself, as it was made. */
export type FailedTarget = MadeTarget & Pick<AppliedTarget & Attempt, "trigger" | "startedAt">;

/**
 * Decides whether what failed is rolled back, and writes that down; it is carried out by the visits that follow. Asked again
 * about the same failure, it says the same and writes nothing.
 */
export async function considerRollback(
  failed: FailedTarget,
  why: Problem,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { lastHealthy, rollback, completedRuns } = visit.record();
  const { rollbackOnFailure: asked } = visit.application.spec.sync;
  if (!asked || lastHealthy === undefined) return;
  if (rollback?.state === "refused" && sameTarget(rollback.from, failed)) return;
  const [failedProject, healthyProject] = await Promise.all(
    [failed, lastHealthy].map(async ({ rendering }) => {
      const opened = await readRendering(visit.name, rendering, deps);
      return opened instanceof ReconcileError ? undefined : opened.project;
    }),
  );
  const containers = deps.engine.project(visit.project);
  const since = Date.parse(failed.startedAt);
  const verdict = judgeRollback({
    asked,
    failed,
    failedProject,
    isRollback: failed.trigger === "Rollback",
    lastHealthy,
    healthyProject,
    ran: oneShotsThatRan({ failed, failedProject, lastHealthy, containers, completedRuns, since }),
  });
  const now = deps.clock.now();
  switch (verdict.kind) {
    case "none":
      return;
    case "refused":
      await visit.update((record) => rollbackRefused(record, failed, { why, problem: verdict.problem }, now));
      return tellRollback("Refused", visit, deps);
    case "rollback":
      await visit.update((record) => rollbackBegun(record, failed, verdict.to, why, now));
      failpoint("rollback-begun", visit.name);
      return;
    default:
      verdict satisfies never;
  }
}
