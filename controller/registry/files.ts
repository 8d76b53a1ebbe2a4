/**
 * Which files of a folder are manifests, and how one is read. The controller and the CLI use the same rules:
 *
 * - manifests are `*.yaml` and `*.yml` at any depth, but not `*.status.yaml` and `*.request.yaml`;
 * - dot-files and dot-folders, and what editors leave beside a file (`~shop.yaml`, `#shop.yaml`), are not looked at;
 * - a link to a regular file is read, wherever it leads; a link to a folder is not followed, so that there are no loops
 *   and no file is found twice;
 * - files of more than 1 MiB, and whatever is not a regular file, are not read.
 */
import { constants } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { forEachOf } from "./for-each-of.ts";

export const MAX_MANIFEST_BYTES = 1024 * 1024;
/** How many files or folders are read at once. */
export const PARALLEL_READS = 16;

/** What was found in a folder. Every path is relative to it, with POSIX separators, sorted. */
export interface FoundFiles {
  readonly manifests: readonly string[];
  /** `*.request.yaml` in the folder itself. */
  readonly requests: readonly string[];
  /** Folders that could not be read: what they hold is not known. */
  readonly unreadable: readonly { readonly folder: string; readonly message: string }[];
  /** Folders below this one that are work trees of Git themselves. */
  readonly workTrees: readonly string[];
}

export type FileRead =
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly stamp: Stamp }
  | { readonly kind: "unchanged" }
  | { readonly kind: "unreadable"; readonly message: string }
  | { readonly kind: "folder" }
  | { readonly kind: "gone" };

/** Tells one state of a file from another without reading it. */
export interface Stamp {
  readonly text: string;
  /** Wall milliseconds at which the file last changed in any way. */
  readonly changedAt: number;
}

/** True for names that nobody looks at, whatever they are: dot-files, editors' leftovers, `lost+found`. */
export function isIgnoredName(name: string): boolean {
  return /^[.~#]|~$/.test(name) || name === "lost+found";
}

/** True for the name (or path) of a file that may hold manifests. */
export function isManifestName(path: string): boolean {
  const name = basename(path);
  return /.\.ya?ml$/.test(name) && !/\.(?:status|request)\.ya?ml$/.test(name) && !isIgnoredName(name);
}

/** True for the name of a one-time request. */
export function isRequestName(name: string): boolean {
  return /.\.request\.yaml$/.test(name) && !isIgnoredName(name);
}

/** `a/shop.yaml`, `a/shop.yml` → `a/shop`: two files with one stem have one status file. */
export function stemOf(file: string): string {
  return file.replace(/\.ya?ml$/, "");
}

export const STATUS_SUFFIX = ".status.yaml";

/** `a/shop.yaml` → `a/shop.status.yaml`. */
export function statusFileOf(file: string): string {
  return `${stemOf(file)}${STATUS_SUFFIX}`;
}

/**
 * The manifest files of a folder, or of the one file that `path` names (a file named outright is listed whatever its
 * name). Throws when `path` is neither, or cannot be read; a folder below that cannot be read is named in `unreadable`.
 */
export async function listManifestFiles(path: string): Promise<FoundFiles & { readonly root: string }> {
  if ((await stat(path)).isDirectory()) return { root: path, ...(await findFiles(path)) };
  return { root: dirname(path), manifests: [basename(path)], requests: [], unreadable: [], workTrees: [] };
}

/** Lists `root` to any depth, reading nothing. Throws only when `root` itself cannot be listed. */
export async function findFiles(root: string): Promise<FoundFiles> {
  const manifests: string[] = [];
  const requests: string[] = [];
  const unreadable: { folder: string; message: string }[] = [];
  const workTrees: string[] = [];

  async function listFolder(folder: string): Promise<readonly string[]> {
    const folders: string[] = [];
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === ".git" && folder !== "") workTrees.push(folder);
      if (isIgnoredName(entry.name)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (isManifestName(entry.name)) manifests.push(path);
      else if (folder === "" && entry.isFile() && isRequestName(entry.name)) requests.push(path);
    }
    return folders;
  }

  let level = await listFolder("");
  while (level.length > 0) {
    const below: string[] = [];
    await forEachOf(level, PARALLEL_READS, async (folder) => {
      try {
        below.push(...(await listFolder(folder)));
      } catch (error) {
        if (isErrno(error, "ENOENT", "ENOTDIR")) return; // gone since its parent was listed
        if (isShortage(error)) throw error;
        unreadable.push({ folder, message: causeOf(error) });
      }
    });
    level = below;
  }
  return {
    manifests: manifests.toSorted(),
    requests: requests.toSorted(),
    unreadable: unreadable.toSorted((a, b) => (a.folder < b.folder ? -1 : 1)),
    workTrees: workTrees.toSorted(),
  };
}

/**
 * Reads one file of `root`, at most `maxBytes`. With `seen`, the stamp of a state whose content is known, an unchanged
 * file is not read again. Throws only for what is no fault of the file (no more descriptors or memory).
 */
export async function readRegistryFile(
  root: string,
  file: string,
  options: { readonly seen?: string | undefined; readonly maxBytes?: number } = {},
): Promise<FileRead> {
  const { seen, maxBytes = MAX_MANIFEST_BYTES } = options;
  const path = join(root, file);
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      const isLink = (await lstat(path)).isSymbolicLink();
      return isLink
        ? unreadable("is a link to a folder, and links to folders are not followed")
        : { kind: "folder" };
    }
    if (!found.isFile()) return unreadable("is not a regular file");
    if (seen !== undefined && seen === stampOf(found).text) return { kind: "unchanged" };
    return await readWhole(path, maxBytes);
  } catch (error) {
    if (isShortage(error)) throw error;
    if (!isErrno(error, "ENOENT", "ENOTDIR")) return unreadable(`cannot be read: ${causeOf(error)}`);
    if (await isDanglingLink(path)) return unreadable("is a link to a file that is not there");
    // A name that is not UTF-8 is listed with U+FFFD in it, under which there is no file.
    return file.includes("\ufffd") ? unreadable("has a name that is not UTF-8") : { kind: "gone" };
  }
}

async function readWhole(path: string, maxBytes: number): Promise<FileRead> {
  // O_NONBLOCK: should a pipe have taken the file's place since, opening it must not wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) return unreadable("is not a regular file");
    const tooLarge = unreadable(`is larger than ${maxBytes / 1024} KiB`);
    if (found.size > maxBytes) return tooLarge;
    let buffer = Buffer.alloc(found.size + 1); // one more than expected: it may be growing
    let length = 0;
    while (length <= maxBytes) {
      if (length === buffer.length) buffer = Buffer.concat([buffer], maxBytes + 1);
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > maxBytes) return tooLarge;
    return { kind: "read", bytes: buffer.subarray(0, length), stamp: stampOf(found) };
  } finally {
    await file.close();
  }
}

function stampOf(found: Awaited<ReturnType<typeof stat>>): Stamp {
  const { dev, ino, size, mtimeMs, ctimeMs } = found;
  return { text: [dev, ino, size, mtimeMs, ctimeMs].join(":"), changedAt: Number(ctimeMs) };
}

function isDanglingLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

/** Not a fault of the file: this process or machine is short of something. */
function isShortage(error: unknown): boolean {
  return isErrno(error, "EMFILE", "ENFILE", "ENOMEM");
}

function unreadable(message: string): FileRead {
  return { kind: "unreadable", message };
}

/** What the system said, without the path of this machine, so that one fault has one text. */
export function causeOf(error: unknown): string {
  if (isErrno(error, "EACCES", "EPERM")) return "permission denied";
  if (isErrno(error, "ELOOP")) return "its links lead in a circle";
  if (isErrno(error, "EIO")) return "the disk reports an error (EIO)";
  if (error instanceof Error && "code" in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}
