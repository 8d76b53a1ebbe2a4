/**
 * What the registry says at the moment, computed from a listing, the time and what it said before. Pure: no disk, no timers.
 * Every step gives a new view; the keys whose declaration or requests differ between two views are `changedKeys`.
 */
import { isApplicationKey, type Resource } from "../api/resource.ts";
import { canonicalJson } from "../lib/hash.ts";
import { resolveClaims, type Holding } from "./claims.ts";
import { judge, NOTHING_MISSING, suspendJudgement, type JudgeState } from "./judge.ts";
import type { Listing } from "./listing.ts";
import type { Declaration, KnownResource, RegistryRequest } from "./registry.ts";

export interface View {
  readonly declarations: ReadonlyMap<string, Declaration>;
  readonly requests: ReadonlyMap<string, RegistryRequest>;
  readonly holdings: ReadonlyMap<string, Holding>;
  /** What each key was last declared as, until it is deleted. */
  readonly lastGood: ReadonlyMap<string, Resource>;
  readonly judge: JudgeState;
  /** Why the registry is absent; undefined while it is there. */
  readonly absent?: string;
  /** Absences are to be judged by a complete listing this many milliseconds after the view was made. */
  readonly againInMs?: number;
}

/** Before the first listing: what the records say. */
export function firstView(known: readonly KnownResource[], now: number): View {
  const those = (deletion: KnownResource["deletion"]): readonly string[] =>
    known.filter((resource) => resource.deletion === deletion).map(({ key }) => key);
  const held = { since: now, held: true, confirmed: false };
  return {
    declarations: new Map(),
    requests: new Map(),
    holdings: new Map(known.map(({ key, place }) => [key, { place, others: 0 }])),
    lastGood: new Map(),
    judge: {
      ...NOTHING_MISSING,
      absences: new Map(those("held").map((key) => [key, held])),
      deleted: new Set(those("decided")),
    },
    absent: "the registry was not listed yet",
  };
}

/** After a listing of the registry that is there. */
export function listedView(
  before: View,
  listing: Listing,
  judged: {
    /** Monotonic milliseconds. */
    readonly now: number;
    readonly graceMs: number;
    /** The listing is of the whole registry, not of a few files. */
    readonly complete: boolean;
    readonly waits?: string | undefined;
  },
): View {
  const claims = resolveClaims(listing.files, before.holdings);
  const { present } = claims;
  const held = [...claims.holdings.keys()].filter((key) => present.has(key));
  const remaining = held.filter(isApplicationKey).length;
  const deletedBefore = [...before.judge.deleted].filter((key) => !present.has(key));
  const confirmed = new Set<string>();
  for (const { action, name } of listing.requests.values())
    if (action === "confirm-deletion") confirmed.add(name);

  const { state, verdicts, againInMs } = judge(before.judge, {
    ...judged,
    missing: [...new Set([...claims.missing, ...deletedBefore])],
    remaining,
    isConfirmed: (key) => confirmed.has(key),
  });
  const isLeft = ([key]: readonly [string, unknown]): boolean => !state.deleted.has(key);
  const declared = [...present].flatMap(([key, found]) =>
    found.kind === "declared" ? [[key, found.resource] as const] : [],
  );
  return {
    declarations: new Map<string, Declaration>([...present, ...verdicts]),
    requests: listing.requests,
    // What is deleted holds its place no longer: whoever declares the key next is a new one.
    holdings: new Map([...claims.holdings].filter(isLeft)),
    lastGood: new Map([...before.lastGood, ...declared].filter(isLeft)),
    judge: state,
    ...(againInMs === undefined ? {} : { againInMs }),
  };
}

/** While the registry is absent, everything in it is. */
export function absentView(before: View, message: string): View {
  const keys = [...before.declarations.keys(), ...before.holdings.keys(), ...before.judge.deleted];
  const declaration: Declaration = { kind: "absent", message };
  return {
    declarations: new Map(keys.map((key) => [key, declaration])),
    requests: new Map(),
    holdings: before.holdings,
    lastGood: before.lastGood,
    judge: suspendJudgement(before.judge),
    absent: message,
  };
}

/** Without the memory of a key whose teardown is over; one that is declared (again) stays. */
export function forgottenView(before: View, key: string): View {
  const without = <Value>(map: ReadonlyMap<string, Value>): Map<string, Value> =>
    new Map([...map].filter(([other]) => other !== key));
  const { deleted, absences, recent } = before.judge;
  const judge = {
    absences: without(absences),
    deleted: new Set([...deleted].filter((other) => other !== key)),
    recent,
  };
  const kind = before.declarations.get(key)?.kind;
  if (kind === "declared" || kind === "invalid") return { ...before, judge };
  const { declarations, holdings, lastGood } = before;
  return {
    ...before,
    judge,
    declarations: without(declarations),
    holdings: without(holdings),
    lastGood: without(lastGood),
  };
}

/** Without a request that was consumed. */
export function consumedView(before: View, request: RegistryRequest): View {
  const left = [...before.requests].filter(([, { token, name, action }]) => {
    return token !== request.token || name !== request.name || action !== request.action;
  });
  return { ...before, requests: new Map(left) };
}

/** The keys of which the second view says something else than the first, and those with a new request. */
export function changedKeys(before: View, after: View): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [key, declaration] of after.declarations) {
    if (!isSame(before.declarations.get(key), declaration)) changed.add(key);
  }
  for (const key of before.declarations.keys()) if (!after.declarations.has(key)) changed.add(key);
  for (const [file, request] of after.requests) {
    if (before.requests.get(file)?.token !== request.token) changed.add(request.name);
  }
  return changed;
}

function isSame(before: Declaration | undefined, after: Declaration): boolean {
  if (before === after) return true;
  if (before?.kind === "declared" && after.kind === "declared") {
    const { place } = before;
    if (place.file !== after.place.file || place.document !== after.place.document) return false;
    if (before.resource === after.resource) return true;
    return canonicalJson(before.resource.manifest) === canonicalJson(after.resource.manifest);
  }
  return before !== undefined && before.kind === after.kind && canonicalJson(before) === canonicalJson(after);
}
