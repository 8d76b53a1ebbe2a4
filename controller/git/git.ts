/**
 * Git behind a port: remotes are read, mirrored and staged by forked workers (`pool.ts`, `worker.ts`); the controller's own
 * process never loads nodegit, because nodegit can abort, deadlock or hang its process. Every operation has a limit that is
 * kept by SIGKILL. Errors are ReconcileErrors with a reason of the source; messages hold no credentials.
 */
import type { GitCredential } from "../api/credential.ts";

export interface Remote {
  /** Equal ids share one mirror and one poll: a hash of the URL and of the name of the Secret, whatever that holds. */
  readonly id: string;
  readonly url: string;
  readonly credential?: GitCredential;
}

export interface Advertisement {
  /** The remote's HEAD: the full name of its branch, where it says so, and the commit. */
  readonly head?: { readonly ref?: string; readonly sha: string };
  /** Full ref name (`refs/heads/main`, `refs/tags/v1`) → commit; annotated tags are peeled. */
  readonly refs: Readonly<Record<string, string>>;
}

export interface Commit {
  readonly sha: string;
  /** First line of the message, at most 200 characters, control characters removed. */
  readonly subject: string;
  readonly author: string;
  /** RFC 3339, UTC. */
  readonly committedAt: string;
}

export interface TreeEntry {
  /** Repository-relative, POSIX separators. */
  readonly path: string;
  readonly mode: "100644" | "100755" | "120000" | "160000";
  /** Git's object id of the file's bytes (of the link's text, of the submodule's commit). */
  readonly blob: string;
}

export interface Staged {
  readonly commit: Commit;
  readonly entries: readonly TreeEntry[];
  /** Paths that were not checked out: symbolic links that leave the checkout or go in circles, submodules. */
  readonly leftOut: readonly string[];
  /** What is not as Git has it, in words: what was left out, and contents that are kept elsewhere. */
  readonly warnings: readonly string[];
}

export interface StageRequest {
  readonly remote: Remote;
  readonly sha: string;
  /** The ref that led to `sha`, fetched when the mirror lacks the commit; none for a pinned commit: then all refs. */
  readonly ref?: string;
  /** Where to check out: must not exist yet; its parent does. Bytes are exactly Git's (no filters, no eol). */
  readonly dir: string;
}

export interface Git {
  /** One ls-remote. */
  listRefs(remote: Remote, signal: AbortSignal): Promise<Advertisement>;
  /** Fetches what the mirror lacks, then checks the commit out into a fresh folder. On failure the folder is removed. */
  stage(request: StageRequest, signal: AbortSignal): Promise<Staged>;
  /** Removes mirrors of remotes that nobody follows any more. */
  prune(keep: ReadonlySet<string>): Promise<void>;
  /** Ends the workers. Operations under way reject. */
  close(): Promise<void>;
}
