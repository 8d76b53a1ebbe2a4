/** The bare repositories in the data directory, made and replaced whole; only workers look inside. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";

/**
 * Off-site redirects are refused, since they could carry credentials elsewhere. Links come out of libgit2 as text files, so
 * that it can never write through one.
 */
const CONFIG = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	symlinks = false
	logAllRefUpdates = false
[http]
	followRedirects = false
`;

/** Makes an empty bare repository, complete from the moment it is there. Does nothing when there is one. */
export async function makeBareRepository(path: string): Promise<void> {
  if ((await listFolder(path)).includes("HEAD")) return;
  const temporary = `${path}.making`;
  await removeFolder(temporary);
  // Without objects/pack, libgit2 loses what it fetched.
  await mkdir(join(temporary, "objects", "pack"), { recursive: true, mode: 0o700 });
  await mkdir(join(temporary, "refs"));
  await writeFile(join(temporary, "config"), CONFIG);
  await writeFile(join(temporary, "HEAD"), "ref: refs/heads/none\n");
  await removeFolder(path);
  await rename(temporary, path);
}

/** Puts the folder `fresh` in the place of `path`. */
export async function replaceFolder(path: string, fresh: string): Promise<void> {
  const old = `${path}.old`;
  await removeFolder(old);
  await rename(path, old).catch((error: unknown) => {
    if (!isErrno(error, "ENOENT")) throw error;
  });
  await rename(fresh, path);
  await removeFolder(old);
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The names in a folder; none when it is not there. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

/** Beside a mirror's own files: the ids of the mirrors of its submodules, one a line. */
const PARTS = "conops-submodules";

/** Writes down, in a mirror, which others a checkout of it needs. A hint for `readParts`, and nothing that must not be lost. */
export async function writeParts(mirror: string, ids: readonly string[]): Promise<void> {
  const path = join(mirror, PARTS);
  await (ids.length === 0 ? rm(path, { force: true }) : writeFile(path, ids.join("\n")));
}

/** What `writeParts` wrote last; nothing where that is not there. */
export async function readParts(mirror: string): Promise<string[]> {
  const text = await readFile(join(mirror, PARTS), "utf8").catch(() => "");
  return text.split("\n");
}
