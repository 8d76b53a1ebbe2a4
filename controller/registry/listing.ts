/**
 * What stands in the folder, read from the disk: the documents of every manifest and the requests. A file is parsed again
 * only when its bytes changed, and read again only when its stamp did, or may not have told all.
 */
import type { Clock } from "../lib/clock.ts";
import { sha256 } from "../lib/hash.ts";
import { findFiles, isManifestName, isRequestName, PARALLEL_READS, readRegistryFile } from "./files.ts";
import { forEachOf } from "./for-each-of.ts";
import type { ParsedFile } from "./parse.ts";
import type { FileContent } from "./readings.ts";
import type { RegistryRequest } from "./registry.ts";
import { MAX_REQUEST_BYTES, parseRequest } from "./requests.ts";

export interface Listing {
  /** By registry-relative path, sorted. */
  readonly files: ReadonlyMap<string, FileContent>;
  /** By file name. */
  readonly requests: ReadonlyMap<string, RegistryRequest>;
  /** Request files that cannot be understood: name → what is wrong. */
  readonly badRequests: ReadonlyMap<string, string>;
  /** Folders that could not be read. */
  readonly unreadable: readonly { readonly folder: string; readonly message: string }[];
  /** Folders below that are work trees of Git themselves. */
  readonly workTrees: readonly string[];
}

export const EMPTY_LISTING: Listing = {
  files: new Map(),
  requests: new Map(),
  badRequests: new Map(),
  unreadable: [],
  workTrees: [],
};

export interface Lister {
  /** Lists and reads everything; with `fresh`, every byte, whatever the stamps say. Throws when the folder cannot be listed. */
  list(options: { readonly fresh: boolean; readonly signal: AbortSignal }): Promise<Listing>;
  /**
   * Reads only these files again. Undefined when that is not enough: one of them is gone, or is a folder, and the whole
   * has to be listed.
   */
  update(before: Listing, files: readonly string[]): Promise<Listing | undefined>;
}

interface CachedFile {
  readonly hash: string;
  readonly content: FileContent;
  /** The stamp that proves the content unchanged; none for a file that changed shortly before it was read. */
  readonly stamp?: string;
}

type Entry = FileContent | "folder" | "gone";

/** A file system's time stamps are coarse: a change this soon after another may leave the stamp as it was. */
const COARSE_MS = 2_000;

/** Creates the lister of one folder, which remembers what it read. Calls must not overlap. */
export function createLister(options: {
  readonly root: string;
  readonly parse: (file: string, bytes: Uint8Array) => ParsedFile;
  readonly clock: Clock;
}): Lister {
  const { root, parse, clock } = options;
  const cache = new Map<string, CachedFile>();

  async function readManifest(file: string, fresh: boolean): Promise<Entry> {
    const cached = cache.get(file);
    const readAt = clock.now();
    const found = await readRegistryFile(root, file, { seen: fresh ? undefined : cached?.stamp });
    if (found.kind === "unchanged" && cached !== undefined) return cached.content;
    if (found.kind === "folder") return "folder";
    if (found.kind !== "read") {
      cache.delete(file);
      return found.kind === "unreadable" ? found : "gone";
    }
    const hash = sha256(found.bytes);
    const content: FileContent =
      cached?.hash === hash ? cached.content : { kind: "parsed", ...parse(file, found.bytes) };
    const isOld = readAt - found.stamp.changedAt > COARSE_MS;
    cache.set(file, { hash, content, ...(isOld ? { stamp: found.stamp.text } : {}) });
    return content;
  }

  async function readRequest(file: string): Promise<RegistryRequest | string | undefined> {
    const found = await readRegistryFile(root, file, { maxBytes: MAX_REQUEST_BYTES });
    if (found.kind === "read") return parseRequest(file, found.bytes);
    return found.kind === "unreadable" ? found.message : undefined;
  }

  async function readRequests(files: readonly string[]): Promise<Pick<Listing, "requests" | "badRequests">> {
    const requests = new Map<string, RegistryRequest>();
    const badRequests = new Map<string, string>();
    for (const file of files) {
      const found = await readRequest(file);
      if (typeof found === "string") badRequests.set(file, found);
      else if (found !== undefined) requests.set(file, found);
    }
    return { requests, badRequests };
  }

  return {
    async list({ fresh, signal }) {
      const found = await findFiles(root);
      // Filled in its order before any is read, so that the order does not depend on which read ends first.
      const files = new Map<string, FileContent | undefined>(
        found.manifests.map((file) => [file, undefined]),
      );
      await forEachOf(found.manifests, PARALLEL_READS, async (file) => {
        signal.throwIfAborted();
        const entry = await readManifest(file, fresh);
        if (entry === "gone" || entry === "folder") files.delete(file);
        else files.set(file, entry);
      });
      for (const file of cache.keys()) if (!files.has(file)) cache.delete(file);
      const { unreadable, workTrees } = found;
      const requests = await readRequests(found.requests);
      return { files: files as ReadonlyMap<string, FileContent>, ...requests, unreadable, workTrees };
    },

    async update(before, paths) {
      const files = new Map(before.files);
      const isNew = paths.some((path) => isManifestName(path) && !files.has(path));
      for (const path of paths) {
        if (!isManifestName(path)) continue;
        const entry = await readManifest(path, true);
        if (entry === "gone" || entry === "folder") return undefined;
        files.set(path, entry);
      }
      const sorted = isNew ? new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) : files;
      const changed = paths.filter((path) => isRequestName(path) && !path.includes("/"));
      if (changed.length === 0) return { ...before, files: sorted };
      const known = [...before.requests.keys(), ...before.badRequests.keys(), ...changed];
      return { ...before, files: sorted, ...(await readRequests([...new Set(known)].toSorted())) };
    },
  };
}
