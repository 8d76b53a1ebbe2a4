/**
 * What was said during each sync and healing: `<data>/sync-logs/NAME/ID.log`, one for each entry of the history, for the
 * owner alone, bounded, and written whole. Whoever adds a line has taken the values of Secrets out of it.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../api/errors.ts";
import { readFileIfExists, writeFileAtomic } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createBoundedLog, type BoundedLog } from "./bounded-log.ts";
import { rfc3339 } from "./history.ts";
import { fileOfSyncLog, FOLDER_OF_SYNC_LOGS } from "./read-sync-log.ts";

export interface SyncLogs {
  /** From here on the log of this sync is empty. */
  begin(name: string, id: number): void;
  /**
   * Adds a line, with the time before it, and `source`, if somebody else said it. Within a second it is on disk. Never throws.
   * A log that an earlier controller began goes on, and says so.
   */
  add(name: string, id: number, text: string, source?: string): void;
  /** Writes what was added. Where it is, seen from the data directory; undefined when that failed, or there is nothing. */
  end(name: string, id: number): Promise<string | undefined>;
  /** Removes all logs of the Application but these. */
  keep(name: string, ids: readonly number[]): Promise<void>;
  /** Writes whatever was not written yet. */
  close(): Promise<void>;
}

export interface SyncLogsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The logs that somebody refers to, by Application; all others are removed at once. */
  readonly kept: ReadonlyMap<string, readonly number[]>;
}

const WRITE_AFTER_MS = 1000;

interface Open {
  readonly name: string;
  readonly id: number;
  /** Undefined until the file of an earlier controller has been read. */
  text: BoundedLog | undefined;
  readonly added: string[];
  writing: Promise<boolean>;
  cancel: (() => void) | undefined;
}

/** Opens the folder of logs in the data directory, and removes what an interrupted controller left and nobody refers to. */
export async function openSyncLogs(
  dataDir: string,
  { clock, log, kept }: SyncLogsOptions,
): Promise<SyncLogs> {
  const root = join(dataDir, FOLDER_OF_SYNC_LOGS);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const logs = new Map<string, Open>();
  /** Begun or gone on with by this controller. */
  const ours = new Set<string>();
  const keyOf = (name: string, id: number): string => `${name}/${id}`;

  function open(name: string, id: number, text: BoundedLog | undefined): Open {
    const opened: Open = { name, id, text, added: [], writing: Promise.resolve(true), cancel: undefined };
    logs.set(keyOf(name, id), opened);
    return opened;
  }

  /** After whatever is being written. False when it cannot be written, which is logged. */
  function write(one: Open): Promise<boolean> {
    one.cancel?.();
    one.cancel = undefined;
    one.writing = one.writing.then(async () => {
      try {
        one.text ??= await textOf(one);
        for (const line of one.added.splice(0)) one.text.add(line);
        await mkdir(join(root, one.name), { recursive: true, mode: 0o700 });
        await writeFileAtomic(join(dataDir, fileOfSyncLog(one.name, one.id)), one.text.text());
        return true;
      } catch (error) {
        log.warn("the log of a sync cannot be written", {
          application: one.name,
          sync: one.id,
          error: messageOf(error),
        });
        return false;
      }
    });
    return one.writing;
  }

  async function textOf({ name, id }: Open): Promise<BoundedLog> {
    const before = await readFileIfExists(join(dataDir, fileOfSyncLog(name, id)));
    const text = createBoundedLog(before);
    if (!ours.has(keyOf(name, id))) {
      text.add(`${rfc3339(clock.now())} the controller was ended here; another one goes on`);
    }
    ours.add(keyOf(name, id));
    return text;
  }

  async function keep(name: string, ids: readonly number[]): Promise<void> {
    const wanted = new Set(ids.map((id) => `${id}.log`));
    for (const one of logs.values()) {
      if (one.name !== name || ids.includes(one.id)) continue;
      one.cancel?.();
      logs.delete(keyOf(name, one.id));
      await one.writing;
    }
    const dir = join(root, name);
    const files = await readdir(dir).catch(() => []);
    for (const file of files.filter((each) => !wanted.has(each))) await rm(join(dir, file), { force: true });
    if (ids.length === 0) await rm(dir, { recursive: true, force: true });
  }

  for (const name of await readdir(root)) await keep(name, kept.get(name) ?? []);

  return {
    begin(name, id) {
      ours.add(keyOf(name, id));
      open(name, id, createBoundedLog());
    },
    add(name, id, text, source) {
      const one = logs.get(keyOf(name, id)) ?? open(name, id, undefined);
      one.added.push(`${rfc3339(clock.now())} ${source === undefined ? "" : `${source} | `}${text}`);
      one.cancel ??= clock.after(WRITE_AFTER_MS, () => void write(one));
    },
    async end(name, id) {
      const one = logs.get(keyOf(name, id));
      if (one === undefined) return undefined;
      const written = await write(one);
      // What was added meanwhile belongs to what comes next.
      if (one.added.length === 0) logs.delete(keyOf(name, id));
      return written ? fileOfSyncLog(name, id) : undefined;
    },
    keep,
    async close() {
      await Promise.all([...logs.values()].filter(({ added }) => added.length > 0).map((one) => write(one)));
    },
  };
}
