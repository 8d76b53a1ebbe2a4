import type { ReconcileDeps } from "./deps.ts";
import { whyNow } from "./rollback-record.ts";
import type { Visit } from "./visit.ts";

/** Tells everybody who listens what came of a rollback, as the record has it: the log, and the metrics. */
export function tellRollback(
  result: "Succeeded" | "Failed" | "Refused",
  visit: Visit,
  deps: Pick<ReconcileDeps, "log" | "metrics">,
): void {
  const { rollback } = visit.record();
  const why = whyNow(visit.record());
  if (rollback === undefined || why === undefined) return;
  deps.metrics.rollbackEnded(visit.name, result);
  deps.log.warn(SAYS[result], {
    event: why.reason,
    reason: why.reason,
    application: visit.name,
    from: rollback.from.revision,
    ...(rollback.to && { to: rollback.to.revision }),
    message: why.message,
  });
}

const SAYS = {
  Succeeded: "rolled back",
  Failed: "rollback failed",
  Refused: "rollback refused",
} as const;
