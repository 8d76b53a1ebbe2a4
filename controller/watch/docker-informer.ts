import { setMaxListeners } from "node:events";

import { messageOf } from "../api/errors.ts";
import type { Docker, EngineEvent } from "../docker/docker.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createContainerCache } from "./docker-cache.ts";
import { createEndings } from "./docker-endings.ts";
import { createEventMemory, openFeed, type EventFeed } from "./docker-feed.ts";
import { createInspections } from "./docker-inspections.ts";
import { createObjectCache, isOfObject } from "./docker-objects.ts";
import { createWitnessedReads } from "./docker-witness.ts";
import type { DockerInformer } from "./watch.ts";

export interface DockerInformerOptions {
  readonly docker: Docker;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** A container of this Compose project is new, gone or other than before. The cache has it already. */
  readonly onChange: (project: string) => void;
  /** The engine answers, and the cache is complete again; or it no longer does. Called when that turns, and once at first. */
  readonly onEngine: (up: boolean) => void;
  /** An image was pulled, named or removed; or that may have been missed. */
  readonly onImages?: () => void;
  readonly signal: AbortSignal;
  /** How far back the first stream begins, so that what happened while no controller ran is witnessed. Default a day: the engine keeps its last 256. */
  readonly replaySinceMs?: number;
  /** A frozen engine keeps its stream open and silent: so often it is asked for a sign of life. Default 30 s. */
  readonly pingMs?: number;
  /** A full list as insurance against events that never came. Default 5 min, shortened by up to a tenth. */
  readonly resyncMs?: number;
  /** Between attempts to connect: doubles from the first to the last. Default 200 ms to 5 s, meant for a local socket. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** For an engine that is reached by the network. */
export const REMOTE_BACKOFF = { firstMs: 800, maxMs: 30_000 } as const;
const LOCAL_BACKOFF = { firstMs: 200, maxMs: 5000 } as const;

/** A connection that lasted this long makes the failures before it forgotten. */
const STEADY_MS = 30_000;
/** Lists that are asked for out of turn keep this distance. */
const LIST_GAP_MS = 1000;
const GATHER_MS = 10;
const INSPECT_WIDTH = 8;
/** Four times what an engine remembers. */
const EVENTS_REMEMBERED = 1024;

/**
 * Follows the containers of every Compose project: subscribes, lists, compares; then inspects what an event names.
 * When the stream breaks or the engine falls silent it backs off, lists again, and reports every project that differs.
 * Starts at once; ends with `close` or the signal.
 */
export function createDockerInformer(options: DockerInformerOptions): DockerInformer {
  const { docker, clock, random, log, onChange, onEngine, onImages } = options;
  const {
    replaySinceMs = 86_400_000,
    pingMs = 30_000,
    resyncMs = 300_000,
    backoff = LOCAL_BACKOFF,
  } = options;
  const stop = new AbortController();
  const cache = createContainerCache();
  const objects = createObjectCache(docker, clock, log);
  const endings = createEndings();
  const reads = createWitnessedReads({ docker, clock, cache, endings, isLive: () => live !== undefined });
  const memory = createEventMemory(EVENTS_REMEMBERED);
  const inspections = createInspections({ clock, windowMs: GATHER_MS, width: INSPECT_WIDTH, inspect });

  let synced = false;
  let up: boolean | undefined;
  let down: { readonly since: number; readonly message: string } | undefined;
  let engineId: string | undefined;
  let engineVersion: string | undefined;
  let sinceMs = clock.now() - replaySinceMs;
  /** While a connection stands and its first list is in. */
  let live: AbortSignal | undefined;
  /** The containers that events named while a list was under way: it may not know of them. */
  let named: Set<string> | undefined;
  /** The stream of a connection given up: an engine that shuts down still tells by it how its containers end. */
  let oldFeed: EventFeed | undefined;
  let listWanted = false;
  let wake = (): void => {};

  const onAbort = (): void => stop.abort(options.signal.reason);
  if (options.signal.aborted) onAbort();
  options.signal.addEventListener("abort", onAbort, { once: true });
  const running = run();

  async function run(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const { error, feedEnded, steadyMs } = await connection();
      live = undefined;
      inspections.clear();
      objects.forget();
      if (stop.signal.aborted) break;

      if (steadyMs >= STEADY_MS) failures = 0;
      // A stream may break for the stream's own reasons: the first new attempt costs no delay and no alarm.
      const quiet = failures === 0 && steadyMs > 0 && feedEnded;
      if (!quiet) goDown(error);
      const delayMs = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures, 30));
      failures++;
      await sleep(clock, quiet ? 0 : delayMs * (0.5 + random() / 2), stop.signal).catch(() => {});
    }
    options.signal.removeEventListener("abort", onAbort);
    oldFeed?.close();
    inspections.clear();
  }

  /** Connects and watches until something fails. Resolves, never rejects, with what it was. */
  async function connection(): Promise<{ error: unknown; feedEnded: boolean; steadyMs: number }> {
    const scope = new AbortController();
    setMaxListeners(0, scope.signal);
    const onStop = (): void => scope.abort(stop.signal.reason);
    stop.signal.addEventListener("abort", onStop, { once: true });
    const feed = openFeed(docker, sinceMs, onEvent);
    let feedEnded = false;
    void feed.ended.then((error) => {
      feedEnded = true;
      scope.abort(error ?? new Error("The event stream ended"));
    });

    let connectedAt: number | undefined;
    const endedAfter = (error: unknown) => ({
      error,
      feedEnded,
      steadyMs: connectedAt === undefined ? 0 : Math.max(clock.monotonic() - connectedAt, 1),
    });
    try {
      const { id, version } = await docker.engine(scope.signal);
      await list(scope.signal, () => {
        engineId = id;
        engineVersion = version;
        connectedAt = clock.monotonic();
        live = scope.signal;
        oldFeed?.close();
        oldFeed = undefined;
        goUp();
      });
      await keepWatch(scope.signal);
      return endedAfter(undefined);
    } catch (error) {
      return endedAfter(error);
    } finally {
      stop.signal.removeEventListener("abort", onStop);
      scope.abort();
      if (stop.signal.aborted || oldFeed?.isOpen() === true) feed.close();
      else oldFeed = feed;
    }
  }

  /** Rejects when the engine falls silent, is another one, or the signal aborts. */
  async function keepWatch(signal: AbortSignal): Promise<void> {
    let listedAt = clock.monotonic();
    let resyncAt = listedAt + jittered(resyncMs);
    for (;;) {
      await pause(Math.min(pingMs, resyncAt - clock.monotonic()), signal);
      if ((await docker.engine(signal)).id !== engineId) throw new Error("Another Docker engine answers");
      if (!listWanted && clock.monotonic() < resyncAt) continue;
      await sleep(clock, Math.max(listedAt + LIST_GAP_MS - clock.monotonic(), 0), signal);
      listedAt = clock.monotonic();
      resyncAt = listedAt + jittered(resyncMs);
      await list(signal);
    }
  }

  function jittered(ms: number): number {
    return ms * (1 - random() / 10);
  }

  /** Sleeps, unless a list is wanted. */
  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (listWanted) return;
    const woken = new AbortController();
    const end = (): void => woken.abort();
    wake = end;
    signal.addEventListener("abort", end, { once: true });
    await sleep(clock, ms, woken.signal).catch(() => {});
    signal.removeEventListener("abort", end);
    signal.throwIfAborted();
  }

  async function list(signal: AbortSignal, beforeReport = (): void => {}): Promise<void> {
    listWanted = false;
    const read = cache.begin();
    const namedMeanwhile = (named = new Set<string>());
    try {
      const changed = read.all(await reads.listAll(signal));
      named = undefined;
      endings.keepOnly(new Set([...cache.ids(), ...namedMeanwhile]));
      beforeReport();
      report(changed);
      onImages?.();
      for (const id of namedMeanwhile) inspections.request(id);
      void objects.read(signal).then(report);
    } finally {
      named = undefined;
      read.end();
    }
  }

  function onEvent(event: EngineEvent): void {
    if (!memory.isNew(event)) return;
    sinceMs = event.at;
    if (event.type === "image") return onImages?.();
    endings.witness(event);
    reads.heard();
    const id = event.containerId;
    if (live !== undefined && isOfObject(event)) objects.request(live, report);
    const ours = event.type === "container" ? event.project !== "" : cache.get(id) !== undefined;
    if (!ours || id === "") return;
    named?.add(id);
    if (live !== undefined) inspections.request(id);
  }

  async function inspect(id: string): Promise<void> {
    const signal = live;
    if (signal === undefined) return;
    const read = cache.begin();
    try {
      const container = await reads.inspect(id, signal);
      if (container === undefined) endings.forget(id);
      report(read.one(id, container));
    } catch (error) {
      if (signal.aborted) return;
      log.debug("Container not read, listing all instead", { container: id, error: messageOf(error) });
      wantList();
    } finally {
      read.end();
    }
  }

  function wantList(): void {
    listWanted = true;
    wake();
  }

  function report(projects: ReadonlySet<string>): void {
    for (const project of projects) onChange(project);
  }

  function goUp(): void {
    synced = true;
    down = undefined;
    if (up === true) return;
    up = true;
    log.info("Docker engine answers", { engine: engineId });
    onEngine(true);
  }

  function goDown(error: unknown): void {
    down = { since: down?.since ?? clock.now(), message: messageOf(error) };
    if (up === false) return;
    up = false;
    log.warn("Docker engine does not answer", { error: down.message });
    onEngine(false);
  }

  return {
    hasSynced: () => synced,
    down: () => down,
    engineId: () => engineId,
    engineVersion: () => engineVersion,
    project: (project) => cache.project(project),
    objects: (project) => objects.of(project),
    ending: (containerId) => endings.of(containerId, cache.get(containerId)),
    async refresh(project, signal) {
      const read = cache.begin();
      try {
        const [containers, others] = await Promise.all([
          reads.listProject(project, signal),
          objects.read(signal, project),
        ]);
        report(new Set([...read.all(containers, project), ...others]));
        return cache.project(project);
      } catch (error) {
        if (!signal.aborted) wantList(); // an engine that fails others is asked for a sign of life now
        throw error;
      } finally {
        read.end();
      }
    },
    async close() {
      stop.abort(new Error("The informer was closed"));
      await running;
    },
  };
}
