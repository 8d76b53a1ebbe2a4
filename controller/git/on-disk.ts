import { constants } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { gitBlobId } from "../lib/hash.ts";
import type { OnDisk } from "./checkout-plan.ts";
import { NotAFolderError, openSafeFolder, type SafeFolder } from "./safe-folder.ts";

/** A container may put a link or a pipe in the place of a file between two looks. */
export const NO_FOLLOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What stands at a path of the stable checkout, its bytes as Git would name them; no link is followed on the way. */
export async function lookAt(stableDir: string, path: string): Promise<OnDisk> {
  const parent = dirname(path) === "." ? "" : dirname(path);
  let folder: SafeFolder | undefined;
  try {
    folder = await openSafeFolder(stableDir, parent, false);
    if (folder === undefined) return { kind: "nothing" };
    const full = join(folder.path, basename(path));
    const stat = await lstat(full);
    if (stat.isDirectory()) return { kind: "folder" };
    if (stat.isSymbolicLink()) return { kind: "link", blob: gitBlobId(Buffer.from(await readlink(full))) };
    if (!stat.isFile()) return { kind: "other", what: path };
    return {
      kind: "file",
      blob: gitBlobId(await readFile(full, { flag: NO_FOLLOW })),
      executable: (stat.mode & 0o100) !== 0,
    };
  } catch (error) {
    if (error instanceof NotAFolderError) return { kind: "other", what: error.component };
    if (isErrno(error, "ENOENT")) return { kind: "nothing" };
    throw error;
  } finally {
    await folder?.close();
  }
}

/** By name only, following nothing but folders: enough to notice a file that somebody removed. */
export async function existsAt(stableDir: string, path: string): Promise<boolean> {
  try {
    await lstat(join(stableDir, path));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}

/** Changes whenever the file was written, or replaced; empty where there is none. Its bytes are not read. */
export async function stampAt(stableDir: string, path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, mode } = await lstat(join(stableDir, path), { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${mode}`;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return "";
    throw error;
  }
}
