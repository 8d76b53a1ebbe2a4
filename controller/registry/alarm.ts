import type { Clock } from "../lib/clock.ts";

/** One thing that will happen later, at most once. */
export interface Alarm {
  /** `fn` is called `ms` from now; an earlier appointment is dropped. */
  set(ms: number): void;
  /** As `set`, but an earlier appointment stands. */
  setIfUnset(ms: number): void;
  clear(): void;
}

export function createAlarm(clock: Clock, fn: () => void): Alarm {
  let cancel: (() => void) | undefined;
  const clear = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const set = (ms: number): void => {
    clear();
    cancel = clock.after(ms, () => {
      cancel = undefined;
      fn();
    });
  };
  return {
    set,
    clear,
    setIfUnset(ms) {
      if (cancel === undefined) set(ms);
    },
  };
}
