import type { Log } from "../lib/log.ts";
import type { SourceState } from "./watch.ts";

/** Says on the log how the source of an Application changed, where it did so that people care. */
export function tellNews(
  log: Log,
  application: string,
  { before, after }: { readonly before: SourceState; readonly after: SourceState },
): void {
  const { revision, ref } = after;
  if (after.error !== undefined) {
    const { reason, message } = after.error;
    log.warn("source has a problem", { application, reason, message });
  } else if (before.error !== undefined) {
    log.info("source is back", { application, revision });
  } else if (before.revision !== revision) {
    // The first answer after a start is no move: what it leads to is told by the reconcile.
    if (before.revision === undefined) log.debug("source read", { application, revision, ref });
    else
      log.info("source moved", { application, from: before.revision, to: revision, ...refs(before, after) });
  } else if (before.ref !== after.ref || before.tagObject !== after.tagObject) {
    log.info("source is named anew", { application, revision, ...refs(before, after) });
  }
  if (after.movedTo !== undefined && after.movedTo !== before.movedTo) {
    log.warn("the remote redirects: use the new URL", { application, url: after.movedTo });
  }
}

/** A range of versions moves from tag to tag. */
function refs(
  before: SourceState,
  { ref }: SourceState,
): { readonly ref?: string; readonly fromRef?: string } {
  if (ref === undefined) return {};
  return before.ref === undefined || before.ref === ref ? { ref } : { ref, fromRef: before.ref };
}
