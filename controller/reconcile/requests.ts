import type { RegistryRequest } from "../registry/registry.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { SourceState } from "../watch/watch.ts";
import type { ReconcileDeps } from "./deps.ts";
import { released, withQuarantine } from "./quarantine.ts";
import type { Visit } from "./visit.ts";
import { whyForbidden } from "./wanted.ts";

/**
 * Takes the one-time requests of an Application in: first into the record, durably, then their files go. Returns true when
 * a `retry` asks to forget the failures so far.
 */
export async function takeRequests(visit: Visit, deps: ReconcileDeps): Promise<{ readonly retry: boolean }> {
  let retry = false;
  await visit.update((record) => withoutRefused(record, visit, deps));
  for (const request of deps.registry.requests(visit.name)) {
    if (visit.record().lastHandledRequests[request.action] !== request.token) {
      await visit.update((record) => answer(record, request, visit, deps));
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
  deps: ReconcileDeps,
): ApplicationRecord {
  const handled = { ...record.lastHandledRequests, [request.action]: request.token };
  const { [request.action]: _old, ...answers } = record.requestAnswers;
  switch (request.action) {
    case "sync": {
      const why = whyRefused(visit, deps);
      if (why !== undefined)
        return { ...record, lastHandledRequests: handled, requestAnswers: { ...answers, sync: why } };
      // Handled only when its apply is over: `lastHandledRequests` follows then.
      const pendingSync = { token: request.token, acceptedAt: deps.clock.now() };
      return { ...record, requestAnswers: answers, pendingSync };
    }
    case "retry": {
      const why = whyRefused(visit, deps);
      if (why !== undefined)
        return { ...record, lastHandledRequests: handled, requestAnswers: { ...answers, retry: why } };
      return {
        ...retried(record),
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

/** What failed is tried again: a rollback that could not be carried out, else the target itself, also one that was rolled back. */
function retried(record: ApplicationRecord): ApplicationRecord {
  const { attempt, rollback } = record;
  if (rollback?.state === "running") {
    return { ...record, rollback: { ...rollback, failures: 0, retryAt: 0 } };
  }
  if (attempt === undefined) return record;
  const again = { ...attempt, terminal: false, failures: 0, retryAt: 0 };
  return withQuarantine({ ...record, attempt: again }, released(record.quarantine, attempt));
}

function whyRefused(visit: Visit, deps: ReconcileDeps): string | undefined {
  const { suspend, state } = visit.application.spec;
  if (suspend) return "Refused: Suspended";
  if (state === "Stopped") return "Refused: Stopped";
  const forbidden = whyForbidden(visit, deps);
  return forbidden && `Refused: ${forbidden.reason}`;
}

/** A source that was asked for the request's sake and has nothing to apply, not even from before. */
function whySourceless({ pendingSync }: ApplicationRecord, source: SourceState): string | undefined {
  if (pendingSync === undefined || source.revision !== undefined || source.error === undefined)
    return undefined;
  return (source.polledAt ?? 0) < pendingSync.acceptedAt ? undefined : `Refused: ${source.error.reason}`;
}

/** A request that was accepted and then cannot be carried out is answered: it does not fire on some later day. */
function withoutRefused(record: ApplicationRecord, visit: Visit, deps: ReconcileDeps): ApplicationRecord {
  if (record.pendingSync === undefined) return record;
  const why = whyRefused(visit, deps) ?? whySourceless(record, deps.sources.get(visit.name));
  if (why === undefined) return record;
  return { ...syncHandled(record), requestAnswers: { ...record.requestAnswers, sync: why } };
}

/** The apply of an accepted `sync` request is over, well or not. */
export function syncHandled(record: ApplicationRecord): ApplicationRecord {
  const { pendingSync, ...rest } = record;
  if (pendingSync === undefined) return record;
  return { ...rest, lastHandledRequests: { ...rest.lastHandledRequests, sync: pendingSync.token } };
}
