import type { RegistryRequest } from "../registry/registry.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

/**
 * Takes the one-time requests of an Application in: first into the record, durably, then their files go. Returns true when
 * a `retry` asks to forget the failures so far.
 */
export async function takeRequests(visit: Visit, deps: ReconcileDeps): Promise<{ readonly retry: boolean }> {
  let retry = false;
  await visit.update((record) => withoutRefused(record, visit));
  for (const request of deps.registry.requests(visit.name)) {
    if (visit.record().lastHandledRequests[request.action] !== request.token) {
      await visit.update((record) => answer(record, request, visit, deps.clock.now()));
      if (request.action === "sync" && visit.record().pendingSync !== undefined)
        deps.sources.refresh(visit.name);
      if (request.action === "retry" && visit.record().requestAnswers["retry"] === undefined) retry = true;
      deps.log.info("request taken", { application: visit.name, action: request.action });
    }
    failpoint("request-consumed", visit.name);
    await deps.registry.consume(request);
  }
  return { retry };
}

function answer(
  record: ApplicationRecord,
  request: RegistryRequest,
  visit: Visit,
  now: number,
): ApplicationRecord {
  const handled = { ...record.lastHandledRequests, [request.action]: request.token };
  const { [request.action]: _old, ...answers } = record.requestAnswers;
  switch (request.action) {
    case "sync": {
      const why = whyRefused(visit);
      if (why !== undefined)
        return { ...record, lastHandledRequests: handled, requestAnswers: { ...answers, sync: why } };
      // Handled only when its apply is over: `lastHandledRequests` follows then.
      return { ...record, requestAnswers: answers, pendingSync: { token: request.token, acceptedAt: now } };
    }
    case "retry": {
      const why = whyRefused(visit);
      if (why !== undefined)
        return { ...record, lastHandledRequests: handled, requestAnswers: { ...answers, retry: why } };
      const { attempt, ...rest } = record;
      const again = attempt && { ...attempt, terminal: false, failures: 0, retryAt: 0 };
      return {
        ...rest,
        ...(again && { attempt: again }),
        lastHandledRequests: handled,
        requestAnswers: answers,
      };
    }
    case "confirm-deletion":
      return { ...record, lastHandledRequests: handled, requestAnswers: answers };
    default:
      return request.action satisfies never;
  }
}

function whyRefused({ application }: Visit): string | undefined {
  const { suspend, state } = application.spec;
  if (suspend) return "Refused: Suspended";
  return state === "Stopped" ? "Refused: Stopped" : undefined;
}

/** A request that was accepted, and could not be carried out before the switch was thrown, does not fire later. */
function withoutRefused(record: ApplicationRecord, visit: Visit): ApplicationRecord {
  const why = whyRefused(visit);
  if (why === undefined || record.pendingSync === undefined) return record;
  return { ...syncHandled(record), requestAnswers: { ...record.requestAnswers, sync: why } };
}

/** The apply of an accepted `sync` request is over, well or not. */
export function syncHandled(record: ApplicationRecord): ApplicationRecord {
  const { pendingSync, ...rest } = record;
  if (pendingSync === undefined) return record;
  return { ...rest, lastHandledRequests: { ...rest.lastHandledRequests, sync: pendingSync.token } };
}
