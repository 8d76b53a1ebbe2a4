/**
 * Publishes what the controller observed, in files beside the manifests: `shop.yaml` → `shop.status.yaml`, one document
 * per resource of that file, in the manifest's order. Only the controller writes here; a file is written whole, and only
 * when its text changes. The record stays the truth: a status file that is lost or damaged is written again.
 */
import { constants } from "node:fs";
import { access, lstat, mkdir, open, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../api/errors.ts";
import type { StatusDocument } from "../api/status.ts";
import { isErrno, removeFileDurably, writeFileAtomic } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { listStatusFiles, manifestFileOf, parseStatusFile, statusFileOf } from "./read-status.ts";
import { renderStatusDocument, renderStatusFile, saysDeleting, splitStatusFile } from "./status-text.ts";

/** Where the manifest of a resource stands: its registry-relative file, and the 0-based document in it. */
export interface StatusPlace {
  readonly file: string;
  readonly document: number;
}

export interface StatusPublisher {
  /**
   * Reads which documents the folder holds, so that a resource that moved while no controller ran takes its document
   * along. Call once, before the first `publish`.
   */
  load(): Promise<void>;
  /**
   * The documents that `load` found and nobody has published or removed since: their keys, and where the manifest stood, as
   * far as the status file tells (a manifest that ends in .yml has the same).
   */
  unclaimed(): readonly { readonly key: string; readonly place: StatusPlace }[];
  /**
   * The document of `key` as it was published last, by this process or, if `load` found it, by one before: for what has no
   * record. Read as tolerantly as any status file, for a person may have edited it.
   */
  previous(key: string): StatusDocument | undefined;
  /**
   * Makes `document` the status of `key`, beside its manifest. Resolves when it is on disk, or when that failed: a folder
   * that cannot be written is logged once and tried again every 30 s and with every publish. Never rejects.
   */
  publish(key: string, place: StatusPlace, document: StatusDocument): Promise<void>;
  /** Takes the document of `key` out; the file goes with its last document. Never rejects. */
  remove(key: string): Promise<void>;
  /**
   * The document of `key` is on disk. Also true when that cannot be told: the file is damaged,
   * or its folder gone, unreadable or read-only.
   */
  exists(key: string): Promise<boolean>;
  /**
   * A person has removed the document of `key` after it said `phase: Deleting`: the sign to forget the resource and leave
   * what is there. A document that was never written, or was removed before, is no such sign.
   */
  removedByHand(key: string): Promise<boolean>;
  /** Ends retries, after what is under way. Nothing is published afterwards. */
  close(): Promise<void>;
}

export interface StatusPublisherDeps {
  /** Absolute. */
  readonly registryDir: string;
  readonly log: Log;
  readonly clock: Clock;
}

const RETRY_MS = 30_000;
const MAX_STATUS_BYTES = 64 * 1024 * 1024;

interface Slot {
  readonly file: string;
  readonly document: number;
  readonly key: string;
  readonly text: string;
}

/** One status file: what it shall hold, and what is known to be on disk. */
interface StatusFile {
  readonly slots: Map<string, Slot>;
  onDisk?: { readonly text: string; readonly stamp: string };
  /** The writes of one file follow one another. */
  queue: Promise<void>;
}

/** Creates the publisher of one registry. Nothing is read or written yet. */
export function createStatusPublisher({ registryDir, log, clock }: StatusPublisherDeps): StatusPublisher {
  const files = new Map<string, StatusFile>();
  const slots = new Map<string, Slot>();
  /** Keys of documents found by `load` that nobody has published since. */
  const unclaimed = new Set<string>();
  /** Keys whose document said Deleting on disk. */
  const shownDeleting = new Set<string>();
  const madeFolders = new Set<string>();
  const failing = new Map<string, () => void>();
  let closed = false;

  function fileOf(path: string): StatusFile {
    let file = files.get(path);
    if (file === undefined) {
      file = { slots: new Map(), queue: Promise.resolve() };
      files.set(path, file);
    }
    return file;
  }

  function put(slot: Slot): void {
    slots.set(slot.key, slot);
    fileOf(slot.file).slots.set(slot.key, slot);
  }

  function take(key: string): Slot | undefined {
    const slot = slots.get(key);
    if (slot === undefined) return undefined;
    slots.delete(key);
    unclaimed.delete(key);
    fileOf(slot.file).slots.delete(key);
    return slot;
  }

  /** Brings the file to what its slots say, after the writes before it. */
  function flush(path: string): Promise<void> {
    const file = fileOf(path);
    file.queue = file.queue.then(async () => {
      if (closed) return;
      failing.get(path)?.();
      try {
        await settle(path, file);
        if (failing.delete(path) && failing.size === 0) log.info("status files are written again");
      } catch (error) {
        report(path, error);
      }
    });
    return file.queue;
  }

  function report(path: string, error: unknown): void {
    const fields = { file: path, error: messageOf(error) };
    if (failing.size === 0) log.warn("cannot write status files", fields);
    else log.debug("cannot write status file", fields);
    failing.set(
      path,
      clock.after(RETRY_MS, () => void flush(path)),
    );
  }

  async function settle(path: string, file: StatusFile): Promise<void> {
    const target = join(registryDir, path);
    const wanted = [...file.slots.values()].toSorted(
      (a, b) => a.document - b.document || (a.key < b.key ? -1 : 1),
    );
    if (wanted.length === 0) {
      await removeFileDurably(target);
      await removeMadeFolders(dirname(path));
      return;
    }
    const text = renderStatusFile(wanted.map((slot) => slot.text));
    const stamp = await stampOf(target);
    if (file.onDisk === undefined || file.onDisk.stamp !== stamp) {
      const found = await readStatusText(target);
      if (found === undefined || stamp === undefined) delete file.onDisk;
      else file.onDisk = { text: found, stamp };
    }
    if (file.onDisk?.text !== text) {
      await makeFolder(dirname(path));
      await writeFileAtomic(target, text, { mode: 0o644 });
      file.onDisk = { text, stamp: (await stampOf(target)) ?? "" };
    }
    for (const [key, slot] of file.slots) {
      if (saysDeleting(slot.text)) shownDeleting.add(key);
      else shownDeleting.delete(key);
    }
  }

  /** The folder of a manifest may be gone while its containers are still being torn down. */
  async function makeFolder(folder: string): Promise<void> {
    await stat(registryDir); // an absent registry is never made
    const made = await mkdir(join(registryDir, folder), { recursive: true });
    if (made !== undefined) madeFolders.add(folder);
  }

  async function removeMadeFolders(folder: string): Promise<void> {
    if (!madeFolders.delete(folder)) return;
    await rmdir(join(registryDir, folder)).catch((error: unknown) => {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST", "ENOENT")) throw error;
    });
  }

  async function isOnDisk(slot: Slot): Promise<boolean> {
    const target = join(registryDir, slot.file);
    try {
      const text = await readStatusText(target);
      if (text !== undefined) {
        const chunks = splitStatusFile(text);
        return chunks.length === 0 || chunks.some(({ key }) => key === slot.key);
      }
      await access(dirname(target), constants.W_OK);
      return false;
    } catch {
      return true;
    }
  }

  return {
    unclaimed: () =>
      [...slots.values()].flatMap(({ key, file, document }) =>
        unclaimed.has(key) ? [{ key, place: { file: manifestFileOf(file), document } }] : [],
      ),
    previous(key) {
      const slot = slots.get(key);
      return slot && parseStatusFile(slot.text)[0];
    },
    async load() {
      for (const path of await listStatusFiles(registryDir)) {
        const text = await readStatusText(join(registryDir, path)).catch(() => undefined);
        if (text === undefined) continue;
        const chunks = splitStatusFile(text);
        if (chunks.length === 0) log.debug("not a status file of ConOps: left alone", { file: path });
        for (const [document, chunk] of chunks.entries()) {
          if (slots.has(chunk.key)) {
            log.debug("second status of one resource: left alone", { file: path, key: chunk.key });
            continue;
          }
          put({ file: path, document, ...chunk });
          unclaimed.add(chunk.key);
          if (saysDeleting(chunk.text)) shownDeleting.add(chunk.key);
        }
      }
    },

    async publish(key, place, document) {
      const file = statusFileOf(place.file);
      const before = take(key);
      put({ file, document: place.document, key, text: renderStatusDocument(document) });
      await flush(file);
      if (before !== undefined && before.file !== file) await flush(before.file);
    },

    async remove(key) {
      const slot = take(key);
      shownDeleting.delete(key);
      if (slot !== undefined) await flush(slot.file);
    },

    async exists(key) {
      const slot = slots.get(key);
      return slot !== undefined && (await isOnDisk(slot));
    },

    async removedByHand(key) {
      const slot = slots.get(key);
      return slot !== undefined && shownDeleting.has(key) && !(await isOnDisk(slot));
    },

    async close() {
      await Promise.all([...files.values()].map((file) => file.queue));
      closed = true;
      for (const cancel of failing.values()) cancel();
    },
  };
}

/**
 * The text of a status file; undefined when there is none. What is no regular file of a bearable size reads as empty: a pipe
 * or a link in its place is neither waited for nor followed, and the next write takes it away.
 */
async function readStatusText(path: string): Promise<string | undefined> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  try {
    const file = await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    try {
      const found = await file.stat();
      return found.isFile() && found.size <= MAX_STATUS_BYTES ? await file.readFile("utf8") : "";
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (isErrno(error, "ELOOP", "ENXIO")) return ""; // a link; a socket
    throw error;
  }
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await lstat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
