/**
 * What polling costs, in figures and without a verdict: `make bench-git`. CPU of the controller's process and its workers for
 * a thousand polls, against as many `git ls-remote`; then what five thousand polls leave behind.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { setMaxListeners } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit } from "../../controller/git/pool.ts";
import { remoteOf } from "../../controller/git/remote-url.ts";
import { systemClock } from "../../controller/lib/clock.ts";
import { silentLog } from "../../controller/lib/log.ts";
import { gitEnvironment } from "../support/git-repo.ts";
import { startMany } from "../support/many-remotes.ts";
import { followAll, useOfWorkers } from "../support/poll-record.ts";

const INTERVAL_MS = 30_000;
const MAIN = { kind: "branch", name: "main" } as const;
const { signal } = new AbortController();
setMaxListeners(0, signal);

const base = await mkdtemp(join(tmpdir(), "conops-bench-"));
const many = await startMany(base, 1000);
const git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
try {
  const urls = many.healthy.map(({ url }) => url);
  await pollAll(urls.slice(0, 50)); // so that workers are there
  await compare(
    "git://",
    urls.filter((url) => url.startsWith("git:")),
    1000,
  );
  await compare(
    "http://",
    urls.filter((url) => url.startsWith("http:")),
    1000,
  );
  await compare("git://, 20,000 refs", [many.harmful["has 20,000 refs"]], 50);
  await lastAWhile(urls);
  await bePunctual([...urls, ...Object.values(many.harmful)]);
} finally {
  await git.close();
  await many.close();
  await rm(base, { recursive: true, force: true });
}

/** CPU of ours and of the command's, for the same remotes. */
async function compare(name: string, urls: readonly string[], count: number): Promise<void> {
  const list = Array.from({ length: count }, (_, n) => urls[n % urls.length] ?? "");
  const before = await cpuOfOurs();
  await pollAll(list);
  const after = await cpuOfOurs();
  const controllerMs = (1000 * (after.controller - before.controller)) / count;
  const workersMs = (1000 * (after.workers - before.workers)) / count;
  const commandMs = await cpuOfCommand(list.slice(0, 200));
  print(`${name}: CPU for one poll`, {
    "controller ms (with the test's own servers)": controllerMs.toFixed(2),
    "workers ms": workersMs.toFixed(2),
    "git ls-remote ms": commandMs.toFixed(2),
    "git ls-remote / workers": (commandMs / workersMs).toFixed(1),
    ...(workersMs < 0 && {
      note: "a worker was replaced meanwhile: the figure of the workers means nothing",
    }),
  });
}

/** What many polls, one after the other, leave behind. */
async function lastAWhile(urls: readonly string[]): Promise<void> {
  const memory: string[] = [];
  const descriptors: number[] = [];
  for (let round = 0; round < 5; round++) {
    await pollAll(urls);
    const use = await useOfWorkers(base);
    memory.push(`${Math.round(use.rssBytes / 1024 ** 2)} MiB`);
    descriptors.push(use.descriptors);
  }
  print("the largest worker after 1,000 to 5,000 polls", {
    memory: memory.join(", "),
    descriptors: descriptors.join(", "),
  });
}

/** How late polls of the healthy are beside the harmful ones. */
async function bePunctual(urls: readonly string[]): Promise<void> {
  const record = followAll(git, urls, INTERVAL_MS);
  await new Promise((resolve) => setTimeout(resolve, 4 * INTERVAL_MS));
  await record.close();
  const gaps = many.healthy
    .flatMap(({ url }) => record.polls(url).map(({ at }, n, polls) => at - (polls[n - 1]?.at ?? NaN)))
    .filter((gap) => !Number.isNaN(gap))
    .toSorted((a, b) => a - b);
  const share = (part: number): string =>
    ((gaps[Math.floor((gaps.length - 1) * part)] ?? 0) / INTERVAL_MS).toFixed(2);
  print(`${urls.length} remotes every 30 s for two minutes: from one poll to the next, in intervals`, {
    median: share(0.5),
    p99: share(0.99),
    longest: share(1),
  });
}

async function pollAll(urls: readonly string[]): Promise<void> {
  const left = [...urls];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let url = left.pop(); url !== undefined; url = left.pop())
        await git.listRefs(remoteOf(url), signal, [MAIN]);
    }),
  );
}

async function cpuOfOurs(): Promise<{ readonly controller: number; readonly workers: number }> {
  const { user, system } = process.cpuUsage();
  return { controller: (user + system) / 1e6, workers: (await useOfWorkers(base)).cpuSeconds };
}

/** Milliseconds for one. */
async function cpuOfCommand(urls: readonly string[]): Promise<number> {
  const script = `for url in "$@"; do git ls-remote "$url" >/dev/null; done; times`;
  const said = await new Promise<string>((resolve, reject) => {
    execFile("bash", ["-c", script, "bash", ...urls], { env: gitEnvironment() }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  const [, children = ""] = said.trim().split("\n");
  const seconds = Array.from(children.matchAll(/(\d+)m([\d.]+)s/g), ([, m, s]) => Number(m) * 60 + Number(s));
  return (1000 * seconds.reduce((sum, one) => sum + one, 0)) / urls.length;
}

function print(title: string, figures: Readonly<Record<string, string>>): void {
  process.stdout.write(`\n${title}\n`);
  for (const [name, figure] of Object.entries(figures)) process.stdout.write(`  ${name}: ${figure}\n`);
}
