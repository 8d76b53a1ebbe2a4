import { lstat, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Even, from 0 up to 1, and the same for the same seed. */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Act = (path: string, sizeBytes: number, random: Random) => Promise<string>;

const ACTS: readonly Act[] = [flip, flip, flip, zero, cut, empty, remove, lengthen];

/** Damages one file of the folder, as disks, crashes and people do. Says what was done. */
export async function damage(folder: string, random: Random): Promise<string> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  const path = choose(files.toSorted(), random);
  const { size } = await lstat(path);
  const done = await choose(ACTS, random)(path, size, random);
  return `${done} ${path.slice(folder.length + 1)}`;
}

async function flip(path: string, sizeBytes: number, random: Random): Promise<string> {
  const at = Math.floor(random() * sizeBytes);
  const bit = 1 << Math.floor(random() * 8);
  await change(path, at, Buffer.from([((await readFile(path))[at] ?? 0) ^ bit]));
  return `flip a bit of byte ${at} of`;
}

async function zero(path: string, sizeBytes: number, random: Random): Promise<string> {
  const at = Math.floor(random() * sizeBytes);
  const length = Math.min(512, sizeBytes - at);
  await change(path, at, Buffer.alloc(length));
  return `zero ${length} bytes from ${at} of`;
}

async function cut(path: string, sizeBytes: number, random: Random): Promise<string> {
  const left = Math.floor(random() * sizeBytes);
  await truncate(path, left).catch(() => rm(path));
  return `cut to ${left} bytes`;
}

async function empty(path: string): Promise<string> {
  await rm(path);
  await writeFile(path, "");
  return "empty";
}

async function remove(path: string): Promise<string> {
  await rm(path);
  return "remove";
}

async function lengthen(path: string, _: number, random: Random): Promise<string> {
  const bytes = Buffer.from(Array.from({ length: 100 }, () => Math.floor(random() * 256)));
  const whole = Buffer.concat([await readFile(path), bytes]);
  await rm(path);
  await writeFile(path, whole);
  return "lengthen";
}

async function change(path: string, at: number, bytes: Buffer): Promise<void> {
  const file = await open(path, "r+").catch(() => undefined);
  if (file === undefined) throw new Error(`cannot damage ${path}`);
  try {
    await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}

function choose<T>(all: readonly T[], random: Random): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error("there is nothing to choose from");
  return one;
}
