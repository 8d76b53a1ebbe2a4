/** What is declared, for a preview: the folder of manifests as it is on disk, and a file that is to take the place of some of it. */
import { formatFault } from "./api/application.ts";
import type { Application } from "./api/application.ts";
import { messageOf, ReconcileError } from "./api/errors.ts";
import { parseKey, resourceKey } from "./api/resource.ts";
import { isErrno } from "./lib/atomic-file.ts";
import { resolveClaims, type Present } from "./registry/claims.ts";
import { findFiles, PARALLEL_READS, readRegistryFile } from "./registry/files.ts";
import { forEachOf } from "./registry/for-each-of.ts";
import { parseManifests } from "./registry/parse.ts";
import type { FileContent, Files } from "./registry/readings.ts";
import type { Declaration, ManifestPlace } from "./registry/registry.ts";

/** A manifest that is not in the folder, or not yet as it is there. */
export interface EditedFile {
  /** As a person calls it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface PreviewManifests {
  get(key: string): Declaration;
  lastGood(key: string): undefined;
  secretNames(): readonly string[];
  /** The Application of that name; without a name, the only one of the edited file. Throws ReconcileError. */
  application(name: string | undefined): { readonly application: Application; readonly place: ManifestPlace };
}

/** Reads everything once. Throws ReconcileError for an edited file that is not valid. */
export async function readPreviewManifests(
  dir: string,
  edited: EditedFile | undefined,
  allowFileRepos: boolean,
): Promise<PreviewManifests> {
  const parse = (file: string, bytes: Uint8Array): FileContent => ({
    kind: "parsed",
    documents: parseManifests(file, bytes, { allowFileRepos }).documents,
  });
  const { present } = resolveClaims(await readFolder(dir, edited !== undefined, parse), new Map());
  const own =
    edited &&
    resolveClaims(new Map([[edited.name, parse(edited.name, edited.bytes)]]), new Map<string, never>())
      .present;
  for (const found of own?.values() ?? []) {
    if (found.kind === "invalid") throw invalid(`Cannot use ${quoted(edited?.name)}`, found);
  }
  const get = (key: string): Declaration => own?.get(key) ?? present.get(key) ?? { kind: "deleted" };
  return {
    get,
    lastGood: () => undefined,
    secretNames: () =>
      [...new Set([...present.keys(), ...(own?.keys() ?? [])])]
        .map(parseKey)
        .flatMap((named) => (named?.kind === "Secret" ? [named.name] : [])),
    application(name) {
      const wanted = name ?? onlyApplication(own ?? new Map(), edited?.name);
      const found = get(resourceKey("Application", wanted));
      if (found.kind === "invalid") throw invalid(`Cannot read Application ${quoted(wanted)}`, found);
      if (found.kind === "declared" && found.resource.kind === "Application")
        return { application: found.resource, place: found.place };
      throw new ReconcileError(`Cannot find Application ${quoted(wanted)} in ${quoted(dir)}`, {
        reason: "InvalidManifest",
        terminal: true,
      });
    },
  };
}

async function readFolder(
  dir: string,
  isOptional: boolean,
  parse: (file: string, bytes: Uint8Array) => FileContent,
): Promise<Files> {
  const found = new Map<string, FileContent>();
  const { manifests } = await findFiles(dir).catch((error: unknown) => {
    if (isOptional && isErrno(error, "ENOENT")) return { manifests: [] };
    throw new ReconcileError(`Cannot read the manifests in ${quoted(dir)}: ${messageOf(error)}`, {
      reason: "InvalidManifest",
      cause: error,
    });
  });
  await forEachOf(manifests, PARALLEL_READS, async (file) => {
    const read = await readRegistryFile(dir, file);
    if (read.kind === "read") found.set(file, parse(file, read.bytes));
    if (read.kind === "unreadable") found.set(file, read);
  });
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function onlyApplication(own: ReadonlyMap<string, Present>, file: string | undefined): string {
  const names = [...own.values()].flatMap((found) =>
    found.kind === "declared" && found.resource.kind === "Application" ? [found.resource.name] : [],
  );
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  const why =
    name === undefined
      ? "it holds no Application"
      : "it holds several Applications; name the one that is meant";
  throw new ReconcileError(`Cannot use ${quoted(file)}: ${why}`, {
    reason: "InvalidManifest",
    terminal: true,
  });
}

function invalid(
  what: string,
  { faults, place }: Extract<Present, { readonly kind: "invalid" }>,
): ReconcileError {
  const [fault] = faults;
  const why = fault === undefined ? `${place.file} is not valid` : formatFault(fault);
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: conops validate)` : "";
  return new ReconcileError(`${what}: ${why}${more}`, { reason: "InvalidManifest", terminal: true });
}

function quoted(text: string | undefined): string {
  return JSON.stringify(text ?? "");
}
