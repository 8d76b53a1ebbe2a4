/**
 * The registry: the folder of manifests, as a cache that says what holds now. chokidar only says "look"; what holds is read
 * from the disk, and the folder is listed as a whole at the start, when it was replaced or mounted, when the watch broke,
 * before anything counts as deleted, and now and then as insurance. `enqueue` tells which key to look at; nothing else
 * follows from a change here.
 */
import { statusFileOf } from "./files.ts";
import { messageOf } from "../api/errors.ts";
import { isErrno } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createAlarm } from "./alarm.ts";
import { excludeFromGit } from "./git-exclude.ts";
import { findWorkTree } from "./git-state.ts";
import { GRACE_MS } from "./judge.ts";
import { createLister, EMPTY_LISTING, type Listing } from "./listing.ts";
import { createLooks, type Scope } from "./looks.ts";
import { openMarker, type Presence } from "./marker.ts";
import type { ParseManifests, ParseOptions } from "./parse.ts";
import type { KnownResource, Registry } from "./registry.ts";
import { removeRequest, requestFileOf } from "./requests.ts";
import {
  absentView,
  changedKeys,
  consumedView,
  firstView,
  forgottenView,
  listedView,
  type View,
} from "./view.ts";
import { whyJudgementWaits } from "./waits.ts";
import { createWatchKeeper } from "./watch-keeper.ts";

export interface RegistryOptions {
  /** The folder of manifests. */
  readonly dir: string;
  /** Holds the twin of the folder's marker. */
  readonly dataDir: string;
  readonly parse: ParseManifests;
  readonly parseOptions: ParseOptions;
  /** What the records and statuses say; asked at the start, so that what was deleted while nobody looked is judged, too. */
  readonly known: () => readonly KnownResource[];
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Called for each key whose declaration or requests changed, after `get` and `requests` answer with the change; for every
   * key of the first listing, which is before `createRegistry` resolves. Must not throw.
   */
  readonly enqueue: (key: string) => void;
  /** Aborted: as `close`. */
  readonly signal: AbortSignal;
  /** How long a name must be missing before it counts as deleted. Default 2 s. */
  readonly graceMs?: number;
  /** For jitter, 0 to 1. Default Math.random. */
  readonly random?: () => number;
}

/** A mount over the folder, or its loss, tells no watch. */
const CHECK_MS = 1_000;
/** Insurance against lost hints (an overflowing queue, a network file system); jitter shortens it by up to a tenth. */
const RELIST_MS = 60_000;
/** The same while there is no watch of some folder. */
const RELIST_UNWATCHED_MS = 5_000;
/** Every so many insurance listings the bytes are read, whatever the stamps say. */
const FRESH_EVERY = 10;
const RETRY_MS = 1_000;

/**
 * Opens the registry, and resolves when the folder was listed for the first time, or is known to be absent. Throws when its
 * marker or the data directory's cannot be read or written. Leaves nothing running after `close`.
 */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const { dir, dataDir, parse, parseOptions, clock, log, enqueue, signal, random = Math.random } = options;
  const { graceMs = GRACE_MS } = options;
  const marker = await openMarker({ dir, dataDir });
  const stop = new AbortController();
  const lister = createLister({ root: dir, parse: (file, bytes) => parse(file, bytes, parseOptions), clock });
  let view: View = firstView(options.known(), clock.monotonic());
  let listing: Listing = EMPTY_LISTING;
  /** What the last look found in the folder's place. */
  let found: Presence | undefined;
  let insurances = 0;
  const pending = new Set<string>();
  /** Request file → the token that was consumed: a look under way may have seen it still. */
  const consumed = new Map<string, string>();
  const warned = new Set<string>();

  const looks = createLooks(clock, look);
  const again = createAlarm(clock, () => void looks.now());
  const check = createAlarm(clock, () => void checkFolder());
  const insurance = createAlarm(clock, () => {
    insurances += 1;
    void looks.now({ fresh: insurances % FRESH_EVERY === 0 }).then(insure);
  });
  const keeper = createWatchKeeper({
    root: dir,
    clock,
    onHint: looks.hint,
    onStatusGone(path) {
      for (const [key, declaration] of view.declarations) {
        if ("place" in declaration && statusFileOf(declaration.place.file) === path) enqueue(key);
      }
      // What is being deleted is declared nowhere, and its status file's removal means something.
      for (const { key, place, deletion } of options.known()) {
        if (deletion !== undefined && statusFileOf(place.file) === path) enqueue(key);
      }
    },
    onBroken(error) {
      warnOnce("registry is not watched, but listed every few seconds", { error: messageOf(error) });
      void looks.now().then(insure);
    },
    signal: stop.signal,
  });

  async function look(scope: Scope): Promise<void> {
    try {
      stop.signal.throwIfAborted();
      await lookOnce(scope);
    } catch (error) {
      if (stop.signal.aborted) return;
      warnOnce("registry cannot be listed", { error: messageOf(error) });
      again.set(RETRY_MS);
    }
  }

  async function lookOnce(scope: Scope): Promise<void> {
    const before = await marker.check();
    if (before.kind === "absent") return becomeAbsent(before);
    const isNew = await keeper.watch(before.folder);
    const isWhole = isNew || found?.kind !== "present" || scope.files === undefined;
    const now = clock.monotonic();
    const waitsBefore = await whyJudgementWaits(dir, listing);
    const read = await readFolder(isWhole ? undefined : scope.files, scope.fresh);
    const after = await marker.check();
    // Unmounted or replaced meanwhile: what was listed is not the registry, or not all of it.
    if (after.kind === "absent") return becomeAbsent(after);
    if (after.folder !== before.folder) return again.set(0);
    if (found?.kind === "absent") log.info("registry is back", { dir });
    found = after;
    const isReadableAgain = read.listing.unreadable.length < listing.unreadable.length;
    listing = read.listing;
    for (const [file, error] of listing.badRequests) warnOnce("request ignored", { file, error });
    const waits = waitsBefore ?? (await whyJudgementWaits(dir, listing));
    const requests = new Map(
      [...listing.requests].filter(([file, { token }]) => consumed.get(file) !== token),
    );
    publish(listedView(view, { ...listing, requests }, { now, graceMs, complete: read.complete, waits }));
    if (isReadableAgain) {
      await keeper.unwatch(); // the next look watches that folder, too
      again.set(0);
    } else if (view.againInMs === undefined) again.clear();
    else again.set(view.againInMs);
  }

  async function readFolder(
    files: ReadonlySet<string> | undefined,
    fresh: boolean,
  ): Promise<{ readonly listing: Listing; readonly complete: boolean }> {
    const updated = files && (await lister.update(listing, [...files]));
    if (updated !== undefined) return { listing: updated, complete: false };
    try {
      return { listing: await lister.list({ fresh, signal: stop.signal }), complete: true };
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return { listing, complete: false }; // the marker will be gone, too
      throw error;
    }
  }

  async function becomeAbsent(presence: Presence & { readonly kind: "absent" }): Promise<void> {
    await keeper.unwatch();
    again.clear();
    if (found?.kind !== "absent" || found.message !== presence.message) {
      log.warn("registry is absent", { dir, error: presence.message });
    }
    found = presence;
    listing = EMPTY_LISTING;
    publish(absentView(view, presence.message));
  }

  function publish(next: View): void {
    for (const key of changedKeys(view, next)) pending.add(key);
    view = next;
    for (const key of pending) {
      enqueue(key);
      pending.delete(key); // after: a key must not be lost by a fault of its receiver
    }
  }

  async function checkFolder(): Promise<void> {
    const now = await marker.check();
    if (now.kind !== found?.kind || now.folder !== found.folder) await looks.now();
    if (!stop.signal.aborted) check.set(CHECK_MS);
  }

  function insure(): void {
    if (stop.signal.aborted) return;
    const isWatched = keeper.isWatching() && listing.unreadable.length === 0;
    insurance.set(isWatched ? RELIST_MS * (0.9 + 0.1 * random()) : RELIST_UNWATCHED_MS);
  }

  function warnOnce(message: string, fields: Readonly<Record<string, string>>): void {
    const line = [message, ...Object.values(fields)].join("\n");
    if (warned.has(line)) return;
    warned.add(line);
    log.warn(message, { dir, ...fields });
  }

  async function hideFromGit(): Promise<void> {
    try {
      const git = await findWorkTree(dir);
      if (git === undefined || found?.kind !== "present") return;
      const added = await excludeFromGit(dir, git);
      if (added.length > 0)
        log.info("files of ConOps are hidden from Git", { workTree: git.workTree, added });
    } catch (error) {
      log.warn("files of ConOps cannot be hidden from Git", { dir, error: messageOf(error) });
    }
  }

  async function close(): Promise<void> {
    stop.abort(new Error("the registry is closed"));
    signal.removeEventListener("abort", onAbort);
    await looks.close();
    for (const alarm of [again, check, insurance]) alarm.clear();
    await keeper.unwatch();
  }
  const onAbort = (): void => void close();

  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  await looks.now();
  signal.throwIfAborted();
  await hideFromGit();
  check.set(CHECK_MS);
  insure();

  return {
    get(key) {
      const declaration = view.declarations.get(key);
      if (declaration !== undefined) return declaration;
      return view.absent === undefined ? { kind: "deleted" } : { kind: "absent", message: view.absent };
    },
    lastGood: (key) => view.lastGood.get(key),
    keys: () => [...view.declarations.keys()],
    hasSynced: () => found !== undefined,
    isPresent: () => view.absent === undefined,
    id: () => marker.id,
    requests: (name) => [...view.requests.values()].filter((request) => request.name === name),
    async consume(request) {
      consumed.set(requestFileOf(request), request.token);
      view = consumedView(view, request);
      await removeRequest(dir, request);
    },
    forget(key) {
      view = forgottenView(view, key);
    },
    relist: () => looks.now({ fresh: true }),
    close,
  };
}
