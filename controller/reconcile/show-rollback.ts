/** What is shown of a rollback that is not over, or that waits for a person. */
import { rfc3339 } from "../status/history.ts";
import type { Attempt } from "../status/record.ts";
import type { Why } from "../status/verdict.ts";
import type { Decision } from "./decide.ts";
import type { ReconcileDeps } from "./deps.ts";
import { whyQuarantined } from "./quarantine.ts";
import { whyNow } from "./rollback-record.ts";
import { sameTarget, targetOf } from "./target.ts";
import type { Visit } from "./visit.ts";

/** What Git asks for was rolled back before: it is shown as the try that failed, also when another target came in between. */
export async function showQuarantined(
  { target, entry }: Extract<Decision, { readonly kind: "quarantined" }>,
  visit: Visit,
  deps: Pick<ReconcileDeps, "clock">,
): Promise<void> {
  const { attempt, generation } = visit.record();
  if (sameTarget(attempt, target) || attempt?.made !== undefined) return;
  const shown: Attempt = {
    ...targetOf(target),
    trigger: "NewRevision",
    startedAt: rfc3339(deps.clock.now()),
    result: "failed",
    ...whyQuarantined(entry, target),
    terminal: true,
    generation,
    failures: 1,
  };
  await visit.update((record) => ({ ...record, attempt: shown }));
}

/** Why a person should look, while the target that the rollback is about is what runs or what is asked for. */
export function whyRollbackStalls(visit: Visit): Why | undefined {
  const { rollback, applied, attempt } = visit.record();
  if (rollback === undefined || !visit.application.spec.sync.rollbackOnFailure) return undefined;
  const { from, state } = rollback;
  if (state === "settling" || state === "done") return undefined;
  return sameTarget(from, applied) || sameTarget(from, attempt) ? whyNow(visit.record()) : undefined;
}
