import { API_VERSION } from "../api/application.ts";
import type { Fault, ManifestDocument } from "../api/application.ts";
import { parseKey, resourceKey, subjectOf } from "../api/resource.ts";
import type { Kind } from "../api/resource.ts";
import type { ApplicationStatus, Condition, SecretStatus, StatusDocument } from "../api/status.ts";
import { resolveClaims } from "../registry/claims.ts";
import type { Holding, Present } from "../registry/claims.ts";
import { statusFileOf } from "../registry/files.ts";
import type { Files } from "../registry/readings.ts";
import type { ManifestPlace } from "../registry/registry.ts";
import { cleanText } from "./clean.ts";

/** One resource, declared by a manifest or known by a status, or both. */
export interface Resource {
  /** As in api/resource.ts. */
  readonly key: string;
  /** Undefined for a document whose kind or name cannot be read, or whose name is another's. */
  readonly kind: Kind | undefined;
  /** `metadata.name`; where there is no kind, `FILE#DOCUMENT`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the manifest stands; undefined when none declares it. */
  readonly place?: ManifestPlace;
  /** As written; undefined while it is invalid. Of a Secret without its values. */
  readonly manifest?: ManifestDocument;
  /** Of what has a spec. */
  readonly writtenSpecHash?: string;
  /** What is wrong with the manifest on disk. */
  readonly faults: readonly Fault[];
  /** Registry-relative. */
  readonly statusFile?: string;
  readonly status?: StatusDocument;
}

interface Published {
  readonly statusFile: string;
  readonly status: StatusDocument;
}

type Statuses = ReadonlyMap<string, readonly StatusDocument[]>;

/**
 * The resources of a folder, sorted by name: what the manifests declare, by the controller's own rules, each with its
 * status. Both maps are by registry-relative path.
 */
export function joinResources(manifests: Files, statuses: Statuses): readonly Resource[] {
  const published = new Map<string, Published[]>();
  for (const [statusFile, documents] of statuses) {
    for (const status of documents) {
      const key = resourceKey(status.kind, status.metadata.name);
      published.set(key, [...(published.get(key) ?? []), { statusFile, status }]);
    }
  }
  const resources: Resource[] = [];
  for (const [key, declaration] of resolveClaims(manifests, holdingsOf(manifests, statuses)).present) {
    const found = published.get(key) ?? [];
    published.delete(key);
    const beside = statusFileOf(declaration.place.file);
    // Else, for a manifest that was just moved, any of that name.
    const status = found.find(({ statusFile }) => statusFile === beside) ?? found[0];
    resources.push({ ...identityOf(key), ...declaredPart(declaration), ...status });
  }
  for (const [key, [left]] of published)
    resources.push({ ...identityOf(key), labels: {}, faults: [], ...left });
  return resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function identityOf(unsafe: string): Pick<Resource, "key" | "kind" | "name"> {
  const key = cleanText(unsafe);
  const named = parseKey(key);
  return { key, kind: named?.kind, name: named?.name ?? key };
}

function declaredPart(declaration: Present): Omit<Resource, "key" | "kind" | "name"> {
  const { place } = declaration;
  if (declaration.kind === "invalid") return { labels: {}, place, faults: declaration.faults };
  const { resource } = declaration;
  const { labels, manifest } = resource;
  const spec = "writtenSpecHash" in resource ? { writtenSpecHash: resource.writtenSpecHash } : {};
  return { labels, place, manifest, ...spec, faults: [] };
}

/** Who held which name, as far as the statuses tell: the controller knows it from its records. */
function holdingsOf(manifests: Files, statuses: Statuses): ReadonlyMap<string, Holding> {
  const holdings = new Map<string, Holding>();
  for (const [statusFile, documents] of statuses) {
    const stem = statusFile.slice(0, -".status.yaml".length);
    const file =
      !manifests.has(`${stem}.yaml`) && manifests.has(`${stem}.yml`) ? `${stem}.yml` : `${stem}.yaml`;
    for (const [document, { kind, metadata, status }] of documents.entries()) {
      // A status without a generation is of a manifest that was never valid: it holds no name.
      if (metadata.generation === undefined || saysDeleting(status)) continue;
      holdings.set(resourceKey(kind, metadata.name), { place: { file, document }, others: Infinity });
    }
  }
  return holdings;
}

function saysDeleting(status: StatusDocument["status"]): boolean {
  return "phase" in status && status.phase === "Deleting";
}

/** The condition of that type, if the status has it. */
export function conditionOf(status: StatusDocument | undefined, type: string): Condition | undefined {
  return status?.status.conditions.find((condition) => condition.type === type);
}

/** The status of an Application; undefined for what is none. */
export function applicationStatus({ status }: Pick<Resource, "status">): ApplicationStatus | undefined {
  return status?.kind === "Application" ? status.status : undefined;
}

/**
 * The status of a Secret; what its manifest tells of it, where the controller has not looked yet: the type and the names of
 * the fields.
 */
export function secretStatus({
  kind,
  manifest,
  status,
}: Pick<Resource, "kind" | "manifest" | "status">): SecretStatus | undefined {
  if (status?.kind === "Secret") return status.status;
  if (kind !== "Secret" || manifest === undefined) return undefined;
  const names = ["stringData", "data", "sealedData"].flatMap((place) => Object.keys(manifest[place] ?? {}));
  return {
    observedGeneration: 0,
    type: typeof manifest["type"] === "string" ? manifest["type"] : "Opaque",
    fields: names.toSorted().map((name) => ({ name })),
    conditions: [],
  };
}

/** What a person calls it: `shop` is an Application, others have their kind before the name. */
export function titleOf({ key, kind, name }: Resource): string {
  return kind === undefined || kind === "Application" ? name : subjectOf(key);
}

/** The whole object as Kubernetes would give it: what the person wrote, and what was observed. */
export function toObject({ kind, name, manifest, status }: Resource): Readonly<Record<string, unknown>> {
  const { apiVersion, kind: _kind, metadata, ...written } = manifest ?? {};
  return {
    apiVersion: apiVersion ?? status?.apiVersion ?? API_VERSION,
    kind: kind ?? status?.kind ?? "Application",
    metadata: { name, ...metadata, ...status?.metadata },
    ...written,
    ...(status && { status: status.status }),
  };
}

/**
 * The object as a table shows it: where the manifest on disk is invalid, it says so at once, though the controller may
 * not have looked yet, or may not run.
 */
export function toShownObject(resource: Resource): Readonly<Record<string, unknown>> {
  const object = toObject(resource);
  const [fault] = resource.faults;
  const { kind, status } = resource;
  const secret = secretStatus(resource);
  if (status === undefined && secret !== undefined) return { ...object, status: secret };
  if (fault === undefined || conditionOf(status, "Ready")?.reason === "InvalidManifest") return object;
  const ready = { type: "Ready", status: "False", reason: "InvalidManifest", message: fault.message };
  const others = status?.status.conditions.filter(({ type }) => type !== "Ready") ?? [];
  const phase = kind === undefined || kind === "Application" ? { phase: "Error" } : {};
  return { ...object, status: { ...phase, ...status?.status, conditions: [ready, ...others] } };
}
