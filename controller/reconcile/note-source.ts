import type { SourceStatus } from "../api/status.ts";
import { hashOf } from "../lib/hash.ts";
import { rfc3339 } from "../status/history.ts";
import type { SourceState } from "../watch/watch.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

/**
 * Records which revision the source is at, and since when; a suspended Application is watched too. A tag that was moved is
 * told, also one that was moved while nobody looked.
 */
export async function noteSource(source: SourceState, visit: Visit, deps: ReconcileDeps): Promise<void> {
  if (source.checkedAt !== undefined) deps.metrics.sourceChecked(visit.name, source.checkedAt);
  const { revision, ref } = source;
  const { source: before, sourceUrlHash } = visit.record();
  const url = hashOf(visit.application.spec.source.repoURL);
  if (revision === undefined) return;
  if (before?.revision === revision && before.ref === ref && sourceUrlHash === url) return;
  const movedFrom = sourceUrlHash === url ? wasMovedFrom(before, revision, ref) : undefined;
  if (movedFrom !== undefined && movedFrom !== before?.movedFrom) {
    const fields = { application: visit.name, ref, from: movedFrom, to: revision };
    deps.log.warn("tag was moved", { event: "TagMoved", ...fields });
  }
  const noted: SourceStatus = {
    revision,
    ...(ref !== undefined && { ref }),
    ...(movedFrom !== undefined && { movedFrom }),
    since: before?.revision === revision ? before.since : rfc3339(deps.clock.now()),
  };
  await visit.update((record) => ({ ...record, source: noted, sourceUrlHash: url }));
}

/** Tags are not meant to be moved; a branch is, and a range of versions goes from one tag to the next. */
function wasMovedFrom(
  before: SourceStatus | undefined,
  revision: string,
  ref: string | undefined,
): string | undefined {
  if (ref === undefined || before?.ref !== ref || !ref.startsWith("refs/tags/")) return undefined;
  return before.revision === revision ? before.movedFrom : before.revision;
}
