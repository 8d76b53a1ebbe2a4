import type { Reason } from "../api/reasons.ts";

/** What is known of the remote that an Application follows. */
export interface ObservedSource {
  /** The remote has answered since this process began. */
  readonly checked: boolean;
  readonly revision?: string;
  /** Where the remote redirects to. */
  readonly movedTo?: string;
  readonly error?: { readonly reason: Reason; readonly message: string };
}

/** The sentence of a source that is as it should be; `revision` as people read it. */
export function sourceSentence(revision: string, { movedTo }: ObservedSource): string {
  const moved = movedTo === undefined ? "" : `; it redirects to "${movedTo}": use the new URL`;
  return `the remote is at ${revision}${moved}`;
}
