import { isErrno } from "../lib/atomic-file.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { tryLockFolder, type Lock } from "../lib/flock.ts";
import { EditRefusal } from "./edit-error.ts";
import { sweepFolder } from "./temporary.ts";

const POLL_MS = 20;

/** Edits of one folder come one after the other, in whatever process; what is left of one that broke off is swept. */
export async function withFolderLocked<T>(
  folder: string,
  waiting: { readonly clock: Clock; readonly until: number; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const { clock, until, signal } = waiting;
  let lock: Lock | "none" | undefined;
  for (;;) {
    signal.throwIfAborted();
    lock = lockFolder(folder);
    if (lock !== undefined) break;
    if (clock.monotonic() > until) throw new EditRefusal("busy", "another edit in its folder does not end");
    await sleep(clock, POLL_MS, signal);
  }
  try {
    if (lock !== "none") await sweepFolder(folder);
    return await work();
  } finally {
    if (lock !== "none") lock.release();
  }
}

function lockFolder(folder: string): Lock | "none" | undefined {
  try {
    return tryLockFolder(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR"))
      throw new EditRefusal("gone", "is not there", { cause: error, doubt: "absent" });
    // A folder that may not be read can still be written to.
    return "none";
  }
}
