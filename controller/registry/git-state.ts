/**
 * What Git is doing in the registry, from the files of the Git directory alone: no git program, no library.
 */
import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

export interface GitDirs {
  /** The root of the work tree. */
  readonly workTree: string;
  /** Of this work tree: index, HEAD, and the operation under way. */
  readonly gitDir: string;
  /** Shared by all work trees of the repository; often the same. */
  readonly commonDir: string;
}

/** What stands in the Git directory while an operation that may change the work tree is under way. */
const UNDER_WAY = [
  "index.lock",
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "BISECT_LOG",
] as const;

/** The work tree that `folder` is, or is a part of; undefined when there is none. Never throws. */
export async function findWorkTree(folder: string): Promise<GitDirs | undefined> {
  let at = await realpath(folder).catch(() => resolve(folder));
  for (;;) {
    const found = await gitDirsOf(at);
    if (found !== undefined) return found;
    const parent = dirname(at);
    if (parent === at) return undefined;
    at = parent;
  }
}

/** The Git directories of a work tree's root, also where `.git` is a file that leads elsewhere (worktrees, submodules). */
export async function gitDirsOf(workTree: string): Promise<GitDirs | undefined> {
  const entry = join(workTree, ".git");
  const found = await lstat(entry).catch(() => undefined);
  if (found === undefined) return undefined;
  let gitDir = entry;
  if (found.isFile()) {
    const path = /^gitdir: (.+)$/m.exec(await readText(entry))?.[1]?.trim();
    if (path === undefined) return undefined;
    gitDir = resolve(workTree, path);
  }
  if (!(await exists(join(gitDir, "HEAD")))) return undefined;
  const common = (await readText(join(gitDir, "commondir"))).trim();
  return { workTree, gitDir, commonDir: common === "" ? gitDir : resolve(gitDir, common) };
}

/** The file that says which operation is under way in a work tree (`index.lock`); undefined: none is. Never throws. */
export async function gitOperation(gitDir: string): Promise<string | undefined> {
  for (const name of UNDER_WAY) if (await exists(join(gitDir, name))) return name;
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Empty when the file cannot be read. */
function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
