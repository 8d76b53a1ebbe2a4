/**
 * Which folder is the registry: a random id in a marker file of the folder, and its twin in the data directory. A folder
 * without the marker, or with another's, is a disk that is not mounted or a wrong folder: what is not in it was not deleted.
 */
import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, readFileIfExists, writeFileAtomic } from "../lib/atomic-file.ts";
import { API_VERSION } from "../api/application.ts";
import { causeOf } from "./files.ts";

/** In the registry's folder. */
export const MARKER_FILE = ".conops-registry.json";
/** In the data directory. Whoever removes it lets the next start adopt whatever folder it finds. */
export const TWIN_FILE = "registry.json";

export type Presence =
  /** `folder` tells one folder at this path from another: it changes with a mount, an unmount, and a replacement. */
  | { readonly kind: "present"; readonly folder: string }
  | { readonly kind: "absent"; readonly folder: string; readonly message: string };

export interface Marker {
  /** The registry's random id; never changes while the controller runs. */
  readonly id: string;
  /** Whether the folder is the registry, now. Never throws. */
  readonly check: () => Promise<Presence>;
}

/**
 * Finds out which registry this is, once, at the start. The twin decides; without one, the folder's marker is adopted;
 * without both, the folder becomes a new registry (and is made, if it is not there). Throws when a marker cannot be read
 * or written, so that no two folders are ever taken for one.
 */
export async function openMarker(options: {
  readonly dir: string;
  readonly dataDir: string;
}): Promise<Marker> {
  const { dir, dataDir } = options;
  const markerPath = join(dir, MARKER_FILE);
  const twinPath = join(dataDir, TWIN_FILE);

  async function findId(): Promise<string> {
    const twin = await readId(twinPath);
    if (twin !== undefined) return twin;
    const adopted = await readId(markerPath);
    const id = adopted ?? randomUUID();
    if (adopted === undefined) {
      await mkdir(dir, { recursive: true });
      await writeId(markerPath, id, 0o644); // first: a marker without a twin is adopted, a twin without a marker is not
    }
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeId(twinPath, id, 0o600);
    return id;
  }

  const id = await findId();
  const adopt = `to adopt the folder as it is, remove "${twinPath}" and start ConOps again`;

  async function check(): Promise<Presence> {
    let folder = "";
    const absent = (message: string): Presence => ({ kind: "absent", folder, message });
    try {
      const found = await stat(dir);
      if (!found.isDirectory()) return absent(`the registry "${dir}" is not a folder`);
      folder = `${found.dev}:${found.ino}`;
      const theirs = await readId(markerPath);
      if (theirs === id) return { kind: "present", folder };
      const what =
        theirs === undefined
          ? `has no "${MARKER_FILE}": its disk may not be mounted`
          : `has the "${MARKER_FILE}" of another registry`;
      return absent(`the folder "${dir}" ${what}; nothing in it counts, and nothing as deleted (${adopt})`);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return absent(`the registry "${dir}" is not there`);
      return absent(
        error instanceof MarkerError ? error.message : `the registry "${dir}": ${causeOf(error)}`,
      );
    }
  }

  return { id, check };
}

/** Whether this data directory belongs to a registry already. Throws when that cannot be read. */
export async function knowsRegistry(dataDir: string): Promise<boolean> {
  return (await readId(join(dataDir, TWIN_FILE))) !== undefined;
}

/**
 * Whether the data directory is the one of this registry, as far as whoever asks may read; undefined when that cannot be
 * told. Never throws.
 */
export async function isDataDirOf(dir: string, dataDir: string): Promise<boolean | undefined> {
  const read = (path: string): Promise<string | undefined> => readId(path).catch(() => undefined);
  const [theirs, ours] = await Promise.all([read(join(dir, MARKER_FILE)), read(join(dataDir, TWIN_FILE))]);
  return theirs === undefined || ours === undefined ? undefined : theirs === ours;
}

/** A marker file that is there and cannot be understood. */
class MarkerError extends Error {
  override readonly name = "MarkerError";
}

/** Undefined: there is no such file. */
async function readId(path: string): Promise<string | undefined> {
  let text: string | undefined;
  try {
    text = await readFileIfExists(path);
  } catch (error) {
    throw new MarkerError(`Cannot read "${path}": ${causeOf(error)}`, { cause: error });
  }
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && "id" in value) {
      if (typeof value.id === "string" && /^[0-9A-Za-z-]{8,64}$/.test(value.id)) return value.id;
    }
  } catch {
    // said below
  }
  throw new MarkerError(`Cannot read "${path}": it is not the marker of a registry`);
}

async function writeId(path: string, id: string, mode: number): Promise<void> {
  const text = `${JSON.stringify({ apiVersion: API_VERSION, kind: "Registry", id })}\n`;
  try {
    await writeFileAtomic(path, text, { mode });
  } catch (error) {
    throw new MarkerError(`Cannot write "${path}": ${causeOf(error)}`, { cause: error });
  }
}
