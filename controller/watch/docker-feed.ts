import type { Docker, EngineEvent } from "../docker/docker.ts";

/** One open event stream. */
export interface EventFeed {
  isOpen(): boolean;
  /** Resolves, never rejects, with the fault that ended the stream; with undefined after `close`. */
  readonly ended: Promise<unknown>;
  close(): void;
}

/** Reads the stream at once and without pause: the engine drops events for a listener that is slow. */
export function openFeed(docker: Docker, sinceMs: number, onEvent: (event: EngineEvent) => void): EventFeed {
  const controller = new AbortController();
  let open = true;

  async function readOn(): Promise<unknown> {
    try {
      for await (const event of docker.events(sinceMs, controller.signal)) onEvent(event);
      return undefined;
    } catch (error) {
      return controller.signal.aborted ? undefined : error;
    } finally {
      open = false;
    }
  }

  return { isOpen: () => open, ended: readOn(), close: () => controller.abort() };
}

/** Tells the events that come for the second time, as they do when a stream is reopened from the last event seen. */
export function createEventMemory(size: number): { isNew(event: EngineEvent): boolean } {
  const seen = new Set<string>();
  return {
    isNew({ type, action, containerId, at }) {
      const key = `${type} ${action} ${containerId} ${at}`;
      if (seen.has(key)) return false;
      seen.add(key);
      for (const oldest of seen) {
        if (seen.size <= size) break;
        seen.delete(oldest);
      }
      return true;
    },
  };
}
