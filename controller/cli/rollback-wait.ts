import { formatAge } from "./age.ts";
import type { CommandContext } from "./context.ts";
import { CommandError } from "./errors.ts";
import { follow, FollowTimeout } from "./follow.ts";
import { describeState, whyStale } from "./goal.ts";
import { createProgress } from "./progress.ts";
import { applicationStatus, conditionOf, type Resource } from "./resource.ts";

interface Progress {
  readonly done: boolean;
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Follows an edit of the revision until what it asks for is healthy, or nothing is under way any more. `sha`: the commit that
 * was pinned. Throws CommandError when it fails, waits for a person, or the time is over.
 */
export async function followRevision(
  context: CommandContext,
  {
    name,
    sha,
    timeoutMs,
  }: { readonly name: string; readonly sha: string | undefined; readonly timeoutMs: number },
): Promise<void> {
  const say = createProgress(context.terminal);
  let last: Progress = { done: false, ok: false, text: "unknown" };
  try {
    await follow(context, timeoutMs, (resources) => {
      last = judgeRevision(
        sha,
        resources.find(({ key }) => key === name),
      );
      if (!last.done) say(name, last.text);
      return last.done;
    });
  } catch (error) {
    if (!(error instanceof FollowTimeout)) throw error;
    throw new CommandError(`Timed out after ${formatAge(timeoutMs)}. ${name}: ${last.text}`);
  }
  if (!last.ok) throw new CommandError(`${name}: ${last.text}`);
  context.terminal.out(`${name}: ${last.text}\n`);
}

/** How far the controller is with an edit of the revision. */
export function judgeRevision(sha: string | undefined, resource: Resource | undefined): Progress {
  if (resource === undefined) return { done: true, ok: false, text: "deleted" };
  const stale = whyStale(resource);
  if (stale !== undefined) return { done: false, ok: false, text: stale };
  const { status } = resource;
  const { phase, source, sync } = applicationStatus(resource) ?? {};
  const text = describeState(resource);
  // Nobody will do anything before a person does.
  if (phase === "Suspended" || phase === "Stopped" || phase === "PendingSync")
    return { done: true, ok: false, text };
  if (conditionOf(status, "Synced")?.reason === "AwaitingSync")
    return { done: true, ok: false, text: conditionOf(status, "Synced")?.message ?? text };
  const isRefused = conditionOf(status, "SourceReady")?.status === "False";
  if (sha !== undefined && source?.revision !== sha)
    return {
      done: isRefused,
      ok: false,
      text: isRefused
        ? (conditionOf(status, "SourceReady")?.message ?? text)
        : "the source has not been looked at yet",
    };
  const isMoving = conditionOf(status, "Reconciling")?.status === "True";
  const ready = conditionOf(status, "Ready")?.status ?? "Unknown";
  const isThere = sync?.applied?.revision === source?.revision;
  if (isMoving || ready === "Unknown") return { done: false, ok: false, text };
  return { done: isThere || ready === "False", ok: isThere && ready === "True", text };
}
