import { readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { tryLockFolder } from "../lib/flock.ts";
import type { Log } from "../lib/log.ts";
import { isIgnoredName, isManifestName } from "../registry/files.ts";
import { sweepFolder } from "./temporary.ts";

export interface SweepingOptions {
  /** The folder of manifests. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const EVERY_MS = 600_000;

/**
 * Removes what edits that were killed have left, which may hold a secret in plain text: now, and every ten minutes until the
 * signal aborts. Resolves after the first time; never rejects.
 */
export async function startSweeping({ dir, clock, log, signal }: SweepingOptions): Promise<void> {
  let cancel: () => void = () => undefined;
  async function sweep(): Promise<void> {
    try {
      const removed = await sweepManifests(dir, signal);
      if (removed > 0) log.info("removed what an edit that was cut short had left", { files: removed });
    } catch (error) {
      if (!signal.aborted) log.warn("what edits have left cannot be removed", { error: messageOf(error) });
    }
    if (!signal.aborted) cancel = clock.after(EVERY_MS, () => void sweep());
  }
  signal.addEventListener("abort", () => cancel(), { once: true });
  await sweep();
}

/** Sweeps every folder of manifests, and those that links of manifests lead to; not where an edit is under way. */
export async function sweepManifests(dir: string, signal: AbortSignal): Promise<number> {
  const folders = new Set<string>();
  async function find(folder: string): Promise<void> {
    signal.throwIfAborted();
    folders.add(folder);
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (isIgnoredName(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await find(path);
      else if (entry.isSymbolicLink() && isManifestName(path)) {
        const target = await realpath(path).catch(() => undefined);
        if (target !== undefined) folders.add(dirname(target));
      }
    }
  }
  await find(await realpath(dir));
  let removed = 0;
  for (const folder of folders) {
    signal.throwIfAborted();
    removed += await sweepLocked(folder);
  }
  return removed;
}

async function sweepLocked(folder: string): Promise<number> {
  let lock: ReturnType<typeof tryLockFolder>;
  try {
    lock = tryLockFolder(folder);
  } catch {
    return 0; // gone, or not ours to read
  }
  if (lock === undefined || lock === "none") return 0;
  try {
    return await sweepFolder(folder);
  } finally {
    lock.release();
  }
}
