/**
 * The registry's folder as the CLI sees it: the manifests as they are on disk now, and what the controller published
 * beside them. Works while no controller runs. Every text of a document in it is safe to print, and holds no value of a
 * Secret but sealed ones.
 */
import { messageOf } from "../api/errors.ts";
import type { StatusDocument } from "../api/status.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { findFiles, PARALLEL_READS, readRegistryFile } from "../registry/files.ts";
import { forEachOf } from "../registry/for-each-of.ts";
import { parseManifests } from "../registry/parse.ts";
import type { FileContent } from "../registry/readings.ts";
import { listStatusFiles, parseStatusFile } from "../status/read-status.ts";
import { cleanDeep } from "./clean.ts";
import { CommandError } from "./errors.ts";
import { hideValues } from "./hide-values.ts";
import { joinResources } from "./resource.ts";
import type { Resource } from "./resource.ts";

export interface FolderReader {
  /** Everything, sorted by name. What did not change since the last call is not parsed again. Throws CommandError. */
  read(): Promise<readonly Resource[]>;
}

/** Status files hold a bounded history; this is far above what one can come to. */
const MAX_STATUS_BYTES = 16 * 1024 * 1024;

interface Seen<Content> {
  readonly stamp: string | undefined;
  readonly content: Content;
}

/** Creates the reader of one folder. Nothing is read yet. */
export function createFolderReader(manifestsDir: string): FolderReader {
  let manifests: ReadonlyMap<string, Seen<FileContent>> = new Map();
  let statuses: ReadonlyMap<string, Seen<readonly StatusDocument[]>> = new Map();

  /** Reads each file that changed since `before`. `unreadable` undefined leaves out what cannot be read. */
  async function readAll<Content>(
    files: readonly string[],
    before: ReadonlyMap<string, Seen<Content>>,
    maxBytes: number | undefined,
    parse: (file: string, bytes: Uint8Array) => Content,
    unreadable: (message: string) => Content | undefined,
  ): Promise<ReadonlyMap<string, Seen<Content>>> {
    const found = new Map<string, Seen<Content>>();
    await forEachOf(files, PARALLEL_READS, async (file) => {
      const known = before.get(file);
      const options = { seen: known?.stamp, ...(maxBytes === undefined ? {} : { maxBytes }) };
      const read = await readRegistryFile(manifestsDir, file, options);
      if (read.kind === "unchanged" && known !== undefined) found.set(file, known);
      if (read.kind === "read") found.set(file, { stamp: read.stamp.text, content: parse(file, read.bytes) });
      if (read.kind !== "unreadable") return;
      const content = unreadable(read.message);
      if (content !== undefined) found.set(file, { stamp: undefined, content });
    });
    return found;
  }

  return {
    async read() {
      const found = await findFiles(manifestsDir).catch((error: unknown) => {
        throw new CommandError(
          `Cannot read the manifests in ${JSON.stringify(manifestsDir)}: ${whyNot(error)}`,
        );
      });
      manifests = await readAll(
        found.manifests,
        manifests,
        undefined,
        // Whether file: sources are allowed is the controller's to say: its status does.
        (file, bytes) => ({
          kind: "parsed",
          documents: cleanDeep(
            parseManifests(file, bytes, { allowFileRepos: true }).documents.map(hideValues),
          ),
        }),
        (message) => ({ kind: "unreadable", message }),
      );
      statuses = await readAll(
        await listStatusFiles(manifestsDir),
        statuses,
        MAX_STATUS_BYTES,
        (_, bytes) => cleanDeep(parseStatusFile(new TextDecoder().decode(bytes))),
        () => undefined,
      );
      return joinResources(contents(manifests), contents(statuses));
    },
  };
}

/** In the order of the names, however the reads ended. */
function contents<Content>(seen: ReadonlyMap<string, Seen<Content>>): ReadonlyMap<string, Content> {
  return new Map(
    [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([file, { content }]) => [file, content]),
  );
}

function whyNot(error: unknown): string {
  if (isErrno(error, "ENOENT")) return "there is no such folder (--manifests names it)";
  return isErrno(error, "ENOTDIR") ? "it is not a folder" : messageOf(error);
}
