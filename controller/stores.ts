/** What the data directory holds, opened: records, renderings, ledgers, and the keys that they need. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openLedgerStore, type LedgerStore } from "./git/ledger.ts";
import type { SealingKey } from "./lib/aead.ts";
import type { Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { Keyring } from "./secret/keyring.ts";
import { readOrMakeDataKey } from "./status/data-key.ts";
import { keptSyncIds } from "./status/history.ts";
import { openRecordStore, type RecordStore } from "./status/record-store.ts";
import { openRenderings, type Renderings } from "./status/renderings.ts";
import { openSyncLogs, type SyncLogs } from "./status/sync-logs.ts";

export interface Stores {
  readonly records: RecordStore;
  readonly renderings: Renderings;
  readonly ledgers: LedgerStore;
  readonly syncLogs: SyncLogs;
  /** The data directory's own. */
  readonly dataKey: SealingKey;
}

/** Opens everything, and removes what an interrupted controller left half done. Throws when a store cannot be used. */
export async function openStores(dataDir: string, keyring: Keyring, log: Log, clock: Clock): Promise<Stores> {
  await rm(join(dataDir, "staging"), { recursive: true, force: true });
  await mkdir(join(dataDir, "checkouts"), { recursive: true });
  const records = await openRecordStore(dataDir, log);
  const dataKey = await readOrMakeDataKey(dataDir);
  const [firstKey = dataKey, ...olderKeys] = keyring.keys;
  const renderings = await openRenderings(dataDir, { keys: [firstKey, ...olderKeys, dataKey] });
  const keys = [...(await renderings.reseal())];
  if (keys.length > 0) log.warn("recorded renderings need keys that are not there", { keys });
  const kept = new Map(records.list().map((record) => [record.name, keptSyncIds(record)]));
  const syncLogs = await openSyncLogs(dataDir, { clock, log, kept });
  return { records, renderings, ledgers: await openLedgerStore(dataDir), syncLogs, dataKey };
}
