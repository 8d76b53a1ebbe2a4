import type { Reason } from "./reasons.ts";

export interface ReconcileErrorOptions {
  readonly reason: Reason;
  /** Only an edit of the manifest, or a new revision, can help. Default false. */
  readonly terminal?: boolean;
  /** How long the other side wants to be left alone. Not part of the message. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure that is shown to the user as a condition: `Cannot ⟨act⟩ ⟨thing⟩: ⟨cause⟩`, one line, no secrets, no times,
 * no counters: the same fault gives the same text. Anything else thrown is a bug or a fault of the machine.
 */
export class ReconcileError extends Error {
  override readonly name = "ReconcileError";
  readonly reason: Reason;
  readonly terminal: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ReconcileErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.terminal = options.terminal ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
