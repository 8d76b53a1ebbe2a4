import { ReconcileError } from "../api/errors.ts";
import type { Outcome } from "../api/outcome.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { Declaration } from "../registry/registry.ts";
import type { Why } from "../status/verdict.ts";
import type { ReconcileDeps } from "./deps.ts";
import { maskedError } from "./masking.ts";
import { publish } from "./publish.ts";
import { forget, tearDown } from "./remove.ts";
import { awaitSurvivor } from "./survivor.ts";
import type { Visit } from "./visit.ts";

/** One visit of something that is being deleted. */
export async function visitDeletion(
  visit: Visit,
  declaration: Declaration,
  deps: ReconcileDeps,
): Promise<Outcome> {
  failpoint("deletion-recorded", visit.name);
  for (const request of deps.registry.requests(visit.name)) await deps.registry.consume(request);
  if (visit.record().deletion?.published === true && (await deps.status.removedByHand(visit.name))) {
    deps.log.warn("forgotten, because its status file was removed: what runs is left", {
      application: visit.name,
      project: visit.record().project,
    });
    await forget(visit, deps);
    return { kind: "gone" };
  }
  await publishDeletion(visit, blockedBefore(visit), declaration, deps);
  try {
    const recheckAfterMs = await awaitSurvivor(visit, deps);
    if (recheckAfterMs !== undefined) return { kind: "waiting", reason: "Deleting", recheckAfterMs };
    await tearDown(visit, deps);
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    const error = maskedError(thrown, visit.mask);
    await publishDeletion(visit, { reason: error.reason, message: error.message }, declaration, deps);
    return { kind: "failed", error };
  }
  await forget(visit, deps);
  deps.log.info("deleted", {
    event: "Deleted",
    reason: visit.application.spec.deletionPolicy,
    application: visit.name,
  });
  // Somebody has put it back meanwhile: it begins a new life.
  if (declaration.kind === "declared")
    return { kind: "waiting", reason: "PreviousDeleting", recheckAfterMs: 0 };
  return { kind: "gone" };
}

/** What blocked the last try is said until it is known to be over: a deletion that is tried for ever does not flap. */
function blockedBefore(visit: Visit): Why | undefined {
  const { conditions, deletion } = visit.record();
  if (deletion?.published !== true) return undefined;
  const stalled = conditions.find(({ type }) => type === "Stalled");
  if (stalled === undefined || stalled.reason === "PreviousDeleting") return undefined;
  return { reason: stalled.reason, message: stalled.message };
}

async function publishDeletion(
  visit: Visit,
  blocked: Why | undefined,
  declaration: Declaration,
  deps: ReconcileDeps,
): Promise<void> {
  const waits: Why | undefined =
    declaration.kind === "declared"
      ? {
          reason: "PreviousDeleting",
          message: "its manifest is back, and starts anew when the deletion is over",
        }
      : undefined;
  await publish(
    {
      record: visit.record(),
      wantedState: "Running",
      suspended: false,
      deletionBlocked: blocked ?? waits,
      source: { checked: false },
      decision: "no-source",
      drifted: [],
    },
    undefined,
    visit,
    deps,
  );
  await visit.update((record) =>
    record.deletion === undefined ? record : { ...record, deletion: { ...record.deletion, published: true } },
  );
}
