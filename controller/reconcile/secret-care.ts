/** What the visits of Secrets and Receivers need of the rest of the controller: functions that know the keys and the files. */
import type { Receiver } from "../api/receiver.ts";
import type { Secret } from "../api/secret.ts";
import type { SecretFieldStatus } from "../api/status.ts";
import type { ManifestPlace } from "../registry/registry.ts";

export interface SecretInspection {
  /** Sorted by name. */
  readonly fields: readonly SecretFieldStatus[];
  /** What is wrong with it, in sentences without a value; none: every field can be read, and is what the type asks for. */
  readonly faults: readonly string[];
}

/** What became of the fields of a Secret that are written plain. `message` is a sentence for a person, with what helps. */
export type Sealing =
  /** They are sealed on disk by now: the registry will read the file again. */
  | { readonly kind: "sealed" }
  | { readonly kind: "plain"; readonly reason: "NoEncryptionKey"; readonly message: string }
  | { readonly kind: "plain"; readonly reason: "PlaintextInGit"; readonly message: string }
  /** Tried again at the next visit, and after `retryMs`. */
  | {
      readonly kind: "plain";
      readonly reason: "SealFailed";
      readonly message: string;
      readonly retryMs: number;
    };

export interface SecretCare {
  readonly inspect: (secret: Secret) => SecretInspection;
  /** Seals what is plain, where that may be done. Never rejects but by the signal. */
  readonly seal: (secret: Secret, place: ManifestPlace, signal: AbortSignal) => Promise<Sealing>;
  /** The same for the same type and values, sealed or not, by whatever key. Kept in memory only. */
  readonly fingerprint: (secret: Secret) => string;
  /** Why no delivery for the Receiver can be verified, in a sentence: its Secret is missing, or is not usable. */
  readonly receiverFault: (receiver: Receiver) => string | undefined;
  /** The keys of those who refer to the Secret of this key. */
  readonly usersOf: (key: string) => Iterable<string>;
}
