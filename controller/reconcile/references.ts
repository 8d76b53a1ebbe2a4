/** Who refers to which Secret, as the registry has it now. */
import type { Application } from "../api/application.ts";
import { resourceKey, type Resource } from "../api/resource.ts";
import { formatFault } from "../api/application.ts";
import { secretsOf } from "../api/secret-references.ts";
import type { Registry } from "../registry/registry.ts";
import type { DeclaredSecret } from "../secret/secret-store.ts";
import type { ApplicationRecord } from "../status/record.ts";

type Declared = Pick<Registry, "get" | "lastGood">;

/** The Secret of that name. While its manifest is wrong, or away and not judged yet, it is what it was. */
export function declaredSecret(name: string, registry: Declared): DeclaredSecret {
  const key = resourceKey("Secret", name);
  const declaration = registry.get(key);
  switch (declaration.kind) {
    case "declared":
      return presentOr(declaration.resource, { kind: "missing" });
    case "invalid": {
      const [fault] = declaration.faults;
      const message = fault === undefined ? declaration.place.file : formatFault(fault);
      return presentOr(registry.lastGood(key), { kind: "invalid", message });
    }
    case "absent":
    case "held":
      return presentOr(registry.lastGood(key), { kind: "invalid", message: declaration.message });
    case "deleted":
      return { kind: "missing" };
    default:
      return declaration satisfies never;
  }
}

function presentOr(resource: Resource | undefined, otherwise: DeclaredSecret): DeclaredSecret {
  return resource?.kind === "Secret" ? { kind: "present", secret: resource } : otherwise;
}

export interface ReferencesDeps {
  readonly registry: Declared & Pick<Registry, "keys">;
  readonly records: () => readonly ApplicationRecord[];
  /** The last good manifest of a record, while the one on disk is wrong or away. */
  readonly readManifest: (record: ApplicationRecord) => Application | undefined;
}

/**
 * The keys of the Applications and Receivers that refer to the Secret; what is being deleted needs it no more. Looks at all
 * of them: a Secret is rarely edited.
 */
export function dependentsOf(secret: string, deps: ReferencesDeps): ReadonlySet<string> {
  const { registry } = deps;
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const key of registry.keys()) {
    const declaration = registry.get(key);
    const resource = declaration.kind === "declared" ? declaration.resource : registry.lastGood(key);
    if (resource !== undefined || declaration.kind === "deleted") seen.add(key);
    if (resource === undefined) continue;
    if (resource.kind !== "Secret" && secretsOf(resource).has(secret)) found.add(key);
  }
  for (const record of deps.records()) {
    if (seen.has(record.name)) continue;
    const application = deps.readManifest(record);
    if (application !== undefined && secretsOf(application).has(secret)) found.add(record.name);
  }
  return found;
}
