import { readdirSync, readFileSync } from "node:fs";
import { type Clock, sleep, systemClock } from "./clock.ts";

/** A process, told from a later one with the same pid by its start time (field 22 of /proc/PID/stat, in clock ticks). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
  /** Boot id of the machine: after a reboot, no process of before is alive. */
  readonly bootId: string;
}

const POLL_MS = 50;
/** How long a process may take to vanish after SIGKILL; one that waits for a dead disk takes for ever. */
const KILL_LIMIT_MS = 10_000;

/** Who the process with this pid is. Throws when there is none. Linux only. */
export function readIdentity(pid: number): ProcessIdentity {
  const stat = readStat(pid);
  if (stat === undefined) throw new Error(`Cannot identify process ${pid}: there is none`);
  return { pid, startTicks: stat.startTicks, bootId: readBootId() };
}

/**
 * Whether the process, or after its end another one of its process group, still runs. A zombie is dead, and so is a
 * process whose pid was given to another one.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== readBootId()) return false;
  const stat = readStat(identity.pid);
  if (stat !== undefined && stat.startTicks !== identity.startTicks) return false;
  if (stat !== undefined && !stat.dead) return true;
  // A pid is not given away while a group of that number has members, so these are its children.
  return groupMembers(identity.pid).length > 0;
}

/**
 * Waits until the process and its group are gone: true. False after `limitMs`. Rejects with the signal's reason.
 */
export async function waitForEnd(
  identity: ProcessIdentity,
  limitMs: number,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<boolean> {
  signal.throwIfAborted();
  const until = clock.monotonic() + limitMs;
  while (isAlive(identity)) {
    const leftMs = until - clock.monotonic();
    if (leftMs <= 0) return false;
    await sleep(clock, Math.min(POLL_MS, leftMs), signal);
  }
  return true;
}

export interface EndOptions {
  /** The first, polite signal. Default SIGTERM. */
  readonly signal?: NodeJS.Signals;
  /** How long the group may take to obey before SIGKILL. */
  readonly graceMs: number;
  readonly clock?: Clock;
}

/**
 * Ends the process and its group: `signal`, then SIGKILL. Resolves when all of it is gone: true; false when something
 * survived even SIGKILL for 10 s. Does nothing to a process that only has the same pid.
 */
export async function endGroup(identity: ProcessIdentity, options: EndOptions): Promise<boolean> {
  const { signal = "SIGTERM", graceMs, clock = systemClock } = options;
  const never = new AbortController().signal;
  if (!isAlive(identity)) return true;
  signalGroup(identity.pid, signal);
  if (await waitForEnd(identity, graceMs, never, clock)) return true;
  signalGroup(identity.pid, "SIGKILL");
  return waitForEnd(identity, KILL_LIMIT_MS, never, clock);
}

/** Sends the signal to every process of the group that may be signalled; no group, no error. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && /^(ESRCH|EPERM)$/.test(String(error.code))))
      throw error;
  }
}

function groupMembers(groupId: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = readStat(pid);
      return stat !== undefined && !stat.dead && stat.groupId === groupId;
    });
}

interface Stat {
  readonly dead: boolean;
  readonly groupId: number;
  readonly startTicks: number;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The name, field 2, stands in parentheses and may itself hold any character.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "X";
  return { dead: "ZXx".includes(state), groupId: Number(fields[2]), startTicks: Number(fields[19]) };
}

function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
