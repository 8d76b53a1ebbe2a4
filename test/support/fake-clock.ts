import type { Clock } from "../../controller/lib/clock.ts";

export interface FakeClock extends Clock {
  /**
   * Moves both clocks on by `ms` and fires what falls due, in order of time, then of asking. Promises run to rest before
   * the first timer, between two timers and after the last one, so that what a timer wakes is done before time goes on.
   */
  advance(ms: number): Promise<void>;
  /** How many timers wait. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until told to go. `monotonic` starts at 0, `now` at `startMs`. */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let asked = 0;

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }

  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after(ms, fn) {
      const timer: Timer = { at: elapsed + Math.max(ms, 0), order: asked++, fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        elapsed = Math.max(elapsed, timer.at);
        timer.fn();
        await settle();
      }
      elapsed = until;
      await settle();
    },
    pending: () => timers.size,
  };
}

/** A few turns of the event loop: enough for chains of promises, and for a callback of file or stream I/O that is ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
