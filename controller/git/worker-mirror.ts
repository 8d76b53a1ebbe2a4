/** The worker's view of a mirror on disk. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { errnoOf, nodegit, NOT_FOUND, type NativeCommit, type NativeRepository } from "./nodegit.ts";

/** A handle for one operation (libgit2 allows no more); undefined when there is no repository. */
export async function openMirror(mirror: string): Promise<NativeRepository | undefined> {
  try {
    return await nodegit.Repository.openBare(mirror);
  } catch (error) {
    if (errnoOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** Undefined when the mirror does not have the object, or it is no commit. */
export async function lookupCommit(
  repository: NativeRepository,
  sha: string,
): Promise<NativeCommit | undefined> {
  try {
    return await nodegit.Commit.lookup(repository, nodegit.Oid.fromString(sha));
  } catch (error) {
    if (errnoOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/**
 * Removes what a killed fetch left: half-written packs, which would stay for ever, and locks, which would fail every later
 * fetch. Only for a mirror that nobody writes to.
 */
export async function sweepMirror(mirror: string): Promise<void> {
  for (const path of await listFiles(join(mirror, "objects", "pack"))) {
    if (/^(?:pack_git2_|tmp_)/.test(path)) await rm(join(mirror, "objects", "pack", path), { force: true });
  }
  for (const path of await listFiles(mirror)) {
    if (path.endsWith(".lock")) await rm(join(mirror, path), { force: true });
  }
  for (const path of await listFiles(join(mirror, "refs"), { recursive: true })) {
    if (path.endsWith(".lock")) await rm(join(mirror, "refs", path), { force: true });
  }
}

async function listFiles(folder: string, options: { readonly recursive?: true } = {}): Promise<string[]> {
  try {
    return await readdir(folder, options);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
