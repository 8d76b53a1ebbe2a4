import { execFile } from "node:child_process";
import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { until } from "./engine.ts";

const run = promisify(execFile);

/** Ends by SIGKILL every process whose command line names `path`, with all of its descendants, and waits until they are gone. */
export async function killProcessesNaming(path: string): Promise<void> {
  await until(`no process names "${path}"`, async () => {
    const processes = await listProcesses();
    const doomed = new Set(processes.filter(({ command }) => command.includes(path)).map(({ pid }) => pid));
    for (let before = -1; before !== doomed.size;) {
      before = doomed.size;
      for (const { pid, parent } of processes) if (doomed.has(parent)) doomed.add(pid);
    }
    doomed.delete(process.pid);
    for (const pid of doomed) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended by itself
      }
    }
    return doomed.size === 0;
  });
}

/** Unmounts all that is mounted at or below `root`, the deepest first. */
export async function unmountBelow(root: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point === root || point.startsWith(`${root}/`));
  for (const point of mounts.toReversed()) await run("umount", ["--lazy", point]).catch(() => {});
}

/** Removes the empty control groups below `/NAME` of every hierarchy. */
export async function removeCgroups(name: string): Promise<void> {
  const base = "/sys/fs/cgroup";
  const hierarchies = await readdir(base).catch(() => []);
  for (const root of [join(base, name), ...hierarchies.map((hierarchy) => join(base, hierarchy, name))]) {
    const below = await readdir(root, { withFileTypes: true }).catch(() => []);
    for (const entry of below) {
      if (entry.isDirectory()) await rmdir(join(root, entry.name)).catch(() => {});
    }
    await rmdir(root).catch(() => {});
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process that runs; zombies are left out. */
async function listProcesses(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Process | undefined> => {
      try {
        const stat = await readFile(`/proc/${pid}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (state === "Z") return undefined;
        return {
          pid: Number(pid),
          parent: Number(parent),
          command: await readFile(`/proc/${pid}/cmdline`, "utf8"),
        };
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((process) => process !== undefined);
}
