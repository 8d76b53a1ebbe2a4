/**
 * The record: what ConOps itself must remember of an Application, in the data directory. The manifest says what is
 * wanted, the engine what is; the record says what ConOps did about it, so that a new controller goes on where the last
 * one stopped, and healing needs neither Git nor the manifest.
 */
import type { Manifest } from "../api/application.ts";
import type { Reason } from "../api/reasons.ts";
import type { Condition, HistoryEntry, PolicyViolation, SourceStatus, Trigger } from "../api/status.ts";
import type { MadeCheckout, Quarantined, Rollback } from "./rollback-types.ts";
import type { Target } from "./target.ts";

export type { Target };

/** The image that a service was given at a sync. */
export interface TakenImage {
  /** Fingerprint of its name as the rendering has it, which may hold a Secret's value. */
  readonly name: string;
  readonly id: string;
  /** `sha256:...`: what its registry has it as; empty where it comes from none. */
  readonly digests: readonly string[];
}

/** Mount (`conf/nginx.conf`, `configs.app`) → how and from where it arrives, and a hash of what comes through it. */
export type Mounts = Readonly<Record<string, string>>;

/**
 * What of the repository the containers have, past their configuration. A container that is not in `given`, or has started
 * since, was given what `checkout` says: it is written down before the checkout changes.
 */
export interface FilesRecord {
  /** service → what a container started now is given. */
  readonly checkout: Readonly<Record<string, Mounts>>;
  /** container id → what it was given at that start. */
  readonly given: Readonly<Record<string, { readonly startedAt: number; readonly mounts: Mounts }>>;
}

/** A tracked file that was changed on this host. */
export interface LocalChange {
  readonly path: string;
  /** In words: `it was changed on disk since ConOps wrote it`. */
  readonly why: string;
  /** What Git has there, and had: with such bytes it is none any more. */
  readonly blobs: readonly string[];
  /** Of the file on disk when its bytes were read last: while it stays, nobody has to read them again. */
  readonly stamp: string;
  /** That use it. */
  readonly services: readonly string[];
}

/**
 * One container as it was made: what the engine showed of it right afterwards. Whatever of it is otherwise later, somebody
 * changed.
 */
export interface MadeContainer {
  readonly name: string;
  /** Fingerprint of Compose's config-hash label. */
  readonly configHash: string;
  /** Of Compose: another version writes another hash of the same configuration. */
  readonly composeVersion: string;
  /** See ObservedContainer. */
  readonly shape: string;
  readonly attachments: readonly MadeAttachment[];
  readonly settings: Readonly<Record<string, string | number>>;
}

export interface MadeAttachment {
  readonly network: string;
  readonly networkId: string;
  readonly aliases: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly special: boolean;
}

/** What an apply made of one service, as read from the engine afterwards. */
export interface MadeService {
  /** Fingerprint of Compose's config-hash label. */
  readonly configHash: string;
  readonly image: string;
  readonly imageId: string;
  /** Ids of the containers that were running, or had finished, after the apply. */
  readonly containers: readonly string[];
  /** Of these, the ones that ran when a gate passed: such a container does not finish by itself without being seen. */
  readonly gated: readonly string[];
  /** Fingerprint of what its containers were made from: rendering and image. Not there where that is not certain. */
  readonly from?: string;
  /** By container id; not there in the records of older versions. Of a container that is not in it nothing is known. */
  readonly made?: Readonly<Record<string, MadeContainer>>;
}

/** Networks and volumes as they were after an apply; by name. */
export interface MadeObjects {
  readonly networks: Readonly<Record<string, MadeObject & { readonly id: string }>>;
  readonly volumes: Readonly<Record<string, MadeObject>>;
}

export interface MadeObject {
  /** Fingerprint of Compose's label, empty where its version writes none. */
  readonly configHash: string;
  /** Of Compose: another version may write another hash of the same definition. */
  readonly composeVersion: string;
}

/** A target together with what it became on the host. */
export interface MadeTarget extends Target {
  /** Digest of the sealed rendering. */
  readonly rendering: string;
  /** `--project-directory`, in the stable checkout. */
  readonly projectDir: string;
  readonly services: Readonly<Record<string, MadeService>>;
  /** The engine's version when `made` of the services was read: another one may show the same otherwise. */
  readonly engineVersion?: string;
  readonly objects?: MadeObjects;
  /** Hash over the repository files that the services use. */
  readonly usedFiles: string;
  /** service → what its containers are to be given (binds, configs, secrets); not there in a record of an older version. */
  readonly mounts?: Readonly<Record<string, Mounts>>;
  /** service → what a run of it would be (rendering of the service, image, used files); for one-shots. */
  readonly runKeys: Readonly<Record<string, string>>;
  /** service → its image. Not there in the records of older versions. */
  readonly images?: Readonly<Record<string, TakenImage>>;
  readonly subject: string;
  readonly author: string;
  readonly committedAt: string;
  /** Digest over the rendering, the files that services use, and the images that are not built here. */
  readonly content?: string;
  /** Not there in records of older versions: then its files cannot be brought back. */
  readonly checkout?: MadeCheckout;
  /** The services that had finished when its gate passed. */
  readonly finished?: readonly string[];
}

export interface AppliedTarget extends MadeTarget {
  readonly trigger: Trigger;
  /** Of the sync, in the history and of its log; not there when an older version began it. */
  readonly syncId?: number;
  /** How often it was applied before and failed. */
  readonly tries: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly syncedAt: string;
  /** `pending` until every service is healthy and settled, or the gate's deadline has passed. */
  readonly gate: "pending" | "passed" | "failed";
  /** Wall milliseconds. */
  readonly gateDeadline: number;
  /** Why the gate failed, or, before it has passed, why the try before this one failed: a reason and a sentence. */
  readonly gateReason?: Reason;
  readonly gateMessage?: string;
  /** Services that are not brought up yet, because others have to be healthy or finished before; not there for none. */
  readonly left?: readonly string[];
}

/** The latest try to apply a target that is not (yet) the applied one. */
export interface Attempt extends Target {
  readonly trigger: Trigger;
  readonly syncId?: number;
  readonly startedAt: string;
  readonly result: "running" | "failed";
  /** The containers may have been touched: what they should be now is `made`, not the applied target. */
  readonly made?: MadeTarget;
  readonly reason?: Reason;
  readonly message?: string;
  /** Nothing but an edit of the manifest (a generation other than this), a new revision or a request can help. */
  readonly terminal?: boolean;
  readonly generation?: number;
  /** Of the credentials that it had, empty for none: with others it may succeed. Not there where none were asked for. */
  readonly credentialsDigest?: string;
  /** What taking over somebody else's project would remove and change, while that is the reason. */
  readonly adoption?: { readonly removes: readonly string[]; readonly changes: readonly string[] };
  /** What policy refused, and the digest of that policy: under another one it may succeed. */
  readonly violations?: readonly PolicyViolation[];
  readonly policyDigest?: string;
  /** How often this target has failed in a row. */
  readonly failures: number;
  /** Wall milliseconds; not before then. */
  readonly retryAt?: number;
}

export interface RecordedProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
  readonly command: string;
  /** Wall milliseconds. */
  readonly startedAt: number;
}

/** How a container ended, as the engine's events said. */
export interface RecordedEnding {
  readonly exitCode: number;
  readonly byHand: boolean;
  /** Wall milliseconds, by the engine's clock. */
  readonly at: number;
}

export interface Verification {
  readonly revision: string;
  readonly verified: boolean;
  readonly reason: Reason;
  readonly message: string;
}

export interface Deletion {
  readonly startedAt: string;
  /** The first destructive step has begun: a returning manifest waits for the end. */
  readonly destructive: boolean;
  /** The status file has said Deleting: from then on, its removal by hand means "forget it". */
  readonly published: boolean;
}

export interface ApplicationRecord {
  readonly version: 1;
  readonly name: string;
  readonly uid: string;
  readonly creationTimestamp: string;
  readonly registryId: string;
  /** The engine that holds the project. Set by the first apply. */
  readonly engineId?: string;
  readonly generation: number;
  readonly writtenSpecHash: string;
  readonly place: { readonly file: string; readonly document: number };
  /** The last good manifest, as written. */
  readonly manifest: Manifest;
  /** The Compose project. Claimed by the first apply; immutable from then on. */
  readonly project?: string;
  readonly applied?: AppliedTarget;
  readonly lastHealthy?: MadeTarget;
  readonly attempt?: Attempt;
  readonly rollback?: Rollback;
  /** Newest first, bounded. */
  readonly quarantine?: readonly Quarantined[];
  /** The last state (Running, Stopped) that was brought about. */
  readonly state: "Running" | "Stopped";
  /** Not there while the checkout was never written by this version. */
  readonly files?: FilesRecord;
  /** Tracked files of the checkout that the last sync found changed on this host; at most twenty. */
  readonly localChanges?: readonly LocalChange[];
  /** One-shot services: the run key that completed. */
  readonly completedRuns: Readonly<Record<string, string>>;
  /** service → digests that a registry had at the last sync, and that were taken: they are not taken again by themselves. */
  readonly triedImages?: Readonly<Record<string, readonly string[]>>;
  readonly process?: RecordedProcess;
  /** An accepted `sync` request whose apply is not over. */
  readonly pendingSync?: { readonly token: string; readonly acceptedAt: number };
  readonly lastHandledRequests: Readonly<Record<string, string>>;
  /** What was answered to a request that was not carried out. */
  readonly requestAnswers: Readonly<Record<string, string>>;
  readonly source?: SourceStatus;
  /** Hash of the repository's URL that `source` is about. */
  readonly sourceUrlHash?: string;
  /** What came of the last check of a signature. */
  readonly verification?: Verification;
  /** `SERVICE/KIND` → RFC 3339. */
  readonly driftSince: Readonly<Record<string, string>>;
  /** Container id → how it ended, of those whose end is drift that lasts. */
  readonly endings?: Readonly<Record<string, RecordedEnding>>;
  readonly history: readonly HistoryEntry[];
  readonly conditions: readonly Condition[];
  readonly deletion?: Deletion;
}
