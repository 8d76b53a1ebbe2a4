/** How large a mirror is, and when it is worth making anew. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";
import { listFolder } from "./mirrors.ts";

export interface MirrorSize {
  readonly packs: number;
  readonly bytes: number;
  /** Of its largest pack: a mirror that was just made has one. */
  readonly largestBytes: number;
}

/** Every fetch adds a pack, and libgit2 looks for an object in one after the other. */
const MAX_PACKS = 50;
/** The larger a mirror, the more packs it may have before all of it is fetched again. */
const BYTES_PER_PACK = 4 * 1024 ** 2;
const MOST_PACKS = 300;
/** Growth that is never worth a fetch of the whole. */
const SLACK_BYTES = 64 * 1024 ** 2;

/** Looks at one folder; nothing else of a mirror has a size worth counting. */
export async function measureMirror(mirror: string): Promise<MirrorSize> {
  const folder = join(mirror, "objects", "pack");
  let packs = 0;
  let bytes = 0;
  let largestBytes = 0;
  for (const name of await listFolder(folder)) {
    const sizeBytes = await sizeOf(join(folder, name));
    bytes += sizeBytes;
    if (!name.endsWith(".pack")) continue;
    packs++;
    largestBytes = Math.max(largestBytes, sizeBytes);
  }
  return { packs, bytes, largestBytes };
}

/**
 * Whether a fresh mirror would be much better: too many packs, or more than twice the largest one in all. A fresh one has one
 * pack, so a mirror that only grows is made anew at each doubling, and what was force-pushed away takes as much again at most.
 */
export function isOvergrown({ packs, bytes, largestBytes }: MirrorSize): boolean {
  if (packs > Math.min(MAX_PACKS + Math.floor(bytes / BYTES_PER_PACK), MOST_PACKS)) return true;
  return packs > 1 && bytes > 2 * largestBytes + SLACK_BYTES;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}
