/**
 * The part of nodegit that the worker uses, with types of our own: nodegit's published ones are wrong in places. Imported by
 * the worker alone; the controller's own process never loads it.
 */
import * as imported from "nodegit";

interface NativeBuffer {
  toBuffer(sizeBytes: number): Buffer;
}

export interface NativeOid {
  tostrS(): string;
}

interface NativeSignature {
  name(): string;
  email(): string;
}

export interface NativeCommit {
  message(): string;
  author(): NativeSignature;
  timeMs(): number;
  treeId(): NativeOid;
  getTree(): Promise<NativeTree>;
}

interface NativeTree {
  id(): NativeOid;
}

export interface NativeOdbObject {
  data(): NativeBuffer;
  size(): number;
}

export interface NativeOdb {
  /** Null when there is no such object. */
  read(id: NativeOid): Promise<NativeOdbObject | null>;
}

export interface NativeRepository {
  odb(): Promise<NativeOdb>;
  setWorkdir(path: string, updateGitlink: 0): number;
}

interface NativeRemoteHead {
  name(): string;
  oid(): NativeOid;
  symrefTarget(): string | null;
}

export interface NativeProgress {
  receivedObjects(): number;
  indexedObjects(): number;
  receivedBytes(): number;
}

/** To be returned from a callback once, and never again. */
export interface NativeCredential {
  readonly kind?: never;
}

interface NativeCredentials {
  readonly credentials?: () => Promise<NativeCredential>;
}

interface NativeFetchOptions {
  readonly downloadTags: number;
  readonly customHeaders: readonly string[];
  readonly callbacks: NativeCredentials & {
    readonly transferProgress: {
      readonly throttle: number;
      readonly callback: (progress: NativeProgress) => number;
    };
    readonly sidebandProgress: () => number;
  };
}

interface NativeRemote {
  connect(
    direction: 0,
    callbacks: NativeCredentials,
    proxy: object,
    headers: readonly string[],
  ): Promise<void>;
  referenceList(): Promise<NativeRemoteHead[]>;
  fetch(refspecs: readonly string[], options: NativeFetchOptions, reflogMessage: string): Promise<void>;
  disconnect(): Promise<void>;
}

interface NodeGit {
  readonly Repository: { openBare(path: string): Promise<NativeRepository> };
  readonly Remote: {
    /** A remote that obeys the repository's own configuration (no redirects elsewhere), and is not written to it. */
    createAnonymous(repository: NativeRepository, url: string): Promise<NativeRemote>;
  };
  readonly Credential: {
    sshKeyMemoryNew(
      username: string,
      publicKey: string,
      privateKey: string,
      passphrase: string,
    ): Promise<NativeCredential>;
  };
  readonly Oid: { fromString(sha: string): NativeOid };
  readonly Commit: { lookup(repository: NativeRepository, id: NativeOid): Promise<NativeCommit> };
  readonly Checkout: {
    tree(
      repository: NativeRepository,
      tree: NativeTree,
      options: {
        readonly checkoutStrategy: number;
        readonly disableFilters: 1;
        readonly paths?: readonly string[];
      },
    ): Promise<void>;
    readonly STRATEGY: {
      readonly FORCE: number;
      readonly DONT_UPDATE_INDEX: number;
      readonly DONT_WRITE_INDEX: number;
      readonly DISABLE_PATHSPEC_MATCH: number;
    };
  };
}

export const nodegit = (imported as unknown as { readonly default: NodeGit }).default;

/** libgit2's GIT_ENOTFOUND. */
export const NOT_FOUND = -3;

/** libgit2's GIT_REMOTE_DOWNLOAD_TAGS_NONE: tags come only when their refs are asked for. */
export const NO_TAGS = 2;

/** The number that libgit2 gave with an error of nodegit; 0 for other errors. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : 0;
}
