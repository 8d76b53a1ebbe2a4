/**
 * Which absence is a deletion. Pure: the state before, what a listing found and the time → the state after, a verdict for
 * each key that is not there, and when to look again.
 *
 * - Absent for the grace period: whoever returns before is no deletion. Nothing is decided but by a complete listing.
 * - Absences of Applications that overlap are one batch, decided when the last of them is over its grace. A batch of two or
 *   more is held if no other Application remains, or if it is more than max(2, 20 %), counting what was deleted in the last
 *   minute. Whatever else is absent is decided each for itself: nothing runs that its deletion would end.
 * - A held Application stays held until it returns or is confirmed, each for itself.
 * - While judgement waits (a Git operation, a folder that cannot be read) grace does not begin; while the registry is
 *   absent, nothing is decided and nothing is remembered but what was held or deleted before.
 */
import { isApplicationKey, subjectOf } from "../api/resource.ts";
import type { Declaration } from "./registry.ts";

/** The default of how long a name must be missing before it counts as deleted. */
export const GRACE_MS = 2_000;
/** How long a deletion counts towards the next batch. */
export const RECENT_MS = 60_000;
const MAX_SHARE = 0.2;
const MAX_COUNT = 2;

export interface Absence {
  /** Monotonic milliseconds: missing, and judgement not waiting, since then. */
  readonly since: number;
  readonly held: boolean;
  /** Its deletion was confirmed while it was absent. */
  readonly confirmed: boolean;
}

export interface JudgeState {
  readonly absences: ReadonlyMap<string, Absence>;
  /** Judged deleted, and neither back nor forgotten yet. */
  readonly deleted: ReadonlySet<string>;
  /** When an Application was judged deleted, within the last minute; monotonic milliseconds. */
  readonly recent: readonly number[];
}

export interface Judged {
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly graceMs: number;
  /** `missing` comes from a listing of the whole registry, begun now. */
  readonly complete: boolean;
  /** Why nothing can be judged at present. */
  readonly waits?: string | undefined;
  readonly missing: readonly string[];
  /** How many Applications are there, rightly or wrongly declared. */
  readonly remaining: number;
  readonly isConfirmed: (key: string) => boolean;
}

export interface Judgement {
  readonly state: JudgeState;
  readonly verdicts: ReadonlyMap<
    string,
    Extract<Declaration, { readonly kind: "absent" | "held" | "deleted" }>
  >;
  /** Judge a complete listing this many milliseconds from now. Undefined: not before something changes. */
  readonly againInMs?: number;
}

/** Nothing is missing. */
export const NOTHING_MISSING: JudgeState = { absences: new Map(), deleted: new Set(), recent: [] };

/** While judgement waits, how long until it is worth a look whether it still has to. */
const WAIT_MS = 500;

/** Judges what is missing. */
export function judge(before: JudgeState, judged: Judged): Judgement {
  const { now, graceMs, complete, waits, missing, isConfirmed } = judged;
  const deleted = new Set(missing.filter((key) => before.deleted.has(key)));
  const recent = before.recent.filter((at) => now - at < RECENT_MS);
  const absences = new Map<string, Absence>();
  for (const key of missing) {
    if (deleted.has(key)) continue;
    const known = before.absences.get(key);
    const confirmed = isConfirmed(key) || known?.confirmed === true;
    const since = known === undefined || waits !== undefined ? now : known.since;
    absences.set(key, { since, held: known?.held === true, confirmed });
  }

  /** When each batch that is not decided yet is over its grace. */
  const ends: number[] = [];
  for (const batch of batchesOf(absences)) {
    const open = batch.map(([, absence]) => absence).filter(({ held, confirmed }) => !held || confirmed);
    if (open.length === 0) continue;
    const over = Math.max(...open.map(({ since }) => since + graceMs));
    if (waits !== undefined || !complete || now < over) {
      ends.push(over);
      continue;
    }
    const isHeld = holdsBack(batch.length, judged.remaining, recent.length);
    for (const [key, absence] of batch) {
      if (absence.confirmed || (!absence.held && !isHeld)) {
        absences.delete(key);
        deleted.add(key);
        if (isApplicationKey(key)) recent.push(now);
      } else absences.set(key, { ...absence, held: true });
    }
  }

  const verdicts: Map<string, Extract<Declaration, { kind: "absent" | "held" | "deleted" }>> = new Map();
  for (const key of deleted) verdicts.set(key, { kind: "deleted" });
  for (const [key, { held }] of absences) {
    if (held) verdicts.set(key, { kind: "held", message: heldMessage(key) });
    else verdicts.set(key, { kind: "absent", message: absentMessage(key, waits) });
  }
  const state = { absences, deleted, recent };
  if (ends.length === 0) return { state, verdicts };
  return { state, verdicts, againInMs: waits === undefined ? Math.max(Math.min(...ends) - now, 0) : WAIT_MS };
}

type Batch = readonly (readonly [string, Absence])[];

/** The Applications together, everything else for itself. */
function batchesOf(absences: ReadonlyMap<string, Absence>): readonly Batch[] {
  const all = [...absences];
  const others = all.filter(([key]) => !isApplicationKey(key));
  return [all.filter(([key]) => isApplicationKey(key)), ...others.map((absence) => [absence])];
}

/** The registry is absent: no absence says anything until it is back. */
export function suspendJudgement(before: JudgeState): JudgeState {
  const held = [...before.absences].filter(([, absence]) => absence.held);
  return { ...before, absences: new Map(held) };
}

/** Whether a batch of `count` is too many to believe, when `remaining` are left and `recent` went in the last minute. */
function holdsBack(count: number, remaining: number, recent: number): boolean {
  if (count < 2) return false;
  const all = remaining + count + recent;
  return remaining === 0 || count + recent > Math.max(MAX_COUNT, MAX_SHARE * all);
}

function absentMessage(key: string, waits: string | undefined): string {
  const gone = `${subjectOf(key)} is not in the registry any more`;
  if (waits !== undefined) return `${gone}; whether it was deleted is not judged while ${waits}`;
  return `${gone}; it counts as deleted if it does not return at once`;
}

function heldMessage(name: string): string {
  return (
    `"${name}" is not in the registry any more, and too many others vanished with it to take it for a deletion: ` +
    `put the files back, or confirm with "conops confirm-deletion ${name}"`
  );
}
