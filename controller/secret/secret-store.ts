/** Secrets by name, as Applications and Receivers ask for them: level-triggered, nothing is remembered but what was opened. */
import type { Secret } from "../api/secret.ts";
import { nearest } from "../api/nearest.ts";
import type { SealingKey } from "../lib/aead.ts";
import { createFingerprint } from "./fingerprint.ts";
import type { Keyring } from "./keyring.ts";
import { openSecret, readBytes, type OpenedSecret } from "./opened-secret.ts";

/** What the registry says of a Secret. */
export type DeclaredSecret =
  | { readonly kind: "present"; readonly secret: Secret }
  /** Its manifest is wrong; `message` says where, and never holds a value. */
  | { readonly kind: "invalid"; readonly message: string }
  | { readonly kind: "missing" };

export type SecretLookup =
  /** Single fields of it may still be unopenable: reading them says why. */
  | { readonly kind: "ok"; readonly secret: OpenedSecret }
  | { readonly kind: "missing"; readonly message: string }
  | { readonly kind: "invalid"; readonly message: string };

export interface SecretStore {
  /** The Secret as it is declared now. What was opened is kept for as long as its manifest is the same object. */
  get(name: string): SecretLookup;
  /**
   * A fingerprint of the field's value, safe to store, and the same for the same value wherever it stands and by whichever
   * key it is sealed. Undefined when there is no such value now.
   */
  digest(name: string, field: string): string | undefined;
}

export interface SecretStoreDeps {
  readonly declared: (name: string) => DeclaredSecret;
  /** All that are declared: for the name that was meant by one that is not. */
  readonly declaredNames: () => readonly string[];
  readonly keyring: Keyring;
  /** Of the data directory: a change of the encryption keys must not look like a change of a value. */
  readonly dataKey: SealingKey;
}

export function createSecretStore({
  declared,
  declaredNames,
  keyring,
  dataKey,
}: SecretStoreDeps): SecretStore {
  const opened = new WeakMap<Secret, OpenedSecret>();
  const fingerprint = createFingerprint(dataKey, "digests of Secret values");

  function get(name: string): SecretLookup {
    const found = declared(name);
    if (found.kind === "missing") {
      const near = nearest(name, declaredNames());
      const hint = near === undefined ? "" : `, did you mean ${JSON.stringify(near)}?`;
      return { kind: "missing", message: `there is no Secret ${JSON.stringify(name)}${hint}` };
    }
    if (found.kind === "invalid") {
      return { kind: "invalid", message: `Secret ${JSON.stringify(name)} is not valid: ${found.message}` };
    }
    const secret = opened.get(found.secret) ?? openSecret(found.secret, keyring);
    opened.set(found.secret, secret);
    return { kind: "ok", secret };
  }

  return {
    get,
    digest(name, field) {
      const found = get(name);
      if (found.kind !== "ok") return undefined;
      const read = readBytes(found.secret, field);
      return read.kind === "ok" ? fingerprint(read.value) : undefined;
    },
  };
}
