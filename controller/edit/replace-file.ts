/**
 * Puts a new file in the place of the one that was read, and loses no save of anybody else. Editors take no locks, so this
 * rests on what the kernel offers:
 *
 * 1. A lease on the file that was read. It is refused while somebody has the file open for writing; afterwards whoever wants
 *    to write to it waits in `open`, and that can be seen.
 * 2. The bytes and stamp are compared with what was read, and the path with the file.
 * 3. The new file and the one at the path change places in one step (`renameat2`, RENAME_EXCHANGE). What stood there, even
 *    if it was saved an instant before, is not gone: it has the temporary name now.
 * 4. After a moment it is looked at. Is it the file that was read, unwritten, and nobody waits to write to it, it is
 *    removed. Else they change places again: the person's save is where it was, whoever waits writes to the right file, and
 *    the edit begins anew from the new text.
 *
 * So a save by rename is never lost, whenever it comes. A save in place is lost only if its writer found the file before 3
 * and began to open it after 4: it would have to stand still in the kernel for the whole moment. Where there is no lease
 * (network and foreign file systems; another user's file, in a container without CAP_LEASE), a save in place is lost also
 * if its writer opened the file without emptying it before 3 and wrote nothing until after 4; the moment is longer there.
 * Where files cannot be exchanged (NFS, FUSE, not Linux), hard links do it in two steps, and a save by rename that falls
 * between them is lost: microseconds. A file system that has neither is refused.
 */
import { linkSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno, syncFolder } from "../lib/atomic-file.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { exchangeByLinks, exchangeFiles } from "../lib/exchange-files.ts";
import { failpoint } from "../lib/failpoint.ts";
import { takeLease, type Lease } from "../lib/file-lease.ts";
import { causeOf } from "../registry/files.ts";
import { EditRefusal } from "./edit-error.ts";
import { isUnwritten, readTag, tagOf, type Original } from "./original.ts";
import { writeTemporary, type Temporary } from "./temporary.ts";

/** What the kernel and the file system are asked for; a test may offer less. */
export interface System {
  /** False: not here. */
  readonly exchange: (a: string, b: string) => boolean;
  readonly lease: (fd: number) => Lease | "busy" | "none";
}

export const SYSTEM: System = { exchange: exchangeFiles, lease: takeLease };

/** How long a writer that is on its way into the old file is waited for, with a lease and without. */
const SETTLE_MS = 20;
const SETTLE_WITHOUT_LEASE_MS = 150;
/** Each further one takes another save within microseconds. */
const MAX_EXCHANGES = 1_000;

export type Replacement = "replaced" | "changed" | "held";

/**
 * `replaced`: the path names the new bytes, and nobody wrote to what stood there. `changed`: somebody did, and it is as they
 * left it. `held`: somebody has it open for writing. Throws EditRefusal when the file cannot be replaced. `link`: the path under which the file
 * was found.
 */
export async function replaceFile(
  original: Original,
  bytes: Uint8Array,
  context: { readonly link: string; readonly clock: Clock; readonly system: System },
): Promise<Replacement> {
  const { link, clock, system } = context;
  const temporary = await writeTemporary(original, bytes);
  let isOurs = true; // what the temporary name names
  let lease: Lease | "busy" | "none" = "none";
  try {
    lease = system.lease(original.handle.fd);
    if (lease === "busy") return "held";
    if (!(await isAsRead(original, original.path, lease)) || (await realpath(link)) !== original.path) {
      return "changed";
    }
    failpoint("edit-written");
    if (!exchange(temporary, original.path, system)) return "changed";
    isOurs = false;
    failpoint("edit-exchanged");
    const settleMs = lease === "none" ? SETTLE_WITHOUT_LEASE_MS : SETTLE_MS;
    await sleep(clock, settleMs, new AbortController().signal);
    if (await isAsRead(original, temporary.path, lease)) {
      failpoint("edit-believed");
      await rm(temporary.path, { force: true });
      await syncFolder(dirname(original.path));
      return "replaced";
    }
    await putBack(temporary, original.path, system);
    return "changed";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "changed"; // removed, or about to be saved by a new file
    throw error;
  } finally {
    if (isOurs) await rm(temporary.path, { force: true });
    if (typeof lease === "object") lease.release();
  }
}

/** The path names the file that was read, nobody has written to it, and nobody waits to. */
async function isAsRead(original: Original, path: string, lease: Lease | "none"): Promise<boolean> {
  if ((await readTag(path)) !== tagOf(original.stats)) return false;
  if (!(await isUnwritten(original))) return false;
  return lease === "none" || !lease.isBroken();
}

/** False: there is nothing at the path. */
function exchange({ path: temporary, spare }: Temporary, path: string, system: System): boolean {
  try {
    if (!system.exchange(temporary, path)) exchangeByLinks(temporary, path, spare);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    if (isErrno(error, "EBUSY", "EXDEV")) {
      const message = "is a mount of its own, which cannot be replaced: mount its folder instead";
      throw new EditRefusal("refused", message, { cause: error });
    }
    throw new EditRefusal("refused", `cannot be replaced: ${causeOf(error)}`, { cause: error });
  }
}

/**
 * The temporary name holds what somebody saved: it goes to the path, and the editor's file away. If that is not at the path
 * any more, somebody saved once more, over it: then the later save goes to the path.
 */
async function putBack(temporary: Temporary, path: string, system: System): Promise<void> {
  let expected: string | undefined = temporary.tag;
  for (let exchanges = 0; exchanges < MAX_EXCHANGES; exchanges++) {
    const saved = await readTag(temporary.path);
    const isDone = exchange(temporary, path, system)
      ? (await readTag(temporary.path)) === expected
      : linkBack(temporary.path, path);
    if (isDone) {
      await rm(temporary.path, { force: true });
      await syncFolder(dirname(path));
      return;
    }
    expected = saved;
  }
  throw new EditRefusal("busy", "somebody else writes to it without a pause");
}

/** To a path that names nothing. False: it names something by now. */
function linkBack(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}
