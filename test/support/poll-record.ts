/** Runs the real informer over real remotes, and writes down what it cost and how punctual it was. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { setMaxListeners } from "node:events";
import type { Git } from "../../controller/git/git.ts";
import { remoteOf } from "../../controller/git/remote-url.ts";
import { systemClock } from "../../controller/lib/clock.ts";
import { silentLog } from "../../controller/lib/log.ts";
import { createGitInformer } from "../../controller/watch/git-informer.ts";
import type { GitInformer } from "../../controller/watch/watch.ts";

export interface PollRecord {
  readonly informer: GitInformer;
  /** When polls of this URL ended, monotonic, and how. */
  polls(url: string): readonly { readonly at: number; readonly ok: boolean }[];
  close(): Promise<void>;
}

/** Follows `main` of each URL, as one Application each of that name. */
export function followAll(git: Git, urls: readonly string[], intervalMs: number): PollRecord {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const record = new Map<string, { at: number; ok: boolean }[]>(urls.map((url) => [url, []]));
  const informer = createGitInformer({
    git,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    enqueue: () => undefined,
    onPolled: (name, ok) => void record.get(name)?.push({ at: systemClock.monotonic(), ok }),
    signal: stop.signal,
  });
  for (const url of urls) {
    informer.follow(url, { remote: remoteOf(url), revision: { kind: "branch", name: "main" }, intervalMs });
  }
  return {
    informer,
    polls: (url) => record.get(url) ?? [],
    async close() {
      stop.abort(new Error("the test is over"));
      await informer.close();
    },
  };
}

export interface WorkerUse {
  readonly processes: number;
  /** Of the largest. */
  readonly rssBytes: number;
  readonly descriptors: number;
  /** Of all that are alive, since each began. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;

/** The ids of the Git workers whose folders are below `base`. */
export async function workersOf(base: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if (folder.startsWith(`${base}/`) && folder.includes("/git-home/")) found.push(Number(pid));
  }
  return found;
}

/** What the Git workers below the data directory `base` use now. */
export async function useOfWorkers(base: string): Promise<WorkerUse> {
  const use = { processes: 0, rssBytes: 0, descriptors: 0, cpuSeconds: 0 };
  for (const pid of await workersOf(base)) {
    try {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
      const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
      use.processes++;
      use.rssBytes = Math.max(use.rssBytes, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      use.descriptors = Math.max(use.descriptors, descriptors);
      use.cpuSeconds += ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND;
    } catch {
      continue; // it ended meanwhile
    }
  }
  return use;
}
