import type { Docker, LocalImage } from "../docker/docker.ts";
import { messageOf } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { listedName } from "../lib/image-reference.ts";
import type { Log } from "../lib/log.ts";

/** What image names stand for on this host, as last listed: one call for all of them, made only after an event. */
export interface LocalImages {
  /** They were listed once. */
  hasSynced(): boolean;
  /** Something has changed: the list is read anew, soon. Many calls at a time are one. */
  changed(): void;
  /** Lists them now. Resolves when that is done, or has failed. */
  refresh(): Promise<void>;
  /** By name, as people write it. */
  named(image: string): LocalImage | undefined;
  byId(id: string): LocalImage | undefined;
  close(): Promise<void>;
}

export interface LocalImagesOptions {
  readonly docker: Pick<Docker, "images">;
  readonly clock: Clock;
  readonly log: Log;
  readonly onListed: () => void;
}

/** A pull is a run of events. */
const GATHER_MS = 200;

export function createLocalImages({ docker, clock, log, onListed }: LocalImagesOptions): LocalImages {
  const stop = new AbortController();
  let byName = new Map<string, LocalImage>();
  let byId = new Map<string, LocalImage>();
  let synced = false;
  let cancelTimer: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let isAgain = false;

  function changed(): void {
    if (stop.signal.aborted || cancelTimer !== undefined) return;
    cancelTimer = clock.after(GATHER_MS, () => void refresh());
  }

  /** One at a time; what is asked for meanwhile is one more afterwards. */
  function refresh(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    if (running !== undefined) {
      isAgain = true;
      return running;
    }
    running = listAll().finally(() => (running = undefined));
    return running;
  }

  async function listAll(): Promise<void> {
    do {
      isAgain = false;
      await list();
    } while (isAgain && !stop.signal.aborted);
  }

  async function list(): Promise<void> {
    try {
      const images = await docker.images(stop.signal);
      byId = new Map(images.map((image) => [image.id, image]));
      byName = new Map(
        images.flatMap((image) => [...image.tags, ...image.digests].map((name) => [name, image] as const)),
      );
    } catch (error) {
      // An engine that is back is listed again.
      if (!stop.signal.aborted) log.debug("images not listed", { error: messageOf(error) });
      return;
    }
    synced = true;
    onListed();
  }

  return {
    hasSynced: () => synced,
    changed,
    refresh,
    named: (image) => byName.get(listedName(image) ?? "") ?? byId.get(image),
    byId: (id) => byId.get(id),
    async close() {
      stop.abort(new Error("the informer was closed"));
      cancelTimer?.();
      await running;
    },
  };
}
