import type { RevisionWanted } from "../api/application.ts";
import { nearest } from "../api/nearest.ts";
import type { Advertisement } from "../git/git.ts";
import { redact } from "../lib/redact.ts";
import { highestTag, whyNoTag } from "./version-range.ts";

export type Resolved =
  | {
      readonly kind: "found";
      readonly revision: string;
      readonly ref?: string;
      /** Where the ref is an annotated tag: the tag's own object. */
      readonly tagObject?: string;
    }
  /** The remote answered, and does not have it; `message` is for people. */
  | { readonly kind: "missing"; readonly message: string };

/** What the wanted revision means for a remote that advertises this. A commit means itself, whatever is advertised. */
export function resolveRevision(wanted: RevisionWanted, advertised: Advertisement, url: string): Resolved {
  switch (wanted.kind) {
    case "commit":
      return { kind: "found", revision: wanted.sha };
    case "head":
      return resolveHead(advertised, url);
    case "semver":
      return resolveRange(wanted.range, advertised, url);
    case "branch":
    case "tag":
      return resolveRef(wanted, advertised, url);
    default:
      return wanted satisfies never;
  }
}

function resolveHead({ head, refs }: Advertisement, url: string): Resolved {
  if (head !== undefined) {
    return { kind: "found", revision: head.sha, ...(head.ref === undefined ? {} : { ref: head.ref }) };
  }
  const cause =
    Object.keys(refs).length === 0 ? "the repository is empty" : "its HEAD names no branch that exists";
  return missing("the default branch", url, cause);
}

function resolveRange(range: string, { refs, tagObjects }: Advertisement, url: string): Resolved {
  const names = Object.keys(refs).flatMap((full) => (full.startsWith(TAGS) ? [full.slice(TAGS.length)] : []));
  const best = highestTag(range, names);
  const revision = best === undefined ? undefined : refs[TAGS + best];
  if (best !== undefined && revision !== undefined) return found(revision, TAGS + best, tagObjects);
  const why = Object.keys(refs).length === 0 ? "the repository is empty" : whyNoTag(range, names);
  return missing(`a tag within the range "${range}"`, url, why);
}

function resolveRef(
  { kind, name }: Extract<RevisionWanted, { name: string }>,
  { refs, tagObjects }: Advertisement,
  url: string,
): Resolved {
  const prefix = kind === "branch" ? "refs/heads/" : TAGS;
  const ref = prefix + name;
  const revision = Object.hasOwn(refs, ref) ? refs[ref] : undefined;
  if (revision !== undefined) return found(revision, ref, tagObjects);
  const what = `the ${kind} "${name}"`;
  if (Object.keys(refs).length === 0) return missing(what, url, "the repository is empty");
  const names = Object.keys(refs).flatMap((full) =>
    full.startsWith(prefix) ? [full.slice(prefix.length)] : [],
  );
  if (names.length === 0) return missing(what, url, `it has no ${kind === "branch" ? "branches" : "tags"}`);
  const near = nearestNames(name, names);
  const hint = near.length === 0 ? "" : `; it has ${near.map((other) => `"${other}"`).join(", ")}`;
  return missing(what, url, `there is none of that name${hint}`);
}

function found(revision: string, ref: string, tagObjects: Advertisement["tagObjects"] = {}): Resolved {
  const tagObject = Object.hasOwn(tagObjects, ref) ? tagObjects[ref] : undefined;
  return { kind: "found", revision, ref, ...(tagObject !== undefined && { tagObject }) };
}

function missing(what: string, url: string, cause: string): Resolved {
  return { kind: "missing", message: `Cannot find ${what} in "${redact(url)}": ${cause}` };
}

const TAGS = "refs/tags/";
const MAX_NEAREST = 3;
/** Of a repository with very many names, the first ones are enough for a hint. */
const MAX_COMPARED = 2000;

/** The names that may have been meant, the nearest first; all names when they are few and none is near. */
function nearestNames(wanted: string, names: readonly string[]): string[] {
  const found: string[] = [];
  while (found.length < MAX_NEAREST) {
    const next = nearest(
      wanted,
      names.slice(0, MAX_COMPARED).filter((name) => !found.includes(name)),
    );
    if (next === undefined) break;
    found.push(next);
  }
  return found.length === 0 && names.length <= MAX_NEAREST ? [...names] : found;
}
