import type { RevisionWanted } from "../api/application.ts";
import type { Advertisement } from "./git.ts";

/**
 * The part of an advertisement that these revisions need. A repository can have very many refs, and what a worker answers is
 * paid for in the controller's own process. Where one of them is not there all refs stay: its error names what is.
 */
export function pickWanted(advertised: Advertisement, wanted: readonly RevisionWanted[]): Advertisement {
  const { refs, tagObjects } = advertised;
  const names = new Set<string>();
  for (const revision of wanted) {
    if (revision.kind === "commit") continue;
    if (revision.kind === "semver") {
      const tags = Object.keys(refs).filter((name) => name.startsWith("refs/tags/"));
      if (tags.length === 0) return advertised;
      for (const name of tags) names.add(name);
    } else if (revision.kind === "head") {
      if (advertised.head === undefined) return advertised;
    } else {
      const name = `refs/${revision.kind === "branch" ? "heads" : "tags"}/${revision.name}`;
      if (!Object.hasOwn(refs, name)) return advertised;
      names.add(name);
    }
  }
  return {
    ...advertised,
    refs: pick(refs, names),
    ...(tagObjects !== undefined && { tagObjects: pick(tagObjects, names) }),
  };
}

function pick(all: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    Array.from(names).flatMap((name) => (Object.hasOwn(all, name) ? [[name, all[name] ?? ""]] : [])),
  );
}
