/**
 * What the controller and a Git worker say to each other. Requests of one worker run side by side; each is answered once,
 * by `done` or `failed`, after any number of `progress`.
 */
import type { RevisionWanted } from "../api/application.ts";
import type { Advertisement, Staged } from "./git.ts";
import type { GitLimits } from "./limits.ts";

/** How a remote is reached. It holds secrets: it travels by the channel between the two processes, and nowhere else. */
export interface Access {
  /** One header, for http and https. */
  readonly header?: string;
  /** For ssh; the passphrase is empty where there is none. */
  readonly key?: { readonly user: string; readonly privateKey: string; readonly passphrase: string };
  readonly hostKeys?: HostKeys;
}

/**
 * The only keys that an SSH host may show, as lines of known_hosts for `place`, which is `[host]:port`. A worker has one
 * file of them: no two requests with other lines for the same place may be with one worker at a time.
 */
export interface HostKeys {
  readonly place: string;
  readonly lines: string;
}

export interface ListRequest {
  readonly op: "list";
  readonly url: string;
  readonly access?: Access;
  /** A bare repository whose configuration the connection obeys. */
  readonly bare: string;
  /** Refs that none of these needs may be left out. */
  readonly wanted?: readonly RevisionWanted[];
}

/** No two at a time for one mirror. What an earlier one left behind when it was killed is swept first. */
export interface FetchRequest {
  readonly op: "fetch";
  readonly url: string;
  readonly access?: Access;
  readonly mirror: string;
  readonly sha: string;
  /** One more object that must be there. */
  readonly tagObject?: string;
  readonly refspecs: readonly string[];
  /** What the remote may send. */
  readonly maxBytes: number;
}

/** The raw bytes of a commit or tag. */
export interface ReadRequest {
  readonly op: "read";
  readonly mirror: string;
  readonly id: string;
}

/** One repository of a checkout. */
export interface CheckoutPart {
  readonly mirror: string;
  readonly sha: string;
  /** Where it stands: empty for the Application's own, which comes first; else the path of a submodule. */
  readonly path: string;
}

/** Removes what is at `dir` first: an earlier try may have been killed. */
export interface CheckoutRequest {
  readonly op: "checkout";
  readonly parts: readonly CheckoutPart[];
  /** As in `StageRequest`. */
  readonly paths?: readonly string[];
  /** Submodules are wanted, but for those at these paths: each with the reason. Without it, none is. */
  readonly submodules?: { readonly leftOut: ReadonlyMap<string, string> };
  readonly limits: Pick<GitLimits, "maxFileBytes" | "maxCheckoutBytes">;
  readonly dir: string;
}

/** How long a host that asks for fewer requests wants to be left alone. Only for http and https. */
export interface PatienceRequest {
  readonly op: "patience";
  readonly url: string;
  readonly access?: Access;
}

export type Request = ListRequest | FetchRequest | CheckoutRequest | PatienceRequest | ReadRequest;

/** `found`: the mirror now has what was asked for. */
export interface Fetched {
  readonly found: boolean;
}

/** A submodule of which the request said nothing. */
export interface WantedSubmodule {
  readonly path: string;
  readonly sha: string;
  /** The index of the part that holds it, and that part's .gitmodules. */
  readonly part: number;
  readonly gitmodules?: string;
}

/** Nothing is written unless it is `staged`: mirrors of parts lack their commits, or submodules are not yet among the parts. */
export type CheckedOut =
  | { readonly kind: "staged"; readonly staged: Staged }
  | { readonly kind: "lacking"; readonly parts: readonly number[] }
  | { readonly kind: "submodules"; readonly wanted: readonly WantedSubmodule[] };

/** `retryAfterMs`: only where the host says it. */
export interface Patience {
  readonly status: number;
  readonly retryAfterMs?: number;
}

/** No bytes: the mirror does not have the object. */
export interface ReadObject {
  readonly bytes?: Uint8Array;
}

export interface Answers {
  readonly list: Advertisement;
  readonly fetch: Fetched;
  readonly checkout: CheckedOut;
  readonly patience: Patience;
  readonly read: ReadObject;
}

/** Why an operation failed: what the repository holds, or what libgit2 or the file system said. */
export interface Failure {
  readonly kind: "UnsafePath" | "UnsupportedContent" | "RepositoryTooLarge" | "native";
  readonly message: string;
}

/** `data` of a `done` answers the request with this id. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly id: number }
  | { readonly kind: "done"; readonly id: number; readonly data: unknown; readonly rssBytes: number }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure; readonly rssBytes: number };

export interface ControllerMessage {
  readonly id: number;
  readonly request: Request;
}
