/** Which commit a preview is of: what the manifest follows, or what a person names. */
import type { Application, RevisionWanted } from "./api/application.ts";
import { ReconcileError } from "./api/errors.ts";
import type { Advertisement, Git, Remote } from "./git/git.ts";
import { hashOf } from "./lib/hash.ts";
import type { ApplicationRecord } from "./status/record.ts";
import { resolveRevision } from "./watch/git-revision.ts";

export interface PreviewSource {
  readonly revision: string;
  readonly ref?: string;
  readonly tagObject?: string;
  /** What a person should know of it. */
  readonly note?: string;
}

export interface SourceQuestion {
  readonly application: Application;
  /** A commit (in full, or its beginning), a branch, a tag or a ref in full. Undefined: what the manifest follows. */
  readonly named: string | undefined;
  readonly remote: Remote;
  readonly record: Pick<ApplicationRecord, "source" | "sourceUrlHash" | "applied" | "history">;
}

const SHA = /^[0-9a-f]{40}$/;
const BEGINNING = /^[0-9a-f]{7,39}$/;

/**
 * Asks the remote, unless a commit is named in full. While it cannot be read, the last known revision counts, and that is
 * noted. Throws ReconcileError.
 */
export async function findSource(
  { application, named, remote, record }: SourceQuestion,
  git: Pick<Git, "listRefs">,
  signal: AbortSignal,
): Promise<PreviewSource> {
  const { revision: followed, repoURL } = application.spec.source;
  if (named !== undefined && SHA.test(named)) return { revision: named };
  if (named === undefined && followed.kind === "commit") return { revision: followed.sha };
  let advertised: Advertisement;
  try {
    advertised = await git.listRefs(remote, signal, named === undefined ? [followed] : undefined);
  } catch (error) {
    signal.throwIfAborted();
    const known = record.sourceUrlHash === hashOf(repoURL) ? record.source : undefined;
    if (!(error instanceof ReconcileError) || named !== undefined || known === undefined) throw error;
    const { revision, ref } = known;
    const note = `the remote cannot be read, and the last known revision is taken instead: ${error.message}`;
    return { revision, ...(ref !== undefined && { ref }), note };
  }
  const found = resolveRevision(
    named === undefined ? followed : wantedBy(named, advertised, record),
    advertised,
    repoURL,
  );
  if (found.kind === "missing")
    throw new ReconcileError(found.message, { reason: "RevisionNotFound", terminal: false });
  const { kind: _found, ...source } = found;
  return source;
}

/** A name may be a branch's, a tag's, or the beginning of a commit that somebody knows; in this order. */
function wantedBy(
  named: string,
  { refs }: Advertisement,
  { applied, history }: SourceQuestion["record"],
): RevisionWanted {
  const [branch, tag] = [named.replace(/^refs\/heads\//, ""), named.replace(/^refs\/tags\//, "")];
  if (Object.hasOwn(refs, `refs/heads/${branch}`)) return { kind: "branch", name: branch };
  if (Object.hasOwn(refs, `refs/tags/${tag}`)) return { kind: "tag", name: tag };
  if (BEGINNING.test(named)) {
    const known = [
      ...Object.values(refs),
      applied?.revision ?? "",
      ...history.map(({ revision }) => revision),
    ];
    const begun = new Set(known.filter((sha) => sha.startsWith(named)));
    const [sha] = begun;
    if (sha !== undefined && begun.size === 1) return { kind: "commit", sha };
  }
  return { kind: "branch", name: named };
}
