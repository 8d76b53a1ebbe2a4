/** What visits of Secrets and Receivers need: the encryption keys, the store of Secrets, and the files between them. */
import type { SecretCare, Sealing } from "./reconcile/secret-care.ts";
import { createContentDigest } from "./secret/content-digest.ts";
import { describeFields, secretFaults } from "./secret/inspect-secret.ts";
import { firstKey, type Keyring } from "./secret/keyring.ts";
import { openSecret, readLine } from "./secret/opened-secret.ts";
import { sealInPlace, type SealInPlaceDeps } from "./seal-in-place.ts";
import type { SecretWiring } from "./wire-secrets.ts";

export interface SecretCareDeps extends SealInPlaceDeps {
  readonly keyring: Keyring;
  readonly wiring: Pick<SecretWiring, "secrets" | "usersOf">;
}

const NO_KEY: Sealing = {
  kind: "plain",
  reason: "NoEncryptionKey",
  message:
    "a value stands in the file in plain text, and there is no encryption key to seal it: " +
    '"conops key generate" makes one, --encryption-key-file names it',
};

export function createSecretCare(deps: SecretCareDeps): SecretCare {
  const { keyring, wiring } = deps;
  const key = firstKey(keyring);
  const digest = createContentDigest();
  return {
    inspect: (secret) => ({
      fields: describeFields(secret),
      faults: secretFaults(openSecret(secret, keyring)),
    }),
    seal: (secret, place, signal) =>
      key === undefined ? Promise.resolve(NO_KEY) : sealInPlace(secret, place, key, deps, signal),
    fingerprint: (secret) => digest(secret, openSecret(secret, keyring)),
    receiverFault({ spec }) {
      const found = wiring.secrets.get(spec.secretRef);
      const token = found.kind === "ok" ? readLine(found.secret, "token") : found;
      return "message" in token ? `Cannot use spec.secretRef: ${token.message}` : undefined;
    },
    usersOf: (key) => wiring.usersOf(key),
  };
}
