/**
 * A manifest file as it was read for an edit, held open: whatever is written to it later, under whatever name, can be seen.
 */
import { constants, type BigIntStats } from "node:fs";
import { access, lstat, open, type FileHandle } from "node:fs/promises";
import { isErrno } from "../lib/atomic-file.ts";
import { sha256 } from "../lib/hash.ts";
import { causeOf } from "../registry/files.ts";
import { MAX_BYTES } from "../registry/yaml-limits.ts";
import { EditRefusal } from "./edit-error.ts";

export interface Original {
  /** Of the file itself, not of a link to it. */
  readonly path: string;
  readonly handle: FileHandle;
  readonly bytes: Buffer;
  readonly stats: BigIntStats;
}

/**
 * Opens and reads the file. Undefined: it was written while it was read. Throws EditRefusal for what may not be edited:
 * not a regular file, read-only, one of several hard links (replacing it would part it from the others), too large.
 */
export async function openOriginal(path: string): Promise<Original | undefined> {
  const handle = await openForReading(path);
  try {
    const stats = await handle.stat({ bigint: true });
    const { mode, nlink, size } = stats;
    if (!stats.isFile()) throw new EditRefusal("refused", "is not a regular file");
    if (nlink > 1n) {
      const message =
        "has other names (hard links), which would keep the old text: make them symbolic links or copies";
      throw new EditRefusal("refused", message);
    }
    if ((mode & 0o222n) === 0n || !(await isWritable(path))) throw new EditRefusal("refused", "is read-only");
    if (size > MAX_BYTES) throw new EditRefusal("invalid", "is larger than 1024 KiB");
    const bytes = await readOpen(handle);
    const after = await handle.stat({ bigint: true });
    if (bytes !== undefined && tagOf(after) === tagOf(stats) && bytes.length === Number(size)) {
      return { path, handle, bytes, stats };
    }
    await handle.close();
    return undefined;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether nobody has written to it since it was read, as far as its bytes and its stamp tell. */
export async function isUnwritten({ handle, bytes, stats }: Original): Promise<boolean> {
  const now = await handle.stat({ bigint: true });
  return tagOf(now) === tagOf(stats) && (await readOpen(handle))?.equals(bytes) === true;
}

/** Tells one state of one file from any other of its folder; the same under another name. */
export function tagOf({ ino, size, mtimeNs }: BigIntStats): string {
  return sha256(`${ino}:${size}:${mtimeNs}`).slice(0, 12);
}

/** The tag of what the path names now, links not followed; undefined when there is nothing. */
export async function readTag(path: string): Promise<string | undefined> {
  try {
    return tagOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    // O_NONBLOCK: should a pipe have taken the file's place, opening it must not wait for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR"))
      throw new EditRefusal("gone", "is not there", { cause: error, doubt: "absent" });
    if (isErrno(error, "ELOOP"))
      throw new EditRefusal("busy", "became a link while it was read", { cause: error });
    if (isErrno(error, "ENXIO")) throw new EditRefusal("refused", "is not a regular file", { cause: error });
    throw new EditRefusal("refused", `cannot be read: ${causeOf(error)}`, { cause: error });
  }
}

/** Undefined: larger than it may be. */
async function readOpen(handle: FileHandle): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (length > MAX_BYTES) return undefined;
    if (bytesRead === 0) return Buffer.from(buffer.subarray(0, length));
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true; // said when it is looked for
    return false;
  }
}
