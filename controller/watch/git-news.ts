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
    else log.info("source moved", { application, revision, ref });
  }
  if (after.movedTo !== undefined && after.movedTo !== before.movedTo) {
    log.warn("the remote redirects: use the new URL", { application, url: after.movedTo });
  }
}
