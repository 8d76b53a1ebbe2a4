import type { Reason } from "../api/reasons.ts";

/** A reason with its sentence. */
export interface Why {
  readonly reason: Reason;
  readonly message: string;
}

/** What a condition says. */
export type Verdict = { readonly status: "True" | "False" | "Unknown" } & Why;

export function unknown(reason: Reason, message: string): Verdict {
  return { status: "Unknown", reason, message };
}
