/** Git on forked workers: one small set for polls, one for what takes longer, so that neither waits for the other. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { redact } from "../lib/redact.ts";
import { writeBundle } from "./authorities.ts";
import type { Advertisement, Git, StageRequest, Staged } from "./git.ts";
import { GIT_LIMITS, type GitLimits } from "./limits.ts";
import type { GitMetrics, GitOperation } from "./metrics.ts";
import { createMirrorKeeper } from "./mirror-keeper.ts";
import { makeBareRepository, removeFolder } from "./mirrors.ts";
import type { Patience } from "./protocol.ts";
import { createPauses } from "./pauses.ts";
import { createRoutes, type Route } from "./routes.ts";
import { createStaging } from "./staging.ts";
import { createWorkerPool } from "./worker-pool.ts";
import { createForkWorker } from "./worker-process.ts";

export interface GitOptions {
  /** Mirrors are in `mirrors/`, the workers' own HOME in `git-home/`. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Workers for polls, and as many for fetches and checkouts; forked when there is need. Default 2. */
  readonly workers?: number;
  /** Polls and what takes longer share their workers: for a process that does one after the other. Default false. */
  readonly sharedWorkers?: boolean;
  readonly limits?: Partial<GitLimits>;
  /** The file of `--known-hosts`. */
  readonly knownHostsFile?: string | undefined;
  /** The file of `--git-ca-file`: certificates of authorities that count besides the system's. */
  readonly caFile?: string | undefined;
  readonly metrics?: GitMetrics;
}

const NETWORK_OPS_OF_POLLS = 8;
const NETWORK_OPS_OF_STAGES = 4;
const LOCAL_OPS = 4;

/** Nothing is started, and nothing written, before the first use. */
export function createGit(options: GitOptions): Git {
  const { dataDir, clock, log, workers = 2 } = options;
  const limits = { ...GIT_LIMITS, ...options.limits };
  const home = join(dataDir, "git-home");
  const emptyRepository = join(home, "empty.git");
  const bundle = join(home, "authorities.pem");
  const fork = createForkWorker({
    home,
    clock,
    ...(options.caFile !== undefined && { authorities: bundle }),
  });
  const routes = createRoutes(options);
  const common = { clock, log, fork, workers, localOps: LOCAL_OPS };
  const polls = createWorkerPool({
    ...common,
    networkOps: NETWORK_OPS_OF_POLLS,
    drainMs: limits.drainListMs,
  });
  const stages =
    options.sharedWorkers === true
      ? polls
      : createWorkerPool({ ...common, networkOps: NETWORK_OPS_OF_STAGES, drainMs: limits.drainStageMs });
  const pauses = createPauses({ clock, log, ask: askPatience, onPause: () => options.metrics?.paused() });
  const mirrors = createMirrorKeeper({
    folder: join(dataDir, "mirrors"),
    limits,
    clock,
    random: Math.random,
    log,
    pool: stages,
    routes,
    pauses,
    measured,
    onSizes: (count, bytes) => options.metrics?.mirrors(count, bytes),
  });
  const staging = createStaging({ mirrors, ownFolder: dataDir, limits, clock, pool: stages, measured });
  const closing = new AbortController();
  let prepared: Promise<void> | undefined;

  /** The workers' folder is made anew: what earlier ones left is nobody's any more. */
  async function prepare(): Promise<void> {
    await removeFolder(home);
    await mkdir(home, { recursive: true, mode: 0o700 });
    if (options.caFile !== undefined) await writeBundle(options.caFile, bundle);
    await makeBareRepository(emptyRepository);
    await mkdir(join(dataDir, "mirrors"), { recursive: true, mode: 0o700 });
  }

  function ready(): Promise<void> {
    prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  }

  function askPatience({ url, host, access }: Route): Promise<Patience> {
    const request = { op: "patience", url, access } as const;
    return polls.run({ request, host, totalMs: limits.listMs }, closing.signal).answer;
  }

  async function measured<A>(operation: GitOperation, work: () => Promise<A>): Promise<A> {
    const startedAt = clock.monotonic();
    const count = (result: "success" | "error"): void =>
      options.metrics?.requested(operation, result, (clock.monotonic() - startedAt) / 1000);
    try {
      const answer = await work();
      count("success");
      return answer;
    } catch (error) {
      count("error");
      throw error;
    }
  }

  return {
    async listRefs(remote, signal, wanted): Promise<Advertisement> {
      const route = await routes.to(remote);
      await ready();
      const { url, host, access } = route;
      const job = {
        request: { op: "list", url, access, bare: emptyRepository, ...(wanted && { wanted }) },
        host,
        totalMs: limits.listMs,
      } as const;
      const attempt = { act: `read "${redact(remote.url)}"`, route };
      pauses.requireNone(attempt);
      try {
        return await measured("ls-remote", () => polls.run(job, signal).answer);
      } catch (error) {
        throw await pauses.explain(attempt, error);
      }
    },
    async stage(request: StageRequest, signal: AbortSignal): Promise<Staged> {
      await ready();
      return staging.stage(request, signal);
    },
    prune: (keep) => mirrors.prune(keep),
    async close() {
      closing.abort(new Error("ConOps is stopping"));
      mirrors.close();
      await Promise.all([...new Set([polls, stages])].map((pool) => pool.close()));
      await Promise.all([staging.settled(), mirrors.settled()]);
    },
  };
}
