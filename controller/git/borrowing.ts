/**
 * Another process's mirrors, read and never written: a repository of our own that takes their objects where they lie. When
 * the other process replaces a mirror meanwhile, objects are missing, and are fetched as in any mirror that lacks them.
 */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listFolder, makeBareRepository, readParts } from "./mirrors.ts";

/** Borrows the mirror of this remote and those of its submodules; what is not there or cannot be read is left to a fetch. */
export async function borrowMirrors(from: string, to: string, remoteId: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const ids = [remoteId, ...(await readParts(join(from, remoteId)))].filter((id) => /^[0-9a-f]+$/.test(id));
  for (const id of new Set(ids)) {
    if ((await listFolder(join(from, id, "objects"))).length > 0) await borrow(join(from, id), join(to, id));
  }
}

async function borrow(mirror: string, own: string): Promise<void> {
  await makeBareRepository(own);
  // What is known here needs not be sent again.
  await cp(join(mirror, "refs"), join(own, "refs"), { recursive: true }).catch(() => undefined);
  await cp(join(mirror, "packed-refs"), join(own, "packed-refs")).catch(() => undefined);
  await mkdir(join(own, "objects", "info"), { recursive: true });
  await writeFile(join(own, "objects", "info", "alternates"), `${join(mirror, "objects")}\n`);
}
