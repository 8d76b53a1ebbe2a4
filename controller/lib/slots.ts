/**
 * A bounded number of places for work that may take minutes. Nobody waits inside: who finds no place goes away and is
 * called when one is kept for it, so that no worker is held. First come, first served.
 */
export interface Slots {
  /**
   * A function that gives the place back (once), or undefined while all are taken; then `call` is called later, once,
   * and a place is kept for `name` until it takes it or leaves.
   */
  take(name: string, call: () => void): (() => void) | undefined;
  /** `name` does not want a place any more; harmless when it never did. */
  leave(name: string): void;
}

/** `size` places; a name waits once. */
export function createSlots(size: number): Slots {
  let free = size;
  const waiting = new Map<string, () => void>();
  const kept = new Set<string>();
  const giveBack = (): void => {
    const next = waiting.entries().next().value;
    if (next === undefined) {
      free += 1;
      return;
    }
    const [name, call] = next;
    waiting.delete(name);
    kept.add(name);
    call();
  };
  return {
    take(name, call) {
      if (!kept.delete(name)) {
        if (free === 0) {
          if (!waiting.has(name)) waiting.set(name, call);
          return undefined;
        }
        free -= 1;
        waiting.delete(name);
      }
      let given = false;
      return () => {
        if (given) return;
        given = true;
        giveBack();
      };
    },
    leave(name) {
      waiting.delete(name);
      if (kept.delete(name)) giveBack();
    },
  };
}
