import { constants, lstat, open, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";

export type PathKind = "file" | "folder" | "special" | "missing" | "outside";

/** The files of one checkout, none of which is trusted to be where its path says. */
export interface RepositoryFiles {
  /** Absolute root of the checkout. */
  readonly root: string;
  /**
   * What an absolute path leads to, symbolic links followed. `outside`: it, or what exists of its way, leaves the
   * checkout. `special`: a pipe, a device, a socket.
   */
  inspect(path: string): Promise<PathKind>;
  /** Where links inside the checkout lead an absolute path, also of what is not there; the path itself where they leave it. */
  follow(path: string): Promise<string>;
  /** The path as a person knows it: relative to the checkout; absolute where it lies outside. */
  show(path: string): string;
  /** The text of a regular file inside; `large` beyond `maxBytes`. Never waits for a pipe. */
  read(
    path: string,
    maxBytes: number,
  ): Promise<{ readonly text: string } | Exclude<PathKind, "file"> | "large">;
}

export function createRepositoryFiles(root: string): RepositoryFiles {
  const realRoot = realpath(root);

  const inspect = async (path: string): Promise<PathKind> => {
    if (!isWithin(root, path)) return "outside";
    const real = await realpathOfExisting(path);
    if (real === undefined || !isWithin(await realRoot, real.path)) return "outside";
    if (!real.whole) return "missing";
    const found = await stat(real.path);
    if (found.isFile()) return "file";
    return found.isDirectory() ? "folder" : "special";
  };

  return {
    root,
    inspect,
    async follow(path) {
      const real = await realpathOfExisting(path);
      const top = await realRoot;
      return real === undefined || !isWithin(top, real.path)
        ? path
        : join(root, relative(top, real.path), real.missing);
    },
    show: (path) => (isWithin(root, path) ? relative(root, path) || "." : path),
    async read(path, maxBytes) {
      const kind = await inspect(path);
      if (kind !== "file") return kind;
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      try {
        const found = await file.stat();
        if (!found.isFile()) return "special";
        return found.size > maxBytes ? "large" : { text: await file.readFile("utf8") };
      } finally {
        await file.close();
      }
    },
  };
}

/** Whether `path`, absolute, is `folder` or lies below it, by its name alone. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The real path of what exists of `path`, and the rest of it; undefined where a link leads nowhere, or in circles. */
async function realpathOfExisting(
  path: string,
): Promise<{ path: string; whole: boolean; missing: string } | undefined> {
  let existing = path;
  for (;;) {
    try {
      const found = await realpath(existing);
      return { path: found, whole: existing === path, missing: relative(existing, path) };
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      if (await isDanglingLink(existing)) return undefined;
      existing = dirname(existing);
    }
  }
}

async function isDanglingLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
