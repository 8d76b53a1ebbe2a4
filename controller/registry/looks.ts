/**
 * When the folder is looked at: soon after a hint, again when things have settled, and never twice at once. Hints and
 * wishes that come while a look is under way make one more look, not many.
 */
import type { Clock } from "../lib/clock.ts";
import { createAlarm } from "./alarm.ts";
import type { Hint } from "./folder-watch.ts";

/** What one look covers: only these files, or (undefined) everything. */
export interface Scope {
  readonly files?: ReadonlySet<string>;
  /** Read every byte. */
  readonly fresh: boolean;
}

export interface Looks {
  /** Something may have changed: look when it is quiet for a moment, or has not been for long enough. */
  readonly hint: (hint: Hint) => void;
  /** Look at everything as soon as no other look is under way; resolves when that look is over. Never rejects. */
  now(options?: { readonly fresh?: boolean }): Promise<void>;
  /** Begins no more looks; resolves when the one under way is over. */
  close(): Promise<void>;
}

/** A half-written file is usually whole after this long; so is a file that an editor saves by several steps. */
const QUIET_MS = 75;
/** Somebody who writes without a pause must not keep the rest from being seen. */
const LONGEST_MS = 150;
/** A change within the coarseness of time stamps, or in a folder that was not watched yet, is seen by one more look. */
const AFTERWARDS_MS = 1_000;
/** Above this, listing everything is cheaper. */
const MAX_FILES = 256;

/** `look` must not reject. */
export function createLooks(clock: Clock, look: (scope: Scope) => Promise<void>): Looks {
  let closed = false;
  let hinted: Set<string> | undefined = new Set();
  let chain = Promise.resolve();
  /** After a look at everything, hints are patient for as long as it took: half of the time is for others. */
  let restUntil = 0;
  let next: { files: Set<string> | undefined; fresh: boolean; done: Promise<void> } | undefined;

  const flush = (): void => {
    quiet.clear();
    longest.clear();
    const files = hinted;
    const restMs = restUntil - clock.monotonic();
    if (isWhole(files) && restMs > 0) {
      quiet.set(restMs);
      return;
    }
    hinted = new Set();
    if (files === undefined || files.size > 0) void ask(files, false);
  };
  const quiet = createAlarm(clock, flush);
  const longest = createAlarm(clock, flush);
  const afterwards = createAlarm(clock, () => void ask(undefined, false));

  function ask(files: Set<string> | undefined, fresh: boolean): Promise<void> {
    if (next !== undefined) {
      next.fresh ||= fresh;
      next.files = files && next.files && new Set([...next.files, ...files]);
      return next.done;
    }
    const asked = { files, fresh, done: Promise.resolve() };
    next = asked;
    asked.done = chain.then(async () => {
      next = undefined;
      if (closed) return;
      const { files, fresh } = asked;
      if (!isWhole(files)) return look({ files, fresh });
      const begunAt = clock.monotonic();
      await look({ fresh });
      const endedAt = clock.monotonic();
      restUntil = endedAt + (endedAt - begunAt);
    });
    chain = asked.done;
    return asked.done;
  }

  return {
    hint(hint) {
      if (closed) return;
      if (hint === undefined) hinted = undefined;
      else hinted?.add(hint);
      quiet.set(QUIET_MS);
      longest.setIfUnset(LONGEST_MS);
      afterwards.set(AFTERWARDS_MS);
    },
    now: ({ fresh = false } = {}) => ask(undefined, fresh),
    async close() {
      closed = true;
      for (const alarm of [quiet, longest, afterwards]) alarm.clear();
      await chain;
    },
  };
}

function isWhole(files: ReadonlySet<string> | undefined): files is undefined {
  return files === undefined || files.size > MAX_FILES;
}
