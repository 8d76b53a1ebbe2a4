import type { Push } from "../api/push.ts";
import type { Clock } from "../lib/clock.ts";
import type { Follow, SourceState } from "./watch.ts";

/** Looks of one remote that hints ask for begin at least so far apart: a flood of hints is no flood of polls. */
const SPACING_MS = 500;

/** What was said of pushes to one remote, and whether a look would tell anything new. */
export interface Hints {
  /** How long the next look has to wait. */
  waitMs(): number;
  /** A look begins now. */
  began(): void;
  /** Somebody hinted while a poll was under way, which may have looked too early. */
  during(name: string, pushes: readonly Push[]): void;
  /** After that poll: whether it left something unseen that was hinted at meanwhile. Forgets it. */
  takeUnseen(isSeen: (name: string, pushes: readonly Push[]) => boolean): boolean;
}

/** The hints of one remote. */
export function createHints(clock: Clock): Hints {
  const early = new Map<string, readonly Push[]>();
  let lookedAt = -Infinity;
  let isUnclear = false;
  return {
    waitMs: () => Math.max(0, lookedAt + SPACING_MS - clock.monotonic()),
    began() {
      lookedAt = clock.monotonic();
    },
    during(name, pushes) {
      const known = early.get(name);
      // Of two different hints, nobody knows which is the later one.
      if (known !== undefined && !areSame(known, pushes)) isUnclear = true;
      else early.set(name, pushes);
    },
    takeUnseen(isSeen) {
      const isUnseen = isUnclear || Array.from(early).some(([name, pushes]) => !isSeen(name, pushes));
      early.clear();
      isUnclear = false;
      return isUnseen;
    },
  };
}

/** Whether the last poll saw all that these pushes can mean for the source. When in doubt, it did not. */
export function isSeen(follow: Follow, state: SourceState, pushes: readonly Push[]): boolean {
  if (state.error !== undefined || state.revision === undefined || state.ref === undefined) return false;
  // A range of versions may choose another tag after any push of tags.
  const isOneRef = ["head", "branch", "tag"].includes(follow.revision.kind);
  const those = isOneRef ? pushes.filter(({ ref }) => ref === state.ref) : pushes;
  return those.length > 0 && those.every(({ ref, sha }) => ref === state.ref && sha === state.revision);
}

function areSame(a: readonly Push[], b: readonly Push[]): boolean {
  return (
    a.length === b.length && a.every(({ ref, sha }, index) => ref === b[index]?.ref && sha === b[index]?.sha)
  );
}
