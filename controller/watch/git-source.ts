/** How the known state of a source changes with what a poll brought. Pure. */
import { messageOf, ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import type { Advertisement } from "../git/git.ts";
import { redact } from "../lib/redact.ts";
import { resolveRevision } from "./git-revision.ts";
import type { Follow, SourceState } from "./watch.ts";

/** What is known before the first answer: a commit means itself. */
export function initialState({ revision }: Follow): SourceState {
  return revision.kind === "commit" ? { revision: revision.sha } : {};
}

/** After an answer. A branch or tag that is not there is an error, and the last known revision is kept. */
export function stateAfterAnswer(
  { state, follow }: { readonly state: SourceState; readonly follow: Follow },
  advertised: Advertisement,
  now: number,
): SourceState {
  const resolved = resolveRevision(follow.revision, advertised, follow.remote.url);
  if (resolved.kind === "missing") {
    return { ...withError(state, "RevisionNotFound", resolved.message, now), checkedAt: now };
  }
  const { kind: _found, ...source } = resolved;
  const { movedTo } = advertised;
  return { checkedAt: now, ...source, ...(movedTo !== undefined && { movedTo }) };
}

/** After a poll that failed. What was known stays. */
export function stateAfterFailure(
  { state, follow }: { readonly state: SourceState; readonly follow: Follow },
  error: unknown,
  now: number,
): SourceState {
  if (error instanceof ReconcileError) return withError(state, error.reason, error.message, now);
  const message = `Cannot read "${redact(follow.remote.url)}": ${redact(messageOf(error))}`;
  return withError(state, "InternalError", message, now);
}

/** What a host's wish for fewer requests may cost before the Applications that were fine are told. */
const QUIET_MS = 300_000;

/** Whether nothing is to be told: the host wants to be left alone, but not for long, and not since long. */
export function isBriefPause(state: SourceState, error: unknown, now: number): boolean {
  if (!(error instanceof ReconcileError) || error.reason !== "RateLimited") return false;
  const { checkedAt = -Infinity } = state;
  return state.error === undefined && now + (error.retryAfterMs ?? 0) - checkedAt <= QUIET_MS;
}

/** Whether anything that a reconcile would act on, or tell, differs. */
export function differs(a: SourceState, b: SourceState): boolean {
  return (
    a.revision !== b.revision ||
    a.ref !== b.ref ||
    a.tagObject !== b.tagObject ||
    a.movedTo !== b.movedTo ||
    a.error?.reason !== b.error?.reason ||
    a.error?.message !== b.error?.message
  );
}

/** `since` is when the fault of this reason began, whatever its words now. */
function withError(state: SourceState, reason: Reason, message: string, now: number): SourceState {
  const since = state.error?.reason === reason ? state.error.since : now;
  return { ...state, error: { reason, message, since } };
}
