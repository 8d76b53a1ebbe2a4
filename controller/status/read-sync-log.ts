import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";

export const FOLDER_OF_SYNC_LOGS = "sync-logs";

/** Where the log of a sync is, seen from the data directory. */
export function fileOfSyncLog(name: string, id: number): string {
  return join(FOLDER_OF_SYNC_LOGS, name, `${id}.log`);
}

export type FromDataDir<Value> =
  | { readonly kind: "read"; readonly value: Value }
  | { readonly kind: "missing" }
  /** Only the controller's own user may. */
  | { readonly kind: "forbidden" };

/** Reads the log of a sync, as whoever is not the controller. */
export function readSyncLog(dataDir: string, name: string, id: number): Promise<FromDataDir<string>> {
  return fromDataDir(() => readFile(join(dataDir, fileOfSyncLog(name, id)), "utf8"));
}

/** The syncs of the Application that have a log, newest first; also the one under way. */
export function listSyncLogs(dataDir: string, name: string): Promise<FromDataDir<readonly number[]>> {
  return fromDataDir(async () => {
    const files = await readdir(join(dataDir, FOLDER_OF_SYNC_LOGS, name));
    const ids = files.flatMap((file) => /^(\d+)\.log$/.exec(file)?.slice(1).map(Number) ?? []);
    return ids.toSorted((a, b) => b - a);
  });
}

async function fromDataDir<Value>(read: () => Promise<Value>): Promise<FromDataDir<Value>> {
  try {
    return { kind: "read", value: await read() };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return { kind: "missing" };
    if (isErrno(error, "EACCES", "EPERM")) return { kind: "forbidden" };
    throw error;
  }
}
