import { constants } from "node:fs";
import { lstat, mkdir, open, type FileHandle } from "node:fs/promises";
import { isErrno } from "../lib/atomic-file.ts";

/**
 * A folder opened component by component without ever following a symbolic link; `path` reaches the opened folder itself
 * (through /proc/self/fd), whatever happens to the names above it meanwhile.
 */
export interface SafeFolder {
  readonly path: string;
  close(): Promise<void>;
}

/** A component of the path is a symbolic link or a file. */
export class NotAFolderError extends Error {
  override readonly name = "NotAFolderError";
  readonly component: string;

  constructor(component: string) {
    super(`Cannot enter "${component}": it is not a folder`);
    this.component = component;
  }
}

/**
 * Opens `root/relative`. With `create`, missing folders are made (0755). Returns undefined when a component is missing and
 * `create` is false. Throws NotAFolderError for a component that is a link or a file. `root` itself must be a folder.
 */
export async function openSafeFolder(
  root: string,
  relative: string,
  create: boolean,
): Promise<SafeFolder | undefined> {
  let handle = await openFolder(root);
  let walked = "";
  try {
    for (const component of relative.split("/").filter((part) => part !== "" && part !== ".")) {
      if (component === "..") throw new NotAFolderError(`${walked}..`);
      walked = walked === "" ? component : `${walked}/${component}`;
      const path = `/proc/self/fd/${handle.fd}/${component}`;
      let next = await tryOpen(path, walked);
      if (next === undefined) {
        if (!create) {
          await handle.close();
          return undefined;
        }
        await mkdir(path, { mode: 0o755 });
        next = await openFolder(path);
      }
      await handle.close();
      handle = next;
    }
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  const last = handle;
  return { path: `/proc/self/fd/${last.fd}`, close: () => last.close() };
}

async function tryOpen(path: string, walked: string): Promise<FileHandle | undefined> {
  try {
    return await openFolder(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (isErrno(error, "ENOTDIR", "ELOOP")) throw new NotAFolderError(walked);
    // O_DIRECTORY | O_NOFOLLOW on a link to a folder says ENOTDIR or ELOOP, by kernel version.
    const stat = await lstat(path);
    if (!stat.isDirectory()) throw new NotAFolderError(walked);
    throw error;
  }
}

function openFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}
