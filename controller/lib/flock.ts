/**
 * A lock that the kernel holds: it is free the moment its owner is gone, however it went, and a stale pid in the file means
 * nothing. Node opens every file close-on-exec, so that no child process keeps it.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from "node:fs";
import { isErrno } from "./atomic-file.ts";
import { sleep, type Clock } from "./clock.ts";
import { libcFunction } from "./libc.ts";

export interface Lock {
  /** Gives the lock back; the file stays. Once is enough, more does no harm. */
  release(): void;
}

const LOCK_EX = 2;
const LOCK_NB = 4;
/** To lock a file it is enough to read it: whoever can, can keep every controller away. */
const LOCK_FILE_MODE = 0o600;
/** How often a lock file that is removed and made again under our hands is tried anew before that is a fault. */
const TRIES = 10;

let flock: ReturnType<typeof libcFunction> | undefined;

/**
 * Takes the exclusive lock on the file `path`, which is made if it is not there and says the owner's pid, for people only.
 * Undefined: somebody else holds it (also within this process). Throws `Cannot lock …` for anything else.
 */
export function tryLock(path: string): Lock | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const fd = openLockFile(path);
    try {
      if (!lockNow(fd, path)) {
        closeSync(fd);
        return undefined;
      }
      if (!isStillAt(fd, path)) {
        closeSync(fd); // locked a file that nobody else will find
        continue;
      }
      fchmodSync(fd, LOCK_FILE_MODE);
      ftruncateSync(fd);
      writeSync(fd, `${process.pid}\n`, 0);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return lockOf(fd);
  }
  throw new Error(`Cannot lock "${path}": the file is removed again and again`);
}

/** Waits, trying every `pollMs`, until the lock is free. Rejects with the signal's reason, or as `tryLock` throws. */
export async function waitForLock(
  path: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly pollMs: number },
): Promise<Lock> {
  const { clock, signal, pollMs } = options;
  for (;;) {
    signal.throwIfAborted();
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    await sleep(clock, pollMs, signal);
  }
}

/**
 * Takes the exclusive lock on a folder itself, which leaves no file in it. Undefined: somebody else holds it (also within
 * this process); `none`: its file system has no such locks. Throws as `open` does.
 */
export function tryLockFolder(path: string): Lock | "none" | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const code = lockCode(fd);
  if (code === "") return lockOf(fd);
  closeSync(fd);
  return code === "EAGAIN" ? undefined : "none";
}

function lockOf(fd: number): Lock {
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      closeSync(fd);
    },
  };
}

function openLockFile(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, LOCK_FILE_MODE);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot lock "${path}": ${cause}`, { cause: error });
  }
}

function lockNow(fd: number, path: string): boolean {
  const code = lockCode(fd);
  if (code === "") return true;
  if (code === "EAGAIN") return false;
  throw new Error(`Cannot lock "${path}": the system refuses (${code})`);
}

/** Nothing: locked. */
function lockCode(fd: number): string {
  flock ??= libcFunction("int flock(int, int)");
  for (;;) {
    const { code } = flock(fd, LOCK_EX | LOCK_NB);
    if (code !== "EINTR") return code;
  }
}

function isStillAt(fd: number, path: string): boolean {
  try {
    const held = fstatSync(fd);
    const found = statSync(path);
    return held.dev === found.dev && held.ino === found.ino;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
