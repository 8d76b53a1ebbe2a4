/** What a rollback by hand, and its undoing, change in a manifest. Pure. */
import { isMapping, remove, rename, set, valueAt, type Change } from "../edit/change.ts";

/**
 * Holds what `spec.source.revision` was before the first rollback: `branch=main`, `branch="main"` where it stood in quotes, or
 * `HEAD` where it was not there.
 */
export const ROLLED_BACK_FROM = "conops.dev/rolled-back-from";

type Document = Readonly<Record<string, unknown>>;

const ANNOTATIONS = ["metadata", "annotations"];
const ANNOTATION = [...ANNOTATIONS, ROLLED_BACK_FROM];
const REVISION = ["spec", "source", "revision"];
const KEYS: ReadonlySet<string> = new Set(["branch", "tag", "semver", "commit"]);

/**
 * Pins the commit, and keeps what was followed before, and whether it stood in quotes. A further rollback keeps what the first
 * one kept.
 */
export function pinChanges(document: Document, sha: string, isQuoted: boolean): readonly Change[] {
  const [followed, value] = revisionOf(document) ?? [];
  if (followed === "commit" && value?.toLowerCase() === sha) return [];
  const keepsAlready = followed === "commit" && formerOf(document) !== undefined;
  const kept = isQuoted || value?.startsWith('"') === true ? JSON.stringify(value) : value;
  const former = followed === undefined ? "HEAD" : `${followed}=${kept ?? ""}`;
  return [
    ...(keepsAlready ? [] : [set(ANNOTATION, former, { unquoted: true })]),
    ...follow(followed, "commit", sha),
  ];
}

/** Follows again what was followed before, and forgets that it was another one. In words why not, where that cannot be. */
export function undoChanges(document: Document): readonly Change[] | string {
  const former = formerOf(document);
  if (former === undefined) return `it has no annotation ${ROLLED_BACK_FROM}: it was not rolled back`;
  const [followed] = revisionOf(document) ?? [];
  if (followed !== "commit")
    return `spec.source.revision was edited since the rollback: take the annotation ${ROLLED_BACK_FROM} out`;
  const [key, kept] = former === "nothing" ? [] : former;
  const isQuoted = kept?.startsWith('"') === true;
  const value = isQuoted ? (JSON.parse(kept) as string) : kept;
  const annotations = valueAt(document, ANNOTATIONS);
  const isOnlyOne = isMapping(annotations) && Object.keys(annotations).length === 1;
  return [
    ...(key === undefined || value === undefined
      ? [remove(REVISION)]
      : follow("commit", key, value, !isQuoted)),
    remove(isOnlyOne ? ANNOTATIONS : ANNOTATION),
  ];
}

/** `branch main`, as a person reads it. */
export function describeRevision(document: Document): string {
  const [key, value] = revisionOf(document) ?? [];
  return key === undefined ? "the HEAD of the remote" : `${key} ${JSON.stringify(value)}`;
}

/** The field keeps its place, its comments and its quotes under its new name. */
function follow(from: string | undefined, key: string, value: string, unquoted = false): readonly Change[] {
  if (from === undefined) return [set(REVISION, { [key]: value })];
  return [
    ...(from === key ? [] : [rename([...REVISION, from], key)]),
    set([...REVISION, key], value, { unquoted }),
  ];
}

function revisionOf(document: Document): readonly [string, string] | undefined {
  return entryOf(valueAt(document, REVISION));
}

function formerOf(document: Document): readonly [string, string] | "nothing" | undefined {
  const text = valueAt(document, ANNOTATION);
  if (typeof text !== "string") return undefined;
  if (text === "HEAD") return "nothing";
  const at = text.indexOf("=");
  const value = text.slice(at + 1);
  if (value.startsWith('"') && !isJson(value)) return undefined;
  return entryOf({ [text.slice(0, Math.max(at, 0))]: value });
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "string";
  } catch {
    return false;
  }
}

function entryOf(value: unknown): readonly [string, string] | undefined {
  if (!isMapping(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0 || !KEYS.has(entry[0])) return undefined;
  return typeof entry[1] === "string" ? [entry[0], entry[1]] : undefined;
}
