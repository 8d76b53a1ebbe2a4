import { API_VERSION, APPLICATION } from "../api/application.ts";
import type { Fault, Manifest } from "../api/application.ts";
import { parseKey, resourceKey } from "../api/resource.ts";
import type { ApplicationDocument, Condition, StatusDocument } from "../api/status.ts";
import { placeKey, resolveClaims } from "../registry/claims.ts";
import type { Holding, Present } from "../registry/claims.ts";
import { statusFileOf } from "../registry/files.ts";
import type { Files } from "../registry/readings.ts";
import type { ManifestPlace } from "../registry/registry.ts";
import { cleanText } from "./clean.ts";

/** One Application, declared by a manifest or known by a status, or both. */
export interface Resource {
  /** `metadata.name`; `FILE#DOCUMENT` for a document without a readable name, or with one that is another's. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the manifest stands; undefined when none declares it. */
  readonly place?: ManifestPlace;
  /** As written; undefined while it is invalid. */
  readonly manifest?: Manifest;
  readonly writtenSpecHash?: string;
  /** What is wrong with the manifest on disk. */
  readonly faults: readonly Fault[];
  /** Registry-relative. */
  readonly statusFile?: string;
  readonly status?: ApplicationDocument;
}

interface Published {
  readonly statusFile: string;
  readonly status: ApplicationDocument;
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
      if (status.kind !== "Application") continue;
      const { name } = status.metadata;
      published.set(name, [...(published.get(name) ?? []), { statusFile, status }]);
    }
  }
  const resources: Resource[] = [];
  for (const [key, declaration] of resolveClaims(manifests, holdingsOf(manifests, statuses)).present) {
    if ((parseKey(key)?.kind ?? "Application") !== "Application") continue;
    const { file } = declaration.place;
    const names = key === placeKey(declaration.place) ? [key, file] : [key];
    const found = names.flatMap((name) => published.get(name) ?? []);
    for (const name of names) published.delete(name);
    const beside = statusFileOf(file);
    // Else, for a manifest that was just moved, any of that name.
    const status = found.find(({ statusFile }) => statusFile === beside) ?? found[0];
    resources.push({ name: cleanText(key), ...declaredPart(declaration), ...status });
  }
  for (const [name, [left]] of published) resources.push({ name, labels: {}, faults: [], ...left });
  return resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function declaredPart(declaration: Present): Omit<Resource, "name"> {
  const { place } = declaration;
  if (declaration.kind === "invalid") return { labels: {}, place, faults: declaration.faults };
  const { resource } = declaration;
  if (resource.kind !== "Application") return { labels: {}, place, faults: [] };
  const { labels, manifest, writtenSpecHash } = resource;
  return { labels, place, manifest, writtenSpecHash, faults: [] };
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

/** The whole object as Kubernetes would give it: what the person wrote, and what was observed. */
export function toObject({ name, manifest, status }: Resource): Readonly<Record<string, unknown>> {
  return {
    apiVersion: manifest?.apiVersion ?? status?.apiVersion ?? API_VERSION,
    kind: manifest?.kind ?? status?.kind ?? APPLICATION,
    metadata: { name, ...manifest?.metadata, ...status?.metadata },
    ...(manifest && { spec: manifest.spec }),
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
  const { status } = resource;
  if (fault === undefined || conditionOf(status, "Ready")?.reason === "InvalidManifest") return object;
  const ready = { type: "Ready", status: "False", reason: "InvalidManifest", message: fault.message };
  const others = status?.status.conditions.filter(({ type }) => type !== "Ready") ?? [];
  return { ...object, status: { phase: "Error", ...status?.status, conditions: [ready, ...others] } };
}
