/**
 * From a remote to a fresh folder: a mirror is fetched when it lacks the commit, the commit is verified where that is asked
 * for (`verifier.ts`), and only then checked out. One fetch at a time for a mirror; a mirror is replaced only while nobody reads
 * it; one that is damaged is fetched afresh, once.
 */
import { join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { explain, isDamage, OperationError } from "./errors.ts";
import type { Staged, StageRequest } from "./git.ts";
import { createLocks } from "./locks.ts";
import {
  countPacks,
  listFolder,
  makeBareRepository,
  MAX_PACKS,
  removeFolder,
  replaceFolder,
} from "./mirrors.ts";
import type { GitLimits } from "./limits.ts";
import type { GitOperation } from "./metrics.ts";
import type { Pauses } from "./pauses.ts";
import type { Route, Routes } from "./routes.ts";
import { actOf, notFound, refspecsFor, requireUsable } from "./stage-request.ts";
import { createVerifier } from "./verifier.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface StagingOptions {
  /** The folder of the mirrors. */
  readonly mirrors: string;
  readonly limits: GitLimits;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly routes: Routes;
  readonly pauses: Pauses;
  readonly measured: <A>(operation: GitOperation, work: () => Promise<A>) => Promise<A>;
}

export interface Staging {
  stage(request: StageRequest, signal: AbortSignal): Promise<Staged>;
  prune(keep: ReadonlySet<string>): Promise<void>;
  /** Resolves when nothing is under way, cleaning up included. */
  settled(): Promise<void>;
}

/** Another Application's fetch may replace the mirror between our fetch and our checkout. */
const MAX_PASSES = 3;
const HOPELESS_MS = 3_600_000;
const MAX_HOPELESS = 1000;

export function createStaging(options: StagingOptions): Staging {
  const { mirrors, limits, clock, pool, routes, pauses, measured } = options;
  const fetching = createLocks();
  const using = createLocks();
  /** How often a mirror was replaced: who found damage in an earlier one has nothing to mend. */
  const generations = new Map<string, number>();
  /** Commits that a fresh mirror did not help, and until when it is not tried again: what is wrong is not the mirror. */
  const hopelessUntil = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const verifier = createVerifier({ mirrors, limits, clock, pool, using });

  function tracked<A>(work: Promise<A>): Promise<A> {
    underWay.add(work);
    const forget = (): void => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  async function stage(request: StageRequest, signal: AbortSignal): Promise<Staged> {
    await requireUsable(request);
    const { id } = request.remote;
    const key = `${id} ${request.sha}`;
    let mended = (hopelessUntil.get(key) ?? 0) > clock.monotonic();
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const generation = generations.get(id) ?? 0;
      try {
        const verified = await verifier.verify(request, signal);
        if (verified !== undefined) {
          const staged = await checkOut(request, signal);
          if (staged !== undefined) return verified === "not asked" ? staged : { ...staged, verified };
        }
        await fetch(request, undefined, signal);
      } catch (error) {
        if (!(error instanceof ReconcileError) || !isDamage(error.cause)) throw error;
        if (mended) {
          if (hopelessUntil.size >= MAX_HOPELESS) hopelessUntil.clear();
          hopelessUntil.set(key, clock.monotonic() + HOPELESS_MS);
          throw error;
        }
        mended = true;
        await fetch(request, generation, signal);
      }
    }
    throw new ReconcileError(`Cannot ${actOf("check out", request)}: the mirror does not keep it`, {
      reason: "CheckoutFailed",
    });
  }

  /** Undefined when the mirror lacks the commit. */
  async function checkOut(request: StageRequest, signal: AbortSignal): Promise<Staged | undefined> {
    const { remote, sha, dir } = request;
    const mirror = join(mirrors, remote.id);
    const release = await using.shared(remote.id, signal);
    const job = { request: { op: "checkout", mirror, sha, dir }, totalMs: limits.checkoutMs } as const;
    const run = pool.run(job, signal);
    void run.over.then(release);
    try {
      return (await measured("checkout", () => run.answer)).staged;
    } catch (error) {
      // The worker may still write: then the folder goes when it has ended, and nobody waits for that.
      const cleaned = tracked(run.over.then(() => removeFolder(dir)));
      if (signal.aborted || isTimeout(error)) cleaned.catch(() => undefined);
      else await cleaned;
      throw explain({ act: actOf("check out", request), folders: [dir, mirror] }, error);
    }
  }

  /** Afterwards the mirror has the commit. `damaged`: the generation of the mirror that is not to be trusted any more. */
  async function fetch(
    request: StageRequest,
    damaged: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = request.remote;
    const mirror = join(mirrors, id);
    const route = await routes.to(request.remote);
    const attempt = { act: actOf("fetch", request), folders: [mirror], route };
    pauses.requireNone(attempt);
    const release = await fetching.exclusive(id, signal);
    let over: Promise<void> = Promise.resolve();
    try {
      const isDamaged = damaged !== undefined && damaged === (generations.get(id) ?? 0);
      const isAfresh = isDamaged || (await countPacks(mirror)) > MAX_PACKS;
      const target = isAfresh ? `${mirror}.fresh` : mirror;
      if (isAfresh) await removeFolder(target);
      await makeBareRepository(target);
      const run = pool.run(fetchJob(request, route, target), signal);
      ({ over } = run);
      const { found } = await measured("fetch", () => run.answer);
      if (!found) throw notFound(request);
      if (isAfresh) await replace(id, target, signal);
    } catch (error) {
      throw await pauses.explain(attempt, error);
    } finally {
      void over.then(release); // a fetch that was given up may still write
    }
  }

  function fetchJob({ sha, ref, tagObject }: StageRequest, { url, host, access }: Route, mirror: string) {
    const common = { op: "fetch", url, access, mirror, sha, maxBytes: limits.maxFetchBytes } as const;
    const also = tagObject === undefined ? {} : { tagObject };
    return {
      request: { ...common, refspecs: refspecsFor(ref), ...also },
      host,
      totalMs: limits.fetchTotalMs,
      idleMs: limits.fetchIdleMs,
    };
  }

  async function replace(id: string, fresh: string, signal: AbortSignal): Promise<void> {
    const release = await using.exclusive(id, signal);
    try {
      await replaceFolder(join(mirrors, id), fresh);
      generations.set(id, (generations.get(id) ?? 0) + 1);
      // libgit2 keeps packs by their path: a worker that knows the old mirror would go on reading it.
      pool.renew();
    } finally {
      release();
    }
  }

  async function pruneOne(name: string, keep: ReadonlySet<string>): Promise<void> {
    const id = name.replace(/\.(?:fresh|making|old)(?:\.making)?$/, "");
    if (keep.has(id) && id === name) return;
    const releaseFetching = fetching.tryExclusive(id);
    const releaseUsing = releaseFetching && using.tryExclusive(id);
    try {
      if (releaseUsing === undefined) return; // in use; the next prune sees to it
      await removeFolder(join(mirrors, name));
      if (!keep.has(id)) generations.delete(id);
    } finally {
      releaseUsing?.();
      releaseFetching?.();
    }
  }

  return {
    stage: (request, signal) => tracked(stage(request, signal)),
    async prune(keep) {
      for (const name of await listFolder(mirrors)) await tracked(pruneOne(name, keep));
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof OperationError && error.failure.kind === "timedOut";
}
