/**
 * The mirrors in the data directory: fetched into one at a time, replaced only while nobody reads them, made anew in the
 * background when they have become much larger than need be, and removed when nobody has followed or used them for a while.
 */
import { lstat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { StageRequest } from "./git.ts";
import type { GitLimits } from "./limits.ts";
import { createLocks } from "./locks.ts";
import type { GitOperation } from "./metrics.ts";
import { isOvergrown, measureMirror } from "./mirror-size.ts";
import {
  listFolder,
  makeBareRepository,
  removeFolder,
  replaceFolder,
  readParts,
  writeParts,
} from "./mirrors.ts";
import type { Pauses, RemoteAttempt } from "./pauses.ts";
import { createRebuilds } from "./rebuilds.ts";
import type { Routes } from "./routes.ts";
import { actOf, notFound, refspecsFor } from "./stage-request.ts";
import type { Job } from "./ticket.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { FetchRequest } from "./protocol.ts";

export interface MirrorKeeperOptions {
  /** The folder of the mirrors. */
  readonly folder: string;
  readonly limits: GitLimits;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly pool: WorkerPool;
  readonly routes: Routes;
  readonly pauses: Pauses;
  readonly measured: <A>(operation: GitOperation, work: () => Promise<A>) => Promise<A>;
  /** How many mirrors there are, and what they take on disk. */
  readonly onSizes: (count: number, bytes: number) => void;
}

export interface MirrorKeeper {
  pathOf(id: string): string;
  /** How often the mirror was replaced: who found damage in an earlier one has nothing to mend. */
  generation(id: string): number;
  /** Until the returned function is called, nobody replaces or removes the mirror. */
  use(id: string, signal: AbortSignal): Promise<() => void>;
  /** Afterwards the mirror has the commit. `damaged`: the generation of the mirror that is not to be trusted any more. */
  fetch(request: StageRequest, damaged: number | undefined, signal: AbortSignal): Promise<void>;
  /** A checkout of the mirror needs these others, its submodules: they are pruned when it is. */
  keepTogether(id: string, others: readonly string[]): Promise<void>;
  /** Removes what is not kept and was not used for a while, and what interrupted work has left. */
  prune(keep: ReadonlySet<string>): Promise<void>;
  /** Ends what goes on in the background. */
  close(): void;
  settled(): Promise<void>;
}

/** Refs that were fetched longer ago are fetched again when somebody follows them, and not for a new mirror. */
const RECENT_MS = 24 * 3_600_000;
const MAX_RECENT = 20;
const LEFTOVER = /\.(?:fresh|making|old|rebuilt)(?:\.making)?$/;

export function createMirrorKeeper(options: MirrorKeeperOptions): MirrorKeeper {
  const { folder, limits, clock, pool, routes, pauses, measured } = options;
  const fetching = createLocks();
  const using = createLocks();
  const generations = new Map<string, number>();
  const sizes = new Map<string, number>();
  /** What was fetched of each, the last one last. */
  const fetched = new Map<string, { readonly request: StageRequest; readonly at: number }[]>();
  const underWay = new Set<Promise<unknown>>();
  const { random, log } = options;
  const rebuilds = createRebuilds({
    clock,
    random,
    log,
    delayMs: limits.rebuildAfterMs,
    rebuild: (id, signal) => tracked(rebuild(id, signal)),
  });
  const pathOf = (id: string): string => join(folder, id);
  const generation = (id: string): number => generations.get(id) ?? 0;

  async function fetch(
    request: StageRequest,
    damaged: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = request.remote;
    const mirror = pathOf(id);
    const attempt = await attemptOf(request);
    const release = await fetching.exclusive(id, signal);
    let over: Promise<void> = Promise.resolve();
    const isDamaged = damaged !== undefined && damaged === generation(id);
    const target = isDamaged ? `${mirror}.fresh` : mirror;
    try {
      if (isDamaged) await removeFolder(target);
      await makeBareRepository(target);
      const run = pool.run(jobOf(request, attempt, target, refspecsFor(request.ref)), signal);
      ({ over } = run);
      const { found } = await measured("fetch", () => run.answer);
      if (!found) throw notFound(request);
      if (isDamaged) await replace(id, target, signal);
      remember(request);
      await measure(id);
    } catch (error) {
      throw await pauses.explain(attempt, error);
    } finally {
      // A fetch that was given up may still write. What it did not bring to its place is of no use to anybody.
      const clean = over.then(() => (isDamaged ? removeFolder(target) : undefined));
      tracked(clean.finally(release)).catch(() => undefined); // else the next prune
    }
  }

  /** Fetches all that was fetched lately beside the old mirror, which others go on using and fetching into. */
  async function rebuild(id: string, signal: AbortSignal): Promise<void> {
    const recent = recentOf(id);
    const request = recent.at(-1);
    if (request === undefined) return;
    const attempt = await attemptOf(request);
    const target = `${pathOf(id)}.rebuilt`;
    const release = await fetching.exclusive(`${id}.rebuilt`, signal);
    let over: Promise<void> = Promise.resolve();
    try {
      await removeFolder(target);
      await makeBareRepository(target);
      const refspecs = new Set(recent.flatMap(({ ref }) => refspecsFor(ref)));
      const run = pool.run({ ...jobOf(request, attempt, target, [...refspecs]), rank: "back" }, signal);
      ({ over } = run);
      if (!(await measured("fetch", () => run.answer)).found) throw notFound(request);
      const releaseOld = await fetching.exclusive(id, signal);
      try {
        if (sizes.has(id)) await replace(id, target, signal);
      } finally {
        releaseOld();
      }
      await measure(id);
    } finally {
      tracked(over.then(() => removeFolder(target)).finally(release)).catch(() => undefined); // else the next prune
    }
  }

  async function attemptOf(request: StageRequest): Promise<RemoteAttempt> {
    const route = await routes.to(request.remote);
    const attempt = { act: actOf("fetch", request), folders: [pathOf(request.remote.id)], route };
    pauses.requireNone(attempt);
    return attempt;
  }

  function jobOf(
    { sha, tagObject }: StageRequest,
    { route: { url, host, access } }: RemoteAttempt,
    mirror: string,
    refspecs: readonly string[],
  ): Job<FetchRequest> {
    const { fetchTotalMs: totalMs, fetchIdleMs: idleMs, maxFetchBytes: maxBytes } = limits;
    const common = { op: "fetch", url, access, mirror, sha, maxBytes } as const;
    const request = { ...common, refspecs, ...(tagObject !== undefined && { tagObject }) };
    return { request, host, totalMs, idleMs };
  }

  async function replace(id: string, fresh: string, signal: AbortSignal): Promise<void> {
    const release = await using.exclusive(id, signal);
    try {
      await replaceFolder(pathOf(id), fresh);
      generations.set(id, generation(id) + 1);
      // libgit2 keeps packs by their path: a worker that knows the old mirror would go on reading it.
      pool.renew();
    } finally {
      release();
    }
  }

  function remember(request: StageRequest): void {
    const { id } = request.remote;
    const others = (fetched.get(id) ?? []).filter((entry) => entry.request.ref !== request.ref);
    fetched.set(id, [...others.slice(1 - MAX_RECENT), { request, at: clock.monotonic() }]);
  }

  function recentOf(id: string): StageRequest[] {
    const since = clock.monotonic() - RECENT_MS;
    return (fetched.get(id) ?? []).flatMap(({ request, at }) => (at < since ? [] : [request]));
  }

  async function measure(id: string): Promise<void> {
    const size = await measureMirror(pathOf(id));
    sizes.set(id, size.bytes);
    reportSizes();
    if (isOvergrown(size)) rebuilds.ask(id);
  }

  function reportSizes(): void {
    let bytes = 0;
    for (const size of sizes.values()) bytes += size;
    options.onSizes(sizes.size, bytes);
  }

  async function pruneOne(name: string, keep: ReadonlySet<string>): Promise<void> {
    const id = name.replace(LEFTOVER, "");
    if (id === name && (keep.has(id) || (await isFresh(name)))) {
      if (!sizes.has(id)) await measure(id);
      return;
    }
    const releaseFetching = fetching.tryExclusive(name.includes(".rebuilt") ? `${id}.rebuilt` : id);
    const releaseUsing = releaseFetching && using.tryExclusive(id);
    try {
      if (releaseUsing === undefined) return; // in use; the next prune sees to it
      await removeFolder(pathOf(name));
      if (id !== name) return;
      for (const known of [generations, sizes, fetched]) known.delete(id);
      reportSizes();
    } finally {
      releaseUsing?.();
      releaseFetching?.();
    }
  }

  /** Whether it was made or used lately: who follows it may not be known yet. */
  async function isFresh(name: string): Promise<boolean> {
    try {
      return (await lstat(pathOf(name))).mtimeMs > clock.now() - limits.pruneGraceMs;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      throw error;
    }
  }

  function tracked<A>(work: Promise<A>): Promise<A> {
    underWay.add(work);
    const forget = (): void => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  return {
    pathOf,
    generation,
    fetch,
    async use(id, signal) {
      const release = await using.shared(id, signal);
      const seconds = clock.now() / 1000;
      await utimes(pathOf(id), seconds, seconds).catch(() => undefined); // not there yet, or not ours to touch
      return release;
    },
    async keepTogether(id, others) {
      await writeParts(pathOf(id), others).catch(() => undefined); // it is only fetched again
    },
    async prune(followed) {
      const keep = new Set(followed);
      for (const id of followed) for (const other of await readParts(pathOf(id))) keep.add(other);
      for (const name of await listFolder(folder)) await tracked(pruneOne(name, keep));
    },
    close: () => rebuilds.close(),
    async settled() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
