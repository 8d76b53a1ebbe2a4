/**
 * Follows images: what their names stand for on this host, by the engine's events; and what their registries have, by
 * looking it up now and then. It keeps what it last saw, and decides nothing.
 */
import type { Docker } from "../docker/docker.ts";
import type { Clock } from "../lib/clock.ts";
import { hashOf } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";
import { createLookUps, type LookUpsOptions } from "./image-lookups.ts";
import { createLocalImages } from "./local-images.ts";
import type { FollowedImage, ImageInformer } from "./watch.ts";

export interface ImageInformerOptions extends Pick<LookUpsOptions, "random" | "ownLogin" | "onLookUp"> {
  readonly docker: Pick<Docker, "images" | "registryDigest">;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: registries are never asked. */
  readonly intervalMs: number | undefined;
  /** What is known of an image of this Application has changed. */
  readonly enqueue: (name: string) => void;
}

interface Follower {
  readonly images: Readonly<Record<string, FollowedImage>>;
  readonly hash: string;
  /** Monotonic. */
  readonly takenAt: number;
  /** Its registries' answers do not count yet: they are older than what was taken. */
  readonly isHidden: boolean;
  /** The ids that its names stood for when it was told of them; undefined before the first list. */
  readonly told?: string;
}

export function createImageInformer(options: ImageInformerOptions): ImageInformer {
  const { docker, clock, log, intervalMs, enqueue, ...others } = options;
  const followers = new Map<string, Follower>();
  const local = createLocalImages({ docker, clock, log, onListed });
  const lookUps =
    intervalMs === undefined ? undefined : createLookUps({ ...others, docker, clock, intervalMs, onAnswer });
  let isClosed = false;

  function onAnswer(...[wantedBy, { at, isNews }]: Parameters<LookUpsOptions["onAnswer"]>): void {
    for (const name of Array.from(wantedBy)) {
      const follower = followers.get(name);
      if (follower === undefined) continue;
      const isSeen = follower.isHidden && at > follower.takenAt;
      if (isSeen) followers.set(name, { ...follower, isHidden: false });
      if (isNews || isSeen) enqueue(name);
    }
  }

  function onListed(): void {
    for (const [name, follower] of followers) {
      const told = idsOf(follower.images);
      if (told === follower.told) continue;
      followers.set(name, { ...follower, ...(told !== undefined && { told }) });
      enqueue(name);
      if (follower.told === undefined) continue;
      // Whoever pulled it knows of something new.
      for (const followed of Object.values(follower.images)) lookUps?.request(followed);
    }
  }

  /** The ids that the names stand for; undefined while nobody knows. */
  function idsOf(images: Follower["images"]): string | undefined {
    if (!local.hasSynced()) return undefined;
    return hashOf(
      Object.entries(images).map(([service, { image }]) => [service, local.named(image)?.id ?? ""]),
    );
  }

  const informer: ImageInformer = {
    follow(name, images) {
      const known = followers.get(name);
      const hash = hashOf(images);
      if (isClosed || known?.hash === hash) return;
      const { takenAt = -Infinity, isHidden = false } = known ?? {};
      const told = idsOf(images);
      followers.set(name, { images, hash, takenAt, isHidden, ...(told !== undefined && { told }) });
      lookUps?.want(name, Object.values(images));
    },
    unfollow(name) {
      if (followers.delete(name)) lookUps?.want(name, []);
    },
    local(name, service) {
      const followed = followers.get(name)?.images[service];
      return followed && local.named(followed.image);
    },
    byId: (id) => local.byId(id),
    registry(name, service) {
      const follower = followers.get(name);
      const followed = follower?.images[service];
      return follower && followed && lookUps?.get(followed, follower.takenAt);
    },
    lookUps(name) {
      const services = Object.keys(followers.get(name)?.images ?? {});
      if (services.length === 0 && !followers.has(name)) return undefined;
      return services
        .map((service) => informer.registry(name, service))
        .filter((known) => known !== undefined);
    },
    taken(name) {
      const known = followers.get(name);
      if (known !== undefined) followers.set(name, { ...known, takenAt: clock.monotonic(), isHidden: true });
    },
    changed: () => local.changed(),
    refresh: () => local.refresh(),
    async close() {
      isClosed = true;
      await Promise.all([lookUps?.close(), local.close()]);
    },
  };
  return informer;
}
