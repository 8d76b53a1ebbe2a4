/** Secrets between the registry, which declares them, and the reconcile, which uses them. */
import type { Application, Manifest } from "./api/application.ts";
import { parseKey } from "./api/resource.ts";
import type { SealingKey } from "./lib/aead.ts";
import { declaredSecret, dependentsOf } from "./reconcile/references.ts";
import type { Registry } from "./registry/registry.ts";
import { createFingerprint, type Fingerprint } from "./secret/fingerprint.ts";
import type { Keyring } from "./secret/keyring.ts";
import { createSecretStore, type SecretStore } from "./secret/secret-store.ts";
import type { RecordStore } from "./status/record-store.ts";

export interface SecretWiring {
  readonly secrets: SecretStore;
  /** Of renderings, which hold values. */
  readonly fingerprint: Fingerprint;
  /** The keys to look at when the resource of this key was edited: whoever refers to the Secret, where it is one. */
  dependents(key: string): Iterable<string>;
}

export interface SecretWiringDeps {
  readonly registry: Registry;
  readonly records: RecordStore;
  readonly keyring: Keyring;
  readonly dataKey: SealingKey;
  readonly readManifest: (manifest: Manifest) => Application | undefined;
}

export function wireSecrets(deps: SecretWiringDeps): SecretWiring {
  const { registry, records, keyring, dataKey, readManifest } = deps;
  return {
    secrets: createSecretStore({ declared: (name) => declaredSecret(name, registry), keyring, dataKey }),
    fingerprint: createFingerprint(dataKey, "fingerprints of renderings"),
    dependents(key) {
      const named = parseKey(key);
      if (named?.kind !== "Secret") return [];
      return dependentsOf(named.name, {
        registry,
        records: () => records.list(),
        readManifest: ({ manifest }) => readManifest(manifest),
      });
    },
  };
}
