import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfExists, removeFileDurably, writeFileAtomic } from "../lib/atomic-file.ts";
import type { TreeEntry } from "./git.ts";

export type FileMode = TreeEntry["mode"];

/** path → what ConOps wrote there: mode and Git's object id of the bytes. */
export type LedgerFiles = Readonly<Record<string, readonly [mode: FileMode, blob: string]>>;

/** What ConOps last wrote into one stable checkout. */
export interface Ledger {
  readonly revision: string;
  readonly files: LedgerFiles;
  /** Updates that began and did not end, oldest first: each file holds one of these states, or the one of `files`. */
  readonly pending?: readonly { readonly revision: string; readonly files: LedgerFiles }[];
}

/** Ledgers live in `<data>/ledgers/<name>.json`, beside the records, because a large repository makes them large. */
export interface LedgerStore {
  read(name: string): Promise<Ledger | undefined>;
  write(name: string, ledger: Ledger): Promise<void>;
  remove(name: string): Promise<void>;
}

export async function openLedgerStore(dataDir: string): Promise<LedgerStore> {
  const dir = join(dataDir, "ledgers");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const pathOf = (name: string): string => join(dir, `${name}.json`);
  return {
    async read(name) {
      const text = await readFileIfExists(pathOf(name));
      return text === undefined ? undefined : (JSON.parse(text) as Ledger);
    },
    write: (name, ledger) => writeFileAtomic(pathOf(name), JSON.stringify(ledger)),
    remove: (name) => removeFileDurably(pathOf(name)),
  };
}

export function ledgerFilesOf(entries: readonly TreeEntry[]): LedgerFiles {
  return Object.fromEntries(
    entries
      .filter((entry) => entry.mode !== "160000")
      .map((entry) => [entry.path, [entry.mode, entry.blob] as const]),
  );
}
