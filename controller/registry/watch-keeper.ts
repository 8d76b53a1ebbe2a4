import type { Clock } from "../lib/clock.ts";
import { watchFolder, type FolderWatch, type Hint } from "./folder-watch.ts";

/** Keeps one folder watched: a replaced one anew, and after a broken watch by another. Calls must not overlap. */
export interface WatchKeeper {
  /**
   * Sees to it that the folder of this identity is watched. True: it was not until now, so that anything may have changed.
   * Rejects only when the signal aborts.
   */
  watch(folder: string): Promise<boolean>;
  unwatch(): Promise<void>;
  /** A watch stands, as far as is known. */
  isWatching(): boolean;
}

/** Not at once: what broke a watch (a limit of the system, most often) is seldom over in a moment. */
const RETRY_MS = 30_000;

/** `onBroken` is called for each watch that breaks; from then on there are no hints. */
export function createWatchKeeper(options: {
  readonly root: string;
  readonly clock: Clock;
  readonly onHint: (hint: Hint) => void;
  readonly onStatusGone?: (path: string) => void;
  readonly onBroken: (error: unknown) => void;
  readonly signal: AbortSignal;
  /** Default: `watchFolder`. */
  readonly start?: typeof watchFolder;
}): WatchKeeper {
  const { root, clock, onHint, onStatusGone, onBroken, signal, start = watchFolder } = options;
  let current: { readonly folder: string; readonly watch: FolderWatch } | undefined;
  let isBroken = false;
  let retryAt = 0;

  async function unwatch(): Promise<void> {
    const last = current;
    current = undefined;
    isBroken = false;
    await last?.watch.close();
  }

  return {
    async watch(folder) {
      if (current?.folder === folder && (!isBroken || clock.monotonic() < retryAt)) return false;
      await unwatch();
      const watch = await start({
        root,
        onHint,
        ...(onStatusGone && { onStatusGone }),
        onError(error) {
          isBroken = true;
          retryAt = clock.monotonic() + RETRY_MS;
          onBroken(error);
        },
        signal,
      });
      current = { folder, watch };
      return true;
    },
    unwatch,
    isWatching: () => current !== undefined && !isBroken,
  };
}
