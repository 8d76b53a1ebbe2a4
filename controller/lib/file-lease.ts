import { constants } from "node:os";
import { libcFunction } from "./libc.ts";

/**
 * While it is held, nobody has the file open for writing: who wants to, waits in `open` or `truncate` until it is given
 * back, at most as long as the system says (`/proc/sys/fs/lease-break-time`, 45 s).
 */
export interface Lease {
  /** Whether somebody waits, or the system took the lease away. */
  isBroken(): boolean;
  release(): void;
}

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_GETLEASE = 1025;
const F_RDLCK = 0;
const F_UNLCK = 2;

let fcntl: ReturnType<typeof libcFunction> | undefined;

/**
 * Takes a lease on a file that is open for reading only. `busy`: somebody has it open for writing. `none`: there are no
 * leases here (another system, a network file system), or the file belongs to somebody else and this process is not
 * privileged (CAP_LEASE). Never throws.
 */
export function takeLease(fd: number): Lease | "busy" | "none" {
  if (process.platform !== "linux") return "none";
  try {
    fcntl ??= libcFunction("int fcntl(int, int, ...)");
  } catch {
    return "none";
  }
  const control = fcntl;
  // By default the system says by SIGIO that somebody waits, which would end this process. SIGURG does nothing.
  if (control(fd, F_SETSIG, "int", constants.signals.SIGURG).code !== "") return "none";
  const { code } = control(fd, F_SETLEASE, "int", F_RDLCK);
  if (code === "EAGAIN") return "busy";
  if (code !== "") return "none";
  return {
    isBroken: () => control(fd, F_GETLEASE).result !== F_RDLCK,
    release: () => void control(fd, F_SETLEASE, "int", F_UNLCK),
  };
}
