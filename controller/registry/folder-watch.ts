/**
 * Says where to look, by chokidar. Only folders are watched, at any depth: their watches tell of every change of a file in
 * them, so that ten thousand manifests cost no more watches than their folders do. Links are not followed. What is said here
 * proves nothing: some changes are told late, twice or never, and the reader of the disk decides.
 */
import { lstat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { watch } from "chokidar";
import { isIgnoredName, isManifestName, isRequestName, STATUS_SUFFIX } from "./files.ts";
import { MARKER_FILE } from "./marker.ts";

/** A registry-relative file to read again; `undefined`: more than that may have changed, list everything. */
export type Hint = string | undefined;

export interface FolderWatch {
  close(): Promise<void>;
}

/**
 * Starts watching `root`, which must be there; resolves once every folder that it has is watched. `onError` is called at
 * most once: from then on hints may be missing, and whoever asked should close this and start another. Rejects with the
 * signal's reason when it aborts first.
 */
export async function watchFolder(options: {
  readonly root: string;
  readonly onHint: (hint: Hint) => void;
  /** A registry-relative status file was removed, and has not come back at once. Default: nobody listens. */
  readonly onStatusGone?: (path: string) => void;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}): Promise<FolderWatch> {
  const { root, onHint, onStatusGone, onError, signal } = options;
  signal.throwIfAborted();
  let failed = false;
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignorePermissionErrors: true, // a folder that may not be read is found, and named, by the listing
    ignored: (path, stats) =>
      path !== root && (isIgnoredName(basename(path)) || (stats !== undefined && !stats.isDirectory())),
  });
  const close = async (): Promise<void> => {
    await watcher.close();
    // Closing removes the listeners, but what is still running inside may fail, and an unheard "error" is thrown.
    watcher.on("error", () => {});
  };
  watcher.on("addDir", () => onHint(undefined));
  watcher.on("unlinkDir", () => onHint(undefined));
  watcher.on("raw", (event: string, name: string | null, details: unknown) => {
    const folder = (details as { readonly watchedPath?: string }).watchedPath ?? root;
    if (name === null || name === MARKER_FILE) onHint(undefined);
    else if (!isIgnoredName(name)) hintOf(event, relative(root, join(folder, name)).split(sep).join("/"));
  });

  function hintOf(event: string, path: string): void {
    // A confirmation takes effect with a listing of everything, and must not be seen before it does.
    if (path.endsWith(".confirm-deletion.request.yaml")) onHint(undefined);
    else if (isManifestName(path) || isRequestName(path)) onHint(path);
    else if (event === "rename" && path.endsWith(STATUS_SUFFIX)) void tellIfGone(path);
    // chokidar tells of a new folder only after it has read all the others beside it.
    else if (event === "rename" && !/\.ya?ml$/.test(path)) void hintIfFolder(path);
  }

  /** The controller's own writes are renames, too: after them the file is there. */
  async function tellIfGone(path: string): Promise<void> {
    const isGone = await lstat(join(root, path)).then(
      () => false,
      () => true,
    );
    if (isGone) onStatusGone?.(path);
  }

  async function hintIfFolder(path: string): Promise<void> {
    const found = await lstat(join(root, path)).catch(() => undefined);
    if (found?.isDirectory() === true) onHint(undefined);
  }

  const onFailure = (error: unknown): void => {
    if (failed) return;
    failed = true;
    onError(error);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      const settle = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      watcher.on("ready", settle);
      watcher.on("error", (error) => {
        onFailure(error);
        settle();
      });
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
