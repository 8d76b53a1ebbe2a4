/** Whether Git tracks a file, from the files of the Git directory alone: no git program, no library. */
import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { parseGitIndex } from "./git-index.ts";
import { findWorkTree, type GitDirs } from "./git-state.ts";

/**
 * - `tracked`: it is in the index: committed, or about to be.
 * - `untracked`: it is in no work tree, or not in the index of its work tree.
 * - `busy`: Git writes its index just now, and may be checking the very file out: look again later.
 * - `unknown`: it has an index that cannot be read. What must not happen to a tracked file must not happen to this one.
 */
export type Tracking = "tracked" | "untracked" | "busy" | "unknown";

/** Looks up the file, or what a link leads to. Never throws. */
export async function trackingOf(path: string): Promise<Tracking> {
  const file = await realpath(path).catch(() => undefined);
  if (file === undefined) return "unknown";
  const git = await findWorkTree(dirname(file));
  if (git === undefined) return "untracked";
  try {
    if (await isLocked(git)) return "busy";
    const before = await stampOf(git);
    const name = relative(await realpath(git.workTree), file)
      .split(sep)
      .join("/");
    const isTracked = await indexHolds(git, "index", Buffer.from(name).toString("latin1"));
    if ((await isLocked(git)) || (await stampOf(git)) !== before) return "busy";
    return isTracked ? "tracked" : "untracked";
  } catch {
    return "unknown";
  }
}

async function indexHolds(git: GitDirs, file: string, name: string): Promise<boolean> {
  const bytes = await readFile(join(git.gitDir, file)).catch((error: unknown) => {
    // Nothing was ever added.
    if (file === "index" && isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
  if (bytes === undefined) return false;
  const { files, folders, shared } = parseGitIndex(bytes, await hashBytesOf(git));
  if (files.has(name) || folders.some((folder) => name.startsWith(folder))) return true;
  // What a split index took out of the shared one still counts: rather one too many.
  return shared !== undefined && file === "index" && indexHolds(git, shared, name);
}

async function hashBytesOf({ commonDir }: GitDirs): Promise<number> {
  const config = await readFile(join(commonDir, "config"), "utf8").catch(() => "");
  return /^\s*objectformat\s*=\s*"?sha256"?\s*$/im.test(config) ? 32 : 20;
}

async function isLocked({ gitDir }: GitDirs): Promise<boolean> {
  return (await lstat(join(gitDir, "index.lock")).catch(() => undefined)) !== undefined;
}

async function stampOf({ gitDir }: GitDirs): Promise<string> {
  const found = await lstat(join(gitDir, "index"), { bigint: true }).catch(() => undefined);
  return found === undefined ? "none" : `${found.ino}:${found.size}:${found.mtimeNs}`;
}
