/**
 * Follows images: what their names stand for on this host, by the engine's events; and what their registries have, by
 * looking it up now and then. One look-up for an image and a login, whatever the number of its users; few at a time, and few
 * for one registry. It keeps what it last saw, and decides nothing.
 */
import { ReconcileError } from "../api/errors.ts";
import type { Docker } from "../docker/docker.ts";
import { createHostQueue } from "../git/host-queue.ts";
import type { Clock } from "../lib/clock.ts";
import { hashOf } from "../lib/hash.ts";
import { DOCKER_HUB, listedName, parseImageReference } from "../lib/image-reference.ts";
import type { Log } from "../lib/log.ts";
import { createLocalImages } from "./local-images.ts";
import { createRegistryPace } from "./registry-pace.ts";
import type { FollowedImage, ImageInformer, RegistryImage } from "./watch.ts";

export interface ImageInformerOptions {
  readonly docker: Pick<Docker, "images" | "registryDigest">;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Undefined: registries are never asked. */
  readonly intervalMs: number | undefined;
  /** The login that the user who runs ConOps has for a registry; empty for none. Never rejects. */
  readonly ownLogin: (registry: string) => Promise<string>;
  /** What is known of an image of this Application has changed. */
  readonly enqueue: (name: string) => void;
  readonly onLookUp?: (result: LookUpResult, seconds: number) => void;
}

export type LookUpResult = "success" | "error" | "rate_limited";

interface Follower {
  readonly images: Readonly<Record<string, FollowedImage>>;
  readonly hash: string;
  /** Monotonic. */
  readonly takenAt: number;
  /** Service → id that its name stood for, when it was last told. */
  readonly told: string;
}

/** One image in its registry, as one login sees it. */
interface LookedUp {
  readonly image: string;
  readonly registry: string;
  readonly login: string;
  readonly followers: Set<string>;
  phase: "idle" | "waiting" | "asking";
  /** When the last look-up that succeeded began, monotonic. */
  askedAt: number;
  digest?: string;
  failures: number;
  error?: { readonly reason: ReconcileError["reason"]; readonly message: string };
  cancelTimer: () => void;
}

/** `own` as a login: never a header, since that is base64. */
export const OWN_LOGIN = "own";
/** One failure is a moment's; it is told when it lasts. */
const TOLD_AFTER_FAILURES = 3;
const MAX_BACKOFF_MS = 60 * 60_000;
const FIRST_LOOK_WITHIN_MS = 30_000;
const JITTER = 0.1;
const CONCURRENT = { total: 8, proven: 2, unknown: 2, suspect: 1, suspects: 4, unproven: 6 };

export function createImageInformer(options: ImageInformerOptions): ImageInformer {
  const { docker, clock, random, log, intervalMs, enqueue } = options;
  const stop = new AbortController();
  const followers = new Map<string, Follower>();
  const lookedUp = new Map<string, LookedUp>();
  const queue = createHostQueue<LookedUp>(CONCURRENT);
  const pace = createRegistryPace(clock);
  const asking = new Set<Promise<void>>();
  const local = createLocalImages({ docker, clock, log, onListed });

  function keyOf({ image, lookUp }: FollowedImage): string | undefined {
    const name = listedName(image);
    return lookUp === undefined || name === undefined || intervalMs === undefined
      ? undefined
      : `${lookUp.login} ${name}`;
  }

  function attach(name: string, followed: FollowedImage): void {
    const key = keyOf(followed);
    const reference = parseImageReference(followed.image);
    if (key === undefined || reference === undefined) return;
    const known = lookedUp.get(key);
    if (known !== undefined) return void known.followers.add(name);
    const one: LookedUp = {
      image: followed.image,
      registry: reference.registry,
      login: followed.lookUp?.login ?? "",
      followers: new Set([name]),
      phase: "idle",
      askedAt: -Infinity,
      failures: 0,
      cancelTimer: () => undefined,
    };
    lookedUp.set(key, one);
    // Its image has just been pulled, or this process has just begun: in both cases nothing is urgent.
    lookAfter(one, random() * Math.min(intervalMs ?? 0, FIRST_LOOK_WITHIN_MS));
  }

  function detach(name: string): void {
    for (const [key, one] of lookedUp) {
      if (!one.followers.delete(name) || one.followers.size > 0) continue;
      one.cancelTimer();
      queue.remove(one.registry, one);
      lookedUp.delete(key);
    }
  }

  function lookAfter(one: LookedUp, ms: number): void {
    one.cancelTimer();
    one.cancelTimer = clock.after(ms, () => request(one));
  }

  function request(one: LookedUp): void {
    if (stop.signal.aborted || one.phase !== "idle" || one.followers.size === 0) return;
    const waitMs = pace.waitMs(one.registry, isKnown(one));
    if (waitMs > 0) return lookAfter(one, waitMs * (1 + JITTER * random()));
    one.cancelTimer();
    one.phase = "waiting";
    queue.add(one.registry, one);
    pump();
  }

  function pump(): void {
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      const work = ask(taken.item);
      asking.add(work);
      void work.finally(() => asking.delete(work));
    }
  }

  async function ask(one: LookedUp): Promise<void> {
    const beganAt = clock.monotonic();
    one.phase = "asking";
    let failure: ReconcileError | undefined;
    let digest: string | undefined;
    try {
      const login = one.login === OWN_LOGIN ? await options.ownLogin(one.registry) : one.login;
      digest = await docker.registryDigest(one.image, login, stop.signal);
    } catch (error) {
      failure = asReconcileError(error);
    }
    one.phase = "idle";
    queue.done(one.registry, failure?.reason === "ImageLookupFailed" ? "timedOut" : "answered");
    if (stop.signal.aborted) return;
    if (failure === undefined) note(one, beganAt, digest ?? "");
    else if (failure.reason !== "EngineUnavailable") noteFailure(one, failure);
    const result =
      failure === undefined ? "success" : failure.reason === "RateLimited" ? "rate_limited" : "error";
    if (failure?.reason !== "EngineUnavailable")
      options.onLookUp?.(result, (clock.monotonic() - beganAt) / 1000);
    if (lookedUp.get(keyOf({ image: one.image, lookUp: one }) ?? "") === one) lookAfter(one, delayMs(one));
    pump();
  }

  function note(one: LookedUp, beganAt: number, digest: string): void {
    pace.answered(one.registry);
    const isNews = one.digest !== digest || one.error !== undefined;
    const wasHidden = Array.from(one.followers).filter(
      (name) => one.digest !== undefined && (followers.get(name)?.takenAt ?? 0) >= one.askedAt,
    );
    one.askedAt = beganAt;
    one.digest = digest;
    one.failures = 0;
    delete one.error;
    for (const name of isNews ? Array.from(one.followers) : wasHidden) enqueue(name);
  }

  function noteFailure(one: LookedUp, { reason, message, retryAfterMs }: ReconcileError): void {
    if (reason === "RateLimited") pace.pause(one.registry, retryAfterMs);
    one.failures += 1;
    if (one.failures < TOLD_AFTER_FAILURES) return;
    const isNews = one.error?.message !== message;
    one.error = { reason, message };
    if (isNews) for (const name of one.followers) enqueue(name);
  }

  function delayMs({ failures }: LookedUp): number {
    const interval = intervalMs ?? 0;
    const ms = Math.min(
      interval * 2 ** Math.max(0, Math.min(failures - 1, 20)),
      Math.max(MAX_BACKOFF_MS, interval),
    );
    return ms * (1 - JITTER * random());
  }

  function isKnown({ login, registry }: LookedUp): boolean {
    return registry === DOCKER_HUB && login !== "" && login !== OWN_LOGIN;
  }

  function idsOf(images: Follower["images"]): string {
    return hashOf(
      Object.entries(images).map(([service, { image }]) => [service, local.named(image)?.id ?? ""]),
    );
  }

  function onListed(): void {
    for (const [name, follower] of followers) {
      const told = idsOf(follower.images);
      if (told === follower.told) continue;
      followers.set(name, { ...follower, told });
      enqueue(name);
      // Whoever pulled it knows of something new.
      for (const followed of Object.values(follower.images)) {
        const one = lookedUp.get(keyOf(followed) ?? "");
        if (one !== undefined) request(one);
      }
    }
  }

  return {
    follow(name, images) {
      const known = followers.get(name);
      const hash = hashOf(images);
      if (stop.signal.aborted || known?.hash === hash) return;
      followers.set(name, {
        images,
        hash,
        takenAt: known?.takenAt ?? -Infinity,
        told: idsOf(images),
      });
      const before = Object.values(known?.images ?? {}).map(keyOf);
      const now = new Set(Object.values(images).map(keyOf));
      if (before.some((key) => !now.has(key))) detach(name);
      for (const followed of Object.values(images)) attach(name, followed);
      if (known === undefined) local.changed();
    },
    unfollow(name) {
      if (followers.delete(name)) detach(name);
    },
    local(name, service) {
      const followed = followers.get(name)?.images[service];
      return followed && local.named(followed.image);
    },
    byId: (id) => local.byId(id),
    registry(name, service): RegistryImage | undefined {
      const follower = followers.get(name);
      const followed = follower?.images[service];
      const one = followed && lookedUp.get(keyOf(followed) ?? "");
      if (follower === undefined || one === undefined) return undefined;
      const isFresh = one.digest !== undefined && one.askedAt > follower.takenAt;
      return {
        ...(isFresh && one.digest !== undefined && { digest: one.digest }),
        ...(one.error && { error: one.error }),
      };
    },
    taken(name) {
      const known = followers.get(name);
      if (known !== undefined) followers.set(name, { ...known, takenAt: clock.monotonic() });
    },
    changed() {
      if (followers.size > 0) local.changed();
    },
    async close() {
      stop.abort(new Error("the informer was closed"));
      for (const one of lookedUp.values()) one.cancelTimer();
      await Promise.all([...asking, local.close()]);
    },
  };
}

function asReconcileError(error: unknown): ReconcileError {
  if (error instanceof ReconcileError) return error;
  return new ReconcileError("Cannot look up an image in its registry: a fault of ConOps", {
    reason: "ImageLookupFailed",
    cause: error,
  });
}
