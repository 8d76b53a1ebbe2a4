import type { Reason } from "../api/reasons.ts";
import type { SourceStatus } from "../api/status.ts";

/** What is known of the remote that an Application follows. */
export interface ObservedSource {
  /** The remote has answered since this process began. */
  readonly checked: boolean;
  readonly revision?: string;
  /** Where the remote redirects to. */
  readonly movedTo?: string;
  readonly error?: { readonly reason: Reason; readonly message: string };
}

/** The sentence of a source that is as it should be, and what of it a person should know: tags are not meant to be moved. */
export function sourceSentence(
  { revision = "", movedTo }: ObservedSource,
  noted: SourceStatus | undefined,
): string {
  const { movedFrom, ref = "" } = noted?.revision === revision ? noted : {};
  const tag = ref.replace(/^refs\/tags\//, "");
  const retagged =
    movedFrom === undefined ? "" : `; the tag "${tag}" was moved there from ${short(movedFrom)}`;
  const moved = movedTo === undefined ? "" : `; it redirects to "${movedTo}": use the new URL`;
  return `the remote is at ${short(revision)}${retagged}${moved}`;
}

function short(revision: string): string {
  return revision.slice(0, 12);
}
