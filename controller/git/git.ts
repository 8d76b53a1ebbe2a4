/**
 * Git behind a port: remotes are read, mirrored and staged by forked workers (`pool.ts`, `worker.ts`); the controller's own
 * process never loads nodegit, because nodegit can abort, deadlock or hang its process. Every operation has a limit that is
 * kept by SIGKILL. Errors are ReconcileErrors with a reason of the source; messages hold no credentials.
 */
import type { RevisionWanted } from "../api/application.ts";
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
  /** Full ref name of an annotated tag → the tag's own object, which holds its signature. Left out when there is none. */
  readonly tagObjects?: Readonly<Record<string, string>>;
  /** The remote redirects to this URL, on the same host: a renamed repository. Noticed after a few polls only. */
  readonly movedTo?: string;
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

/** What was not checked out. */
export interface LeftOut {
  readonly path: string;
  /** Of the refusal, if it is used after all. */
  readonly reason: "UnsafePath" | "UnsupportedContent";
  /** `it is a symbolic link, and it leads out of the repository` */
  readonly why: string;
  /** A folder without it is not what Git has, either: the use of one that holds it is refused, too. */
  readonly spoilsFolders: boolean;
}

export interface Staged {
  readonly commit: Commit;
  readonly entries: readonly TreeEntry[];
  /** Symbolic links that leave the checkout or go in circles, submodules that are not wanted, pointers of Git LFS. */
  readonly leftOut: readonly LeftOut[];
  /** What is not as Git has it, in words. */
  readonly warnings: readonly string[];
  /** There if, and only if, the request asked for verification. */
  readonly verified?: Verified;
  /**
   * The limit of the request with what links brought in: below these files and folders everything is as Git has it, of the
   * rest nothing is known. Absent when all of it was checked out.
   */
  readonly paths?: readonly string[];
}

/** Whose signatures count, and of what: texts of the manifest or of a Secret. */
export interface VerifyRequest {
  /** `HEAD`: the commit must be signed. `Tag`: the annotated tag that `ref` names. */
  readonly mode: "HEAD" | "Tag";
  /** OpenSSH's allowed_signers. Without it, no SSH key is allowed. */
  readonly allowedSigners?: string;
  /** Armored. Without it, no PGP key is allowed. */
  readonly allowedPGPKeys?: string;
}

/** Who signed what. */
export interface Verified {
  readonly mode: VerifyRequest["mode"];
  /** The id of the commit or tag that carries the signature. */
  readonly object: string;
  /** The short name of the tag; only in the mode `Tag`. */
  readonly tag?: string;
  /** The principals as allowed_signers has them, or the primary user id of the PGP key. */
  readonly signer: string;
  /** `SHA256:...` of an SSH key; 40 hexadecimal digits of a primary PGP key. */
  readonly fingerprint: string;
  /** `ED25519`, `RSA 3072`, `PGP RSA 4096`. */
  readonly keyType: string;
}

/** Submodules are checked out, too, under the rules for `spec.source.repoURL`. */
export interface Submodules {
  /**
   * What the manifest names for this host (`git.example.com`, or `git.example.com:2222` for a port that is not its scheme's
   * own): the name of a Secret and what it holds. Nothing else is ever sent to a submodule's host. Without a credential, its
   * name alone still finds the mirror.
   */
  readonly credentialFor: (
    host: string,
  ) => { readonly secret: string; readonly credential?: GitCredential } | undefined;
}

export interface StageRequest {
  readonly remote: Remote;
  readonly sha: string;
  /** The ref that led to `sha`, fetched when the mirror lacks the commit; none for a pinned commit: then all refs. */
  readonly ref?: string;
  /** The object of the annotated tag that `ref` is, as it was advertised: what is verified in the mode `Tag`. */
  readonly tagObject?: string;
  /** Nothing is checked out unless an allowed signer has signed it. */
  readonly verify?: VerifyRequest;
  /**
   * Only these files and folders, repository-relative, with what the links in them lead to inside the repository; a path
   * that is not there is none. Without it, everything. What lies beside is not read.
   */
  readonly paths?: readonly string[];
  /** Without it, submodules are left out. */
  readonly submodules?: Submodules;
  /** Where to check out: must not exist yet; its parent does. Bytes are exactly Git's (no filters, no eol). */
  readonly dir: string;
}

export interface Git {
  /** One ls-remote. With `wanted`, refs that none of these revisions needs may be left out. */
  listRefs(remote: Remote, signal: AbortSignal, wanted?: readonly RevisionWanted[]): Promise<Advertisement>;
  /** Fetches what the mirror lacks, then checks the commit out into a fresh folder. On failure the folder is removed. */
  stage(request: StageRequest, signal: AbortSignal): Promise<Staged>;
  /** Removes the mirrors of other remotes than these, unless they were used lately, and what interrupted work has left. */
  prune(keep: ReadonlySet<string>): Promise<void>;
  /** Ends the workers. Operations under way reject. */
  close(): Promise<void>;
}
