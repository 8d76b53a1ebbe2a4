import { linkSync, renameSync } from "node:fs";
import { libcFunction } from "./libc.ts";

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

let renameat2: ReturnType<typeof libcFunction> | undefined;

/**
 * Two paths of one file system, each with a file, name each other's file afterwards; in one step, which nobody sees half
 * done and nobody comes between. False: this system or file system cannot, and nothing was done. Throws errors with the
 * system's `code` (ENOENT, EACCES, EBUSY).
 */
export function exchangeFiles(a: string, b: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    renameat2 ??= libcFunction("int renameat2(int, const char *, int, const char *, unsigned int)");
  } catch {
    return false; // a C library of before 2018
  }
  const { code } = renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
  if (code === "") return true;
  if (/^(?:EINVAL|ENOSYS|ENOTSUP|EOPNOTSUPP)$/.test(code)) return false;
  throw Object.assign(new Error(`${code}: the files cannot be exchanged`), { code });
}

/**
 * The same in three steps, by a third name that must not be taken, for file systems that have hard links alone. `b` always
 * names one of the two files whole. A file that somebody else puts at `b` between the first and second step is lost.
 */
export function exchangeByLinks(a: string, b: string, spare: string): void {
  linkSync(b, spare);
  renameSync(a, b);
  renameSync(spare, a);
}
