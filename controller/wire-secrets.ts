/** Secrets between the registry, which declares them, and the reconcile, which uses them. */
import type { Application, Manifest } from "./api/application.ts";
import { parseKey, resourceKey, type ResourceName } from "./api/resource.ts";
import { secretsOf } from "./api/secret-references.ts";
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
  /** The keys of those who refer to the Secret of this key. */
  usersOf(key: string): Iterable<string>;
  /**
   * The keys to look at, too, when the resource of this key was edited: who refers to the Secret, where it is one; else the
   * Secrets that it refers to now and did not at the last call (or at the start), or the other way round.
   */
  dependents(key: string): Iterable<string>;
}

export interface SecretWiringDeps {
  readonly registry: Pick<Registry, "get" | "lastGood" | "keys">;
  readonly records: Pick<RecordStore, "list">;
  readonly keyring: Keyring;
  readonly dataKey: SealingKey;
  readonly readManifest: (manifest: Manifest) => Application | undefined;
}

const NONE: ReadonlySet<string> = new Set();

export function wireSecrets(deps: SecretWiringDeps): SecretWiring {
  const { registry, records, keyring, dataKey, readManifest } = deps;
  /** Key → names of the Secrets that it referred to at the last call. */
  const referred = new Map<string, ReadonlySet<string>>();
  for (const key of registry.keys()) turnedSecrets(key);
  return {
    secrets: createSecretStore({
      declared: (name) => declaredSecret(name, registry),
      declaredNames: () => registry.keys().flatMap((key) => namesOfSecrets(parseKey(key))),
      keyring,
      dataKey,
    }),
    fingerprint: createFingerprint(dataKey, "fingerprints of renderings"),
    usersOf,
    dependents: (key) => (parseKey(key)?.kind === "Secret" ? usersOf(key) : turnedSecrets(key)),
  };

  function usersOf(key: string): Iterable<string> {
    const named = parseKey(key);
    if (named?.kind !== "Secret") return [];
    return dependentsOf(named.name, {
      registry,
      records: () => records.list(),
      readManifest: ({ manifest }) => readManifest(manifest),
    });
  }

  function turnedSecrets(key: string): readonly string[] {
    const resource = registry.lastGood(key);
    const now = resource === undefined || resource.kind === "Secret" ? NONE : secretsOf(resource);
    const before = referred.get(key) ?? NONE;
    if (now.size === 0) referred.delete(key);
    else referred.set(key, now);
    const turned = [...now, ...before].filter((name) => now.has(name) !== before.has(name));
    return turned.map((name) => resourceKey("Secret", name));
  }
}

function namesOfSecrets(named: ResourceName | undefined): readonly string[] {
  return named?.kind === "Secret" ? [named.name] : [];
}
