import type { Docker, LocalImage } from "../docker/docker.ts";
import { messageOf } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { listedName } from "../lib/image-reference.ts";
import type { Log } from "../lib/log.ts";

/** What image names stand for on this host, as last listed: one call for all of them, made only after an event. */
export interface LocalImages {
  /** Something may have changed: the list is read anew, soon. Many calls at a time are one. */
  changed(): void;
  /** Reads the list now, or waits for the reading under way. Resolves also where it could not be read. */
  read(): Promise<void>;
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
  let cancelTimer: (() => void) | undefined;
  let isAgain = false;
  let running: Promise<void> | undefined;

  function changed(): void {
    if (stop.signal.aborted || cancelTimer !== undefined) return;
    if (running !== undefined) {
      isAgain = true;
      return;
    }
    cancelTimer = clock.after(GATHER_MS, () => {
      cancelTimer = undefined;
      void read();
    });
  }

  function read(): Promise<void> {
    running ??= list().finally(() => {
      running = undefined;
      if (isAgain) changed();
      isAgain = false;
    });
    return running;
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
    onListed();
  }

  return {
    changed,
    read,
    named: (image) => byName.get(listedName(image) ?? "") ?? byId.get(image),
    byId: (id) => byId.get(id),
    async close() {
      stop.abort(new Error("the informer was closed"));
      cancelTimer?.();
      await running;
    },
  };
}
