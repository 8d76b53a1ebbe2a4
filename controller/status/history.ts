import type { HistoryEntry } from "../api/status.ts";
import type { ApplicationRecord } from "./record.ts";

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

type Known = Pick<ApplicationRecord, "history" | "applied" | "attempt" | "rollback">;

/** The syncs whose logs are kept: those of the history, and what is under way. */
export function keptSyncIds({ history, applied, attempt, rollback }: Known): readonly number[] {
  const underWay = [
    rollback?.syncId,
    attempt?.result === "running" ? attempt.syncId : undefined,
    applied?.gate === "pending" ? applied.syncId : undefined,
  ];
  return [...history.map(({ id }) => id), ...underWay].filter((id) => id !== undefined);
}

/** The id of a sync that begins now. */
export function nextSyncId({ history, applied, attempt, rollback }: Known): number {
  const known = [...history.map(({ id = 0 }) => id), applied?.syncId, attempt?.syncId, rollback?.syncId];
  return Math.max(0, ...known.map((id = 0) => id)) + 1;
}

/** The sync that is under way: being applied, or waiting for its gate. */
export function syncUnderWay({ applied, attempt, rollback }: Known): number | undefined {
  if (attempt?.result === "running") return attempt.syncId;
  if (rollback?.syncId !== undefined) return rollback.syncId;
  return applied?.gate === "pending" ? applied.syncId : undefined;
}

/** RFC 3339 with seconds, UTC. */
export function rfc3339(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
