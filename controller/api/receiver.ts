/** What a Receiver is, as the rest of ConOps sees it: read from a manifest, checked against `crds/receivers.yaml`. */
import type { ManifestDocument } from "./application.ts";

export const RECEIVER_TYPES = ["github", "gitlab", "gitea", "bitbucket", "azure-devops", "generic"] as const;
/** Whose deliveries; `gitea` is Forgejo too. */
export type ReceiverType = (typeof RECEIVER_TYPES)[number];

/** One valid Receiver manifest. Frozen: a change is a new object. */
export interface Receiver {
  readonly kind: "Receiver";
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: {
    readonly type: ReceiverType;
    /** The name of the Secret whose field `token` signs deliveries. */
    readonly secretRef: string;
    /** Names of Applications that every delivery is for. */
    readonly applications: readonly string[];
    /** A delivery is also for every Application whose repository it names. */
    readonly matchRepository: boolean;
  };
  /** The document as the person wrote it, before defaults. */
  readonly manifest: ManifestDocument;
  /** Hash of `manifest.spec` as written; `generation` counts its changes. */
  readonly writtenSpecHash: string;
}
