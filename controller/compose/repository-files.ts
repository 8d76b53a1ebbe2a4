import { constants, lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { isWithin } from "../lib/is-within.ts";
import type { LeftOut } from "./compose.ts";
import { refusal } from "./refusal.ts";

export { isWithin };

export type PathKind = "file" | "folder" | "special" | "missing" | "outside" | "left-out";

/** The files of one checkout, none of which is trusted to be where its path says. */
export interface RepositoryFiles {
  /** Absolute root of the checkout. */
  readonly root: string;
  /**
   * What an absolute path leads to, symbolic links followed. `outside`: it, or what exists of its way, leaves the
   * checkout. `special`: a pipe, a device, a socket. `left-out`: it is in Git, and was not checked out.
   */
  inspect(path: string): Promise<PathKind>;
  /** Where links inside the checkout lead an absolute path, also of what is not there; the path itself where they leave it. */
  follow(path: string): Promise<string>;
  /** What was left out there, or above, or where links lead from there; undefined for a path that is not `left-out`. */
  leftOutAt(path: string): Promise<LeftOut | undefined>;
  /** The path as a person knows it: relative to the checkout; absolute where it lies outside. */
  show(path: string): string;
  /** The text of a regular file inside; `large` beyond `maxBytes`. Never waits for a pipe. */
  read(
    path: string,
    maxBytes: number,
  ): Promise<{ readonly text: string } | Exclude<PathKind, "file"> | "large">;
  /** Every path inside that was asked for so far, and where links led from there: repository-relative, `.` for the root. */
  lookedAt(): readonly string[];
}

/** As Linux: a path that follows more links than this does not resolve. */
const MAX_LINKS_FOLLOWED = 40;

/** The files of the checkout at `root`; `leftOut` is what of the repository is not in it. */
export function createRepositoryFiles(root: string, leftOut: readonly LeftOut[] = []): RepositoryFiles {
  const realRoot = realpath(root);
  const asked = new Set<string>();
  const show = (path: string): string => (isWithin(root, path) ? relative(root, path) || "." : path);

  const follow = async (path: string): Promise<string> => {
    const real = await realpathOfExisting(path);
    const top = await realRoot;
    return real === undefined || !isWithin(top, real.path)
      ? path
      : join(root, relative(top, real.path), real.missing);
  };

  const leftOutAt = async (path: string): Promise<LeftOut | undefined> => {
    if (leftOut.length === 0) return undefined;
    for (const step of [path, await follow(path), ...(await stepsOfDanglingLink(path))]) {
      const left = isWithin(root, step) && leftOut.find((one) => isWithin(join(root, one.path), step));
      if (left) return left;
    }
    return undefined;
  };

  const inspect = async (path: string): Promise<PathKind> => {
    if (!isWithin(root, path)) return "outside";
    asked.add(path);
    const real = await realpathOfExisting(path);
    const isInside = real !== undefined && isWithin(await realRoot, real.path);
    if (isInside) asked.add(join(root, relative(await realRoot, real.path), real.missing));
    if (!isInside || !real.whole) {
      if ((await leftOutAt(path)) !== undefined) return "left-out";
      return isInside ? "missing" : "outside";
    }
    const found = await stat(real.path);
    if (found.isFile()) return "file";
    return found.isDirectory() ? "folder" : "special";
  };

  return {
    root,
    inspect,
    follow,
    leftOutAt,
    show,
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
    lookedAt: () => [...asked].map(show),
  };
}

export function notCheckedOut({ path, why }: LeftOut): string {
  return `"${path}" was not checked out: ${why}`;
}

/** The refusal of a path that is `left-out`; `at` is where it is named. */
export async function refuseLeftOut(files: RepositoryFiles, path: string, at?: string): Promise<Error> {
  const left = await files.leftOutAt(path);
  const what = left === undefined ? `"${files.show(path)}" was not checked out` : notCheckedOut(left);
  return refusal(left?.reason ?? "UnsafePath", at === undefined ? what : `${at}: ${what}`);
}

/** The real path of what exists of `path`, and the rest of it; undefined where a link leads nowhere, or in circles. */
export async function realpathOfExisting(
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

/** Where a link that leads to nothing, at `path` or above it, says that it leads, step by step. */
async function stepsOfDanglingLink(path: string): Promise<readonly string[]> {
  const steps: string[] = [];
  let at = path;
  while (steps.length < MAX_LINKS_FOLLOWED) {
    let link = at;
    while (link !== dirname(link) && !(await isDanglingLink(link))) link = dirname(link);
    const target = await readlink(link).catch(() => undefined);
    if (target === undefined) break;
    at = join(resolve(dirname(link), target), relative(link, at));
    steps.push(at);
  }
  return steps;
}
