/** What the system shows of a process and of all that it started, looked at over and over again while they run. */
import { readdirSync, readFileSync } from "node:fs";

export interface Sample {
  readonly pid: number;
  /** The first process above it that was looked at; 0 for none. */
  readonly parent: number;
  /** Arguments, joined by blanks. */
  readonly command: string;
  readonly cmdline: Buffer;
  /** Undefined where the system does not show it. */
  readonly environ: Buffer | undefined;
  /** Most bytes of a core dump, as the system writes it. */
  readonly coreLimit: string;
}

export interface ProcessSampler {
  /** Looks at this process, too, and at all below it, from now on. */
  watch(pid: number): void;
  /** Each different sight of each process, in the order of the first. */
  samples(): readonly Sample[];
  /** The process and those above it, as far as they were looked at: what it was started for. */
  lineage(sample: Sample): readonly Sample[];
  close(): void;
}

const EVERY_MS = 10;

export function startProcessSampler(): ProcessSampler {
  /** Every process of the machine → its parent at first sight. */
  const parents = new Map<number, number>();
  /** The watched ones. A child whose parent has died is watched as long as it lives. */
  const watched = new Map<number, number>();
  const samples = new Map<string, Sample>();
  const byProcess = new Map<number, Sample[]>();

  function look(pid: number, parent: number): void {
    const sample = sampleOf(pid, parent);
    if (sample === undefined) return;
    const { cmdline, environ, coreLimit } = sample;
    const key = `${pid} ${cmdline.toString("latin1")} ${environ?.toString("latin1")} ${coreLimit}`;
    if (samples.has(key)) return;
    samples.set(key, sample);
    byProcess.set(pid, [...(byProcess.get(pid) ?? []), sample]);
  }

  function tick(): void {
    const alive = new Set(listProcesses());
    for (const pid of parents.keys()) if (!alive.has(pid)) parents.delete(pid);
    for (const pid of watched.keys()) if (!alive.has(pid)) watched.delete(pid);
    for (const pid of alive) {
      if (!parents.has(pid)) parents.set(pid, parentOf(pid));
      const parent = parents.get(pid) ?? 0;
      if (!watched.has(pid) && watched.has(parent)) watched.set(pid, parent);
    }
    for (const [pid, parent] of watched) look(pid, parent);
  }

  const timer = setInterval(tick, EVERY_MS);
  return {
    watch(pid) {
      watched.set(pid, 0);
      tick();
    },
    samples: () => [...samples.values()],
    lineage(sample) {
      const found = [sample];
      for (let pid = sample.parent; pid !== 0;) {
        const above = byProcess.get(pid) ?? [];
        found.push(...above);
        pid = above.at(-1)?.parent ?? 0;
      }
      return found;
    },
    close: () => clearInterval(timer),
  };
}

/** In the order of their numbers: a parent is mostly there before its child. */
function listProcesses(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function sampleOf(pid: number, parent: number): Sample | undefined {
  try {
    const cmdline = readFileSync(`/proc/${pid}/cmdline`);
    if (cmdline.length === 0) return undefined; // a zombie
    return {
      pid,
      parent,
      cmdline,
      command: cmdline.toString("utf8").split("\0").join(" ").trim(),
      environ: readIfShown(`/proc/${pid}/environ`),
      coreLimit: /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1] ?? "",
    };
  } catch {
    return undefined; // it has ended
  }
}

function readIfShown(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
