import type { HistoryEntry } from "../api/status.ts";

export const HISTORY_LIMIT = 20;

/** Newest first and bounded; a repetition of the newest entry is counted, not appended. */
export function addToHistory(history: readonly HistoryEntry[], entry: HistoryEntry): readonly HistoryEntry[] {
  const [newest, ...older] = history;
  const repeated =
    newest !== undefined &&
    newest.revision === entry.revision &&
    newest.result === entry.result &&
    newest.trigger === entry.trigger &&
    newest.reason === entry.reason;
  if (repeated) return [{ ...entry, startedAt: newest.startedAt, count: (newest.count ?? 1) + 1 }, ...older];
  return [entry, ...history].slice(0, HISTORY_LIMIT);
}

/** RFC 3339 with seconds, UTC. */
export function rfc3339(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
