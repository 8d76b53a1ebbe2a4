/** What the system's C library does for us, and Node does not offer. Linux. Loaded at the first call. */
import koffi from "koffi";

interface LibC {
  readonly flock: (fd: number, operation: number) => number;
  readonly setrlimit: (resource: number, limit: { readonly current: number; readonly max: number }) => number;
  readonly prctl: (option: number, value: number, ...unused: readonly [number, number, number]) => number;
  /** Where the value of a variable stands in the memory that the process began with. */
  readonly getenv: (name: string) => unknown;
  readonly strlen: (at: unknown) => number;
  readonly memset: (at: unknown, byte: number, length: number) => unknown;
}

let loaded: LibC | undefined;

/** The functions of libc, by their own names. A failed one returns -1; `errnoIs` says why. */
export function libc(): LibC {
  loaded ??= load();
  return loaded;
}

/** Whether the last call failed with one of these: `EINTR`. */
export function errnoIs(...names: readonly string[]): boolean {
  const errno = koffi.errno();
  return names.some((name) => koffi.os.errno[name] === errno);
}

/** The number by which the last call failed, for a message. */
export function lastErrno(): number {
  return koffi.errno();
}

function load(): LibC {
  const library = koffi.load(null);
  const limit = koffi.struct({ current: "uint64", max: "uint64" });
  return {
    flock: library.func("int flock(int, int)"),
    setrlimit: library.func("setrlimit", "int", ["int", koffi.pointer(limit)]),
    prctl: library.func("int prctl(int, ulong, ulong, ulong, ulong)"),
    getenv: library.func("void* getenv(const char*)"),
    strlen: library.func("size_t strlen(void*)"),
    memset: library.func("void* memset(void*, int, size_t)"),
  };
}
