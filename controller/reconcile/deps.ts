import type { Application, Manifest } from "../api/application.ts";
import type { DriftKind } from "../api/drift.ts";
import type { Condition, Phase, StatusDocument, SyncResult, Trigger } from "../api/status.ts";
import type { Compose } from "../compose/compose.ts";
import type { Docker } from "../docker/docker.ts";
import type { SelfOnHost } from "../docker/self.ts";
import type { Git, Remote } from "../git/git.ts";
import type { LedgerStore } from "../git/ledger.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Slots } from "../lib/slots.ts";
import type { RenderPolicy } from "../policy/input.ts";
import type { Registry } from "../registry/registry.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { SecretStore } from "../secret/secret-store.ts";
import type { RecordStore } from "../status/record-store.ts";
import type { Renderings } from "../status/renderings.ts";
import type { SyncLogs } from "../status/sync-logs.ts";
import type { DockerInformer, GitInformer, ImageInformer } from "../watch/watch.ts";
import type { NamedCredential } from "./secrets.ts";
import type { SecretCare } from "./secret-care.ts";

/** Everything that a reconcile can reach; `controller.ts` hands it in. */
export interface ReconcileDeps {
  readonly registry: Pick<Registry, "get" | "requests" | "consume" | "forget" | "id">;
  readonly secretCare: SecretCare;
  readonly records: RecordStore;
  readonly renderings: Renderings;
  readonly syncLogs: SyncLogs;
  readonly secrets: SecretStore;
  /** A keyed digest of a text that may hold Secrets' values, safe to store. */
  readonly fingerprint: (text: string) => string;
  readonly ledgers: LedgerStore;
  readonly sources: GitInformer;
  readonly git: Pick<Git, "stage">;
  readonly compose: Compose;
  readonly docker: Docker;
  readonly engine: DockerInformer;
  readonly images: ImageInformer;
  readonly status: StatusSink;
  /** The last good manifest of a record, checked again and with its defaults. */
  readonly readManifest: (manifest: Manifest) => Application | undefined;
  /** What an Application's project may ask of the host; the digest changes with it. */
  readonly policyOf: (
    application: Pick<Application, "name" | "labels">,
  ) => RenderPolicy & { readonly digest: string };
  readonly remoteOf: (application: Application, source: NamedCredential | undefined) => Remote;
  /** How many targets are applied at once, over all Applications; healing has places of its own. */
  readonly applySlots: Slots;
  readonly healSlots: Slots;
  readonly processes: Processes;
  /** What ConOps is on this host, where it runs in a container itself. */
  readonly self: SelfOnHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ReconcileMetrics;
  /** The series of a Receiver's deliveries: there while it is. */
  readonly receiverMetrics: { observed(name: string): void; deleted(name: string): void };
  readonly dataDir: string;
  readonly settleMs: number;
  /** Aborts when even a running `up` has to end: the limit of a shutdown. */
  readonly hardStop: AbortSignal;
}

/** What is enough to prepare an apply: nothing of it changes the host. */
export type PrepareDeps = Pick<
  ReconcileDeps,
  | "records"
  | "secrets"
  | "fingerprint"
  | "policyOf"
  | "remoteOf"
  | "self"
  | "clock"
  | "log"
  | "dataDir"
  | "git"
> & {
  readonly renderings: Pick<Renderings, "open">;
  readonly compose: Pick<Compose, "render" | "hashes">;
  readonly docker: Pick<Docker, "image" | "imageId" | "registryDigest" | "listObjects" | "configFingerprint">;
  readonly engine: Pick<DockerInformer, "project" | "refresh" | "engineId">;
};

/** Where statuses go; see status/status-file.ts. */
export interface StatusSink {
  publish(
    key: string,
    place: { readonly file: string; readonly document: number },
    document: StatusDocument,
  ): Promise<void>;
  remove(key: string): Promise<void>;
  /** The document of `key` as it was published last, also by a process before. */
  previous(key: string): StatusDocument | undefined;
  /** A person has removed the document of `key` after it said `phase: Deleting`. */
  removedByHand(key: string): Promise<boolean>;
}

export type ProcessIdentity = Pick<
  NonNullable<ApplicationRecord["process"]>,
  "pid" | "startTicks" | "bootId"
>;

/** Compose processes that outlived their controller. */
export interface Processes {
  isAlive(process: ProcessIdentity): Promise<boolean>;
  /** Ends the process group: SIGTERM, then SIGKILL. */
  end(process: ProcessIdentity): Promise<void>;
}

/** What a reconcile counts; by default, nothing. */
export interface ReconcileMetrics {
  observed(app: {
    readonly name: string;
    readonly phase: Phase;
    readonly project: string;
    readonly conditions: readonly Condition[];
  }): void;
  driftFound(name: string, kind: DriftKind): void;
  /** Found as well, and left alone because the spec says so. */
  driftIgnored(name: string, kind: DriftKind): void;
  syncFinished(name: string, result: SyncResult, trigger: Trigger, seconds: number): void;
  rollbackEnded(name: string, result: "Succeeded" | "Failed" | "Refused"): void;
  sourceChecked(name: string, wallMs: number): void;
  deleted(name: string): void;
}
