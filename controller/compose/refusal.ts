import { ReconcileError, type ReconcileErrorOptions } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import type { Violation } from "../policy/input.ts";

/** What is wrong with the content of a repository: only a new revision, or an edit of the manifest, can help. */
export function refusal(reason: Reason, what: string, cause?: unknown): ReconcileError {
  return new ReconcileError(`Cannot use the Compose project: ${what}`, { reason, terminal: true, cause });
}

/** Why there is no rendering, and what of the repository had been looked at by then, as `Rendering.lookedAt`. */
export class RenderError extends ReconcileError {
  readonly lookedAt: readonly string[];
  /** All that policy refuses, where that is why. */
  readonly violations: readonly Violation[];

  constructor(
    message: string,
    options: ReconcileErrorOptions,
    lookedAt: readonly string[],
    violations: readonly Violation[] = [],
  ) {
    super(message, options);
    this.lookedAt = lookedAt;
    this.violations = violations;
  }
}
