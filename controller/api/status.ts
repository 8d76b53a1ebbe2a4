import type { DriftFact } from "./drift.ts";
import type { Reason } from "./reasons.ts";
import type { Kind } from "./resource.ts";

export const PHASES = [
  "Pending",
  "PendingSync",
  "Syncing",
  "Synced",
  "OutOfSync",
  "Degraded",
  "Error",
  "Suspended",
  "Stopped",
  "Deleting",
] as const;
export type Phase = (typeof PHASES)[number];

export const CONDITION_TYPES = [
  "Ready",
  "Reconciling",
  "Stalled",
  "SourceReady",
  "SourceVerified",
  "ImagesChecked",
  "Synced",
  "Healthy",
  "Encrypted",
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** As in Kubernetes: `lastTransitionTime` moves only with `status`. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: Reason;
  readonly message: string;
}

export const TRIGGERS = [
  "NewRevision",
  "Drift",
  "ImageChanged",
  "SpecChanged",
  "SecretChanged",
  "Requested",
  "Rollback",
] as const;
export type Trigger = (typeof TRIGGERS)[number];

/**
 * `Superseded`: another target took its place before it was known to be healthy. `RolledBack`: the last healthy target was
 * brought back, and is healthy.
 */
export const SYNC_RESULTS = ["Succeeded", "Failed", "Superseded", "RolledBack"] as const;
export type SyncResult = (typeof SYNC_RESULTS)[number];

export interface TargetStatus {
  readonly revision: string;
  readonly specHash: string;
}

/** What the remote says. `ref` is in full, such as `refs/tags/v1.4.2`; none for a pinned commit. */
export interface SourceStatus {
  readonly revision: string;
  readonly ref?: string;
  /** The commit that the same tag was at before. */
  readonly movedFrom?: string;
  readonly since: string;
}

export interface ServiceStatus {
  readonly name: string;
  readonly status: "Healthy" | "Progressing" | "Degraded" | "Missing" | "Stopped" | "Finished";
  /** `running/wanted`. */
  readonly replicas: string;
  readonly image: string;
  readonly imageID?: string;
  /** What the registry has that image as. */
  readonly imageDigest?: string;
  /** The id that the image's name stands for on this host now, where that is another one. */
  readonly imageMoved?: string;
  readonly message?: string;
}

export interface HistoryEntry {
  /** Counts up from 1. An entry of an older version has none. */
  readonly id?: number;
  readonly revision: string;
  /** As in `sync.applied`. An entry of an older version has none. */
  readonly specHash?: string;
  /** Of the commit. */
  readonly subject?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly result: SyncResult;
  readonly trigger: Trigger;
  readonly reason: string;
  readonly durationSeconds: number;
  /** service → image id. */
  readonly images?: Readonly<Record<string, string>>;
  /** The file with what was said meanwhile, seen from the data directory; of a repetition, that of the last time. */
  readonly log?: string;
  /** How often in a row the same thing happened; 1 is not written. */
  readonly count?: number;
}

/** One thing that policy refuses. */
export interface PolicyViolation {
  readonly rule: string;
  /** Empty for what is the project's as a whole. */
  readonly service: string;
  readonly field: string;
  readonly message: string;
}

/** The status subresource, as it stands in `NAME.status.yaml`. Times are RFC 3339 with seconds, UTC. */
export interface ApplicationStatus {
  readonly observedGeneration: number;
  readonly observedSpecHash: string;
  readonly phase: Phase;
  readonly sync: {
    readonly status: "Synced" | "OutOfSync" | "Unknown";
    readonly applied?: TargetStatus;
    readonly attempted?: TargetStatus;
    readonly message?: string;
    readonly author?: string;
    readonly committedAt?: string;
    readonly syncedAt?: string;
    readonly trigger?: Trigger;
  };
  readonly source?: SourceStatus;
  readonly health: { readonly status: string; readonly services: readonly ServiceStatus[] };
  /** `until`: the service's label asks to leave it so until then. */
  readonly drift: readonly (DriftFact & { readonly since: string; readonly until?: string })[];
  /** What taking over somebody else's project would remove or change, while `AdoptionRequired`. */
  readonly adoption?: { readonly removes: readonly string[]; readonly changes: readonly string[] };
  /** All that policy refuses in the attempted target. */
  readonly violations?: readonly PolicyViolation[];
  readonly lastHandledRequests?: Readonly<Record<string, string>>;
  /** What was answered to a request that was handled but not carried out: `Refused: Suspended`. */
  readonly requestAnswers?: Readonly<Record<string, string>>;
  readonly history: readonly HistoryEntry[];
  readonly conditions: readonly Condition[];
}

/** What is told of a field of a Secret: never its value, nor anything that comes from it. */
export interface SecretFieldStatus {
  readonly name: string;
  /** The key that sealed it; none while it is plain. */
  readonly keyID?: string;
  readonly sealedAt?: string;
}

/** The status of a Secret. There is no hash of what it holds: a short value could be guessed from one. */
export interface SecretStatus {
  readonly observedGeneration: number;
  readonly type: string;
  readonly fields: readonly SecretFieldStatus[];
  /** `Application/shop`. */
  readonly usedBy?: readonly string[];
  readonly conditions: readonly Condition[];
}

export interface ReceiverStatus {
  readonly observedGeneration: number;
  readonly observedSpecHash: string;
  /** Where deliveries are posted to: `/hooks/NAME`. */
  readonly path: string;
  readonly conditions: readonly Condition[];
}

export interface StatusMetadata {
  readonly name: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
}

interface DocumentOf<K extends Kind, Status> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: StatusMetadata;
  readonly status: Status;
}

export type ApplicationDocument = DocumentOf<"Application", ApplicationStatus>;
export type SecretDocument = DocumentOf<"Secret", SecretStatus>;
export type ReceiverDocument = DocumentOf<"Receiver", ReceiverStatus>;
/** One document of a status file. */
export type StatusDocument = ApplicationDocument | SecretDocument | ReceiverDocument;
