import type { HistoryEntry } from "../api/status.ts";
import { addToHistory, keptSyncIds } from "../status/history.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

/**
 * Ends a sync or a healing: first its log is written, then the history refers to it, together with what else the record has
 * to say by then; logs that no entry refers to any more go.
 */
export async function finishSync(
  entry: HistoryEntry,
  visit: Visit,
  deps: Pick<ReconcileDeps, "syncLogs">,
  also: (record: ApplicationRecord) => ApplicationRecord = (record) => record,
): Promise<void> {
  const log = entry.id === undefined ? undefined : await deps.syncLogs.end(visit.name, entry.id);
  await visit.update((before) => {
    const record = also(before);
    const finished = { ...entry, ...(log !== undefined && { log }) };
    return { ...record, history: addToHistory(record.history, finished) };
  });
  await deps.syncLogs.keep(visit.name, keptSyncIds(visit.record()));
}

/** A visit whose lines go to the log of this sync or healing, whatever else is under way. */
export function sayingTo(id: number, visit: Visit, deps: Pick<ReconcileDeps, "syncLogs">): Visit {
  return {
    ...visit,
    say: (text, source) => deps.syncLogs.add(visit.name, id, visit.mask(text), source),
  };
}
