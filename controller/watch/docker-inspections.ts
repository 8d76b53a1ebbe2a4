import type { Clock } from "../lib/clock.ts";

/**
 * Many events, few inspections: what is requested within the window, or while an inspection of the same container waits
 * for its turn, is served by that one; what is requested while it runs, by one more afterwards.
 */
export interface Inspections {
  request(id: string): void;
  /** Drops what waits; what runs goes on. */
  clear(): void;
}

export interface InspectionsOptions {
  readonly clock: Clock;
  readonly windowMs: number;
  /** How many run at a time. */
  readonly width: number;
  /** Never rejects. */
  readonly inspect: (id: string) => Promise<void>;
}

export function createInspections({ clock, windowMs, width, inspect }: InspectionsOptions): Inspections {
  /** Each with what cancels its timer. */
  const gathering = new Map<string, () => void>();
  const queue = new Set<string>();
  const running = new Set<string>();
  const again = new Set<string>();

  function request(id: string): void {
    if (running.has(id)) {
      again.add(id);
      return;
    }
    if (gathering.has(id) || queue.has(id)) return;
    const cancel = clock.after(windowMs, () => {
      gathering.delete(id);
      queue.add(id);
      runNext();
    });
    gathering.set(id, cancel);
  }

  function runNext(): void {
    for (const id of queue) {
      if (running.size >= width) return;
      queue.delete(id);
      running.add(id);
      void inspect(id).finally(() => {
        running.delete(id);
        if (again.delete(id)) request(id);
        runNext();
      });
    }
  }

  return {
    request,
    clear() {
      for (const cancel of gathering.values()) cancel();
      gathering.clear();
      queue.clear();
      again.clear();
    },
  };
}
