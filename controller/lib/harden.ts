/** What a process that knows secrets does for them before anything else. Linux. */
import { libcFunction } from "./libc.ts";

const RLIMIT_CORE = 4;
const PR_SET_DUMPABLE = 4;
/**
 * Not 0: a system whose `core_pattern` names a program asks that program, with a limit of 0 too. At 1 byte the kernel writes
 * no file and starts no program.
 */
const CORE_BYTES = 1n;

/**
 * No memory of this process reaches a disk by a crash, and no other process of the same user reads it. Its children get
 * the limit of core dumps, too. Where the system refuses, things stay as they are.
 */
export function forbidDumps(): void {
  libcFunction("int setrlimit(int, const void *)")(RLIMIT_CORE, BigUint64Array.of(CORE_BYTES, CORE_BYTES));
  libcFunction("int prctl(int, ulong, ulong, ulong, ulong)")(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/**
 * Takes a variable out of this process's environment, so that no child gets it, and out of what the system shows of it
 * (`/proc/PID/environ`). Undefined when it is not set, or empty.
 */
export function takeVariable(name: string): string | undefined {
  const value = process.env[name];
  if (value === undefined) return undefined;
  // Where the value stands in the memory that the process began with; 0 when it is not there.
  const { result: at } = libcFunction("intptr_t getenv(const char *)")(name);
  if (at !== 0) {
    const { result: length } = libcFunction("size_t strlen(intptr_t)")(at);
    libcFunction("intptr_t memset(intptr_t, int, size_t)")(at, 0, length);
  }
  delete process.env[name];
  return value === "" ? undefined : value;
}
