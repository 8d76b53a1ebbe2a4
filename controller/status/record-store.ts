import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../api/errors.ts";
import { isErrno, isTemporaryName, removeFileDurably, writeFileAtomic } from "../lib/atomic-file.ts";
import type { Log } from "../lib/log.ts";
import type { ApplicationRecord } from "./record.ts";

/**
 * All records, read once at start and kept in memory; each lives in `<data>/records/<name>.json`, mode 0600.
 * A record is written whole before `put` resolves, and only when it differs. One writer per name: the worker that holds its key.
 */
export interface RecordStore {
  get(name: string): ApplicationRecord | undefined;
  list(): readonly ApplicationRecord[];
  /** The names of those whose Compose project this is: claimed, or by the manifest as long as none is claimed. */
  namesOf(project: string): readonly string[];
  put(record: ApplicationRecord): Promise<ApplicationRecord>;
  remove(name: string): Promise<void>;
}

const SUFFIX = ".json";

/**
 * Reads the records. One that cannot be read is set aside as `<name>.json.unreadable` and logged: its Application starts
 * anew and takes its running project over, because its containers carry our checkout's path.
 */
export async function openRecordStore(dataDir: string, log: Log): Promise<RecordStore> {
  const dir = join(dataDir, "records");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const records = new Map<string, { readonly record: ApplicationRecord; readonly text: string }>();
  const names = new Map<string, Set<string>>();
  const keep = (record: ApplicationRecord, text: string): void => {
    drop(record.name);
    records.set(record.name, { record, text });
    const project = projectOf(record);
    names.set(project, (names.get(project) ?? new Set()).add(record.name));
  };
  const drop = (name: string): void => {
    const known = records.get(name);
    if (known === undefined) return;
    records.delete(name);
    const project = projectOf(known.record);
    const sharing = names.get(project);
    sharing?.delete(name);
    if (sharing?.size === 0) names.delete(project);
  };
  for (const file of await readdir(dir)) {
    if (!file.endsWith(SUFFIX) || isTemporaryName(file)) continue;
    const path = join(dir, file);
    try {
      const text = await readFile(path, "utf8");
      const record = parseRecord(text, file.slice(0, -SUFFIX.length));
      keep(record, text);
    } catch (error) {
      log.error("record cannot be read, set aside", { file: path, error: messageOf(error) });
      await rename(path, `${path}.unreadable`);
    }
  }
  return {
    get: (name) => records.get(name)?.record,
    namesOf: (project) => [...(names.get(project) ?? [])],
    list: () => [...records.values()].map(({ record }) => record),
    async put(record) {
      const text = `${JSON.stringify(record, undefined, 1)}\n`;
      if (records.get(record.name)?.text === text) return record;
      await writeFileAtomic(join(dir, `${record.name}${SUFFIX}`), text);
      keep(record, text);
      return record;
    },
    async remove(name) {
      await removeFileDurably(join(dir, `${name}${SUFFIX}`));
      drop(name);
    },
  };
}

/**
 * The records of a data directory that is another process's, as they are now, in memory: what is put is never written. One
 * that cannot be read is left out.
 */
export async function readRecords(dataDir: string): Promise<RecordStore> {
  const dir = join(dataDir, "records");
  const records = new Map<string, ApplicationRecord>();
  const files = await readdir(dir).catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  });
  for (const file of files) {
    if (!file.endsWith(SUFFIX) || isTemporaryName(file)) continue;
    const name = file.slice(0, -SUFFIX.length);
    try {
      records.set(name, parseRecord(await readFile(join(dir, file), "utf8"), name));
    } catch {
      // gone meanwhile, or for the controller to set aside
    }
  }
  return {
    get: (name) => records.get(name),
    list: () => [...records.values()],
    namesOf: (project) =>
      [...records.values()].filter((record) => projectOf(record) === project).map(({ name }) => name),
    put(record) {
      records.set(record.name, record);
      return Promise.resolve(record);
    },
    remove(name) {
      records.delete(name);
      return Promise.resolve();
    },
  };
}

function projectOf({ name, project, manifest }: ApplicationRecord): string {
  const { compose } = manifest.spec as { readonly compose?: { readonly projectName?: string } };
  return project ?? compose?.projectName ?? name;
}

function parseRecord(text: string, name: string): ApplicationRecord {
  const value = JSON.parse(text) as ApplicationRecord;
  // Only ConOps writes these files, whole; what is checked is that this is one of them, of this version.
  if (value.version !== 1)
    throw new Error(`Cannot read the record: its version is ${String(value.version)}, not 1`);
  if (value.name !== name || typeof value.uid !== "string" || typeof value.manifest !== "object") {
    throw new Error(`Cannot read the record: it is not the record of "${name}"`);
  }
  return value;
}
