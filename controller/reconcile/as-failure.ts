import { messageOf, ReconcileError } from "../api/errors.ts";
import type { Visit } from "./visit.ts";

/** Whatever was thrown while doing something (`sync "shop"`), as a failure of it; `SyncInterrupted` where the visit was broken off. */
export function asFailure(act: string, error: unknown, visit: Pick<Visit, "signal">): ReconcileError {
  if (visit.signal.aborted) {
    return new ReconcileError(`Cannot ${act}: ${messageOf(visit.signal.reason)}`, {
      reason: "SyncInterrupted",
      cause: error,
    });
  }
  if (error instanceof ReconcileError) return error;
  return new ReconcileError(`Cannot ${act}: ${withoutTokens(messageOf(error))}`, {
    reason: "InternalError",
    cause: error,
  });
}

/** The same fault gives the same text: names of temporary files and folders hold random tokens. */
function withoutTokens(message: string): string {
  return message
    .replaceAll(/-[0-9a-f]{16}(?=[/'"\s]|$)/g, "")
    .replaceAll(/\.?([^/'"\s]+)[.-][0-9a-f]{12}\.tmp/g, "$1");
}
