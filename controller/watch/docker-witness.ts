import type { Docker, ObservedContainer } from "../docker/docker.ts";
import type { Clock } from "../lib/clock.ts";
import type { ContainerCache } from "./docker-cache.ts";
import type { Endings } from "./docker-endings.ts";

export interface WitnessedReadsOptions {
  readonly docker: Pick<Docker, "listAll" | "listProject" | "inspect">;
  readonly clock: Clock;
  readonly cache: Pick<ContainerCache, "get">;
  readonly endings: Pick<Endings, "of">;
  /** Events come. */
  readonly isLive: () => boolean;
}

/** Reads of the engine that know how what they show has ended. */
export interface WitnessedReads extends Pick<Docker, "listAll" | "listProject" | "inspect"> {
  /** An event came. */
  heard(): void;
}

/** An event that has not come by then was lost. */
const LOST_AFTER_MS = 500;

/**
 * An end is told twice: by what a read shows, and by an event that says how. The event may come a moment later, and until then
 * a finished task looks like one that somebody stopped. So a read that shows an end waits for the event.
 */
export function createWitnessedReads(options: WitnessedReadsOptions): WitnessedReads {
  const { docker, clock, cache, endings, isLive } = options;
  const waiting = new Set<() => void>();

  const isUnwitnessed = (container: ObservedContainer): boolean => {
    if (!hasEnded(container) || endings.of(container.id, container) !== undefined) return false;
    const known = cache.get(container.id);
    return known === undefined || !hasEnded(known) || known.finishedAt < container.finishedAt;
  };

  /** Resolves when the ends of all of these were told, or the event is taken for lost. */
  function witnessed(containers: readonly ObservedContainer[], signal: AbortSignal): Promise<void> {
    if (!isLive() || !containers.some(isUnwitnessed)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        waiting.delete(check);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const check = (): void => {
        if (!containers.some(isUnwitnessed)) end();
      };
      const cancel = clock.after(LOST_AFTER_MS, end);
      waiting.add(check);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  return {
    heard() {
      for (const check of waiting) check();
    },
    async listAll(signal) {
      const containers = await docker.listAll(signal);
      await witnessed(containers, signal);
      return containers;
    },
    async listProject(project, signal) {
      const containers = await docker.listProject(project, signal);
      await witnessed(containers, signal);
      return containers;
    },
    async inspect(id, signal) {
      const container = await docker.inspect(id, signal);
      if (container !== undefined) await witnessed([container], signal);
      return container;
    },
  };
}

function hasEnded({ state }: ObservedContainer): boolean {
  return state === "exited" || state === "dead";
}
