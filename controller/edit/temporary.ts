/**
 * The files that an edit makes beside the one that it replaces, and what a crash leaves of them. All are dot-files, which the
 * registry does not read. A name says which state of which file it may hold, so that a leftover is never taken for the
 * editor's own when a person's save is in it.
 */
import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isErrno, syncFolder } from "../lib/atomic-file.ts";
import { failpoint } from "../lib/failpoint.ts";
import { copyAttributes } from "../lib/file-attributes.ts";
import { causeOf } from "../registry/files.ts";
import { EditRefusal } from "./edit-error.ts";
import { readTag, tagOf, type Original } from "./original.ts";

export interface Temporary {
  readonly path: string;
  /** A name that is free, and known as that of a leftover. */
  readonly spare: string;
  readonly tag: string;
}

const DRAFT = /^\..+\.edit\.[0-9a-f]{12}\.tmp$/;
const READY = /^\.(.+)\.edit-([0-9a-f]{12})-([0-9a-f]{12})\.([0-9a-f]{12})\.tmp$/;

/**
 * Writes a file that can take the original's place: with its mode, owner, group, access control list and attributes, and on
 * disk. Throws EditRefusal where that cannot be, and leaves nothing then.
 */
export async function writeTemporary(original: Original, bytes: Uint8Array): Promise<Temporary> {
  const folder = dirname(original.path);
  const name = basename(original.path);
  const id = (): string => randomBytes(6).toString("hex");
  const draft = join(folder, `.${name}.edit.${id()}.tmp`);
  try {
    const handle = await open(draft, "wx", 0o600);
    let tag: string;
    try {
      await handle.writeFile(bytes);
      failpoint("edit-draft");
      await dressAs(original, handle);
      await handle.sync();
      tag = tagOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
    const state = `.${name}.edit-${tagOf(original.stats)}-${tag}`;
    const path = join(folder, `${state}.${id()}.tmp`);
    await rename(draft, path);
    return { path, spare: join(folder, `${state}.${id()}.tmp`), tag };
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    if (error instanceof EditRefusal) throw error;
    if (isErrno(error, "ENAMETOOLONG"))
      throw new EditRefusal("refused", "has too long a name", { cause: error });
    throw new EditRefusal("refused", `its folder cannot be written to: ${causeOf(error)}`, { cause: error });
  }
}

async function dressAs({ handle: from, stats }: Original, to: FileHandle): Promise<void> {
  const own = await to.stat({ bigint: true });
  if (own.uid !== stats.uid || own.gid !== stats.gid) {
    try {
      await to.chown(Number(stats.uid), Number(stats.gid));
    } catch (error) {
      const message = "belongs to another user or group, and this process may not write a file that does";
      throw new EditRefusal("refused", message, { cause: error });
    }
  }
  const [lost] = copyAttributes(from.fd, to.fd);
  if (lost !== undefined) throw new EditRefusal("refused", `its attribute "${lost}" cannot be kept`);
  // Last: the umask must not decide, nor a new owner take bits away.
  await to.chmod(Number(stats.mode & 0o7777n));
}

/**
 * Removes from a folder what edits that were cut short have left. A leftover that holds what a person saved at that very
 * moment goes back to its place, if the editor's file still stands there; else it is kept as `NAME.HEX~`, which nobody
 * reads. The folder must be locked: no edit may be under way in it. Returns how many there were.
 */
export async function sweepFolder(folder: string): Promise<number> {
  const leftovers = (await readdir(folder)).filter((name) => DRAFT.test(name) || READY.test(name));
  for (const leftover of leftovers) {
    const path = join(folder, leftover);
    const [, name = "", original, own, id] = READY.exec(leftover) ?? [];
    const tag = original === undefined ? undefined : await readTag(path);
    if (tag === undefined || tag === original || tag === own) {
      await rm(path, { force: true });
      continue;
    }
    const place = join(folder, name);
    const isOurs = (await readTag(place)) === own;
    await rename(path, isOurs ? place : `${place}.${id}~`);
  }
  if (leftovers.length > 0) await syncFolder(folder);
  return leftovers.length;
}
