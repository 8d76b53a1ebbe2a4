/**
 * Functions of the C library that Node does not offer. The one file that knows koffi.
 */
import koffi from "koffi";

let library: ReturnType<typeof koffi.load> | undefined;

export interface SystemCall {
  /** What it returned; below 0, `code` names the error ("EAGAIN"). */
  readonly result: number;
  readonly code: string;
}

/** A function of the C library, declared as C does, called at once on this thread. Throws when the library has it not. */
export function libcFunction(declaration: string): (...values: readonly unknown[]) => SystemCall {
  library ??= koffi.load(null);
  const call = library.func(declaration) as (...values: readonly unknown[]) => number;
  return (...values) => {
    const result = call(...values);
    return { result, code: result < 0 ? nameOf(koffi.errno()) : "" };
  };
}

/** The first name of two for one number: EAGAIN, not EWOULDBLOCK. */
function nameOf(errno: number): string {
  const found = Object.entries(koffi.os.errno).find(([, value]) => value === errno);
  return found?.[0] ?? `errno ${errno}`;
}
