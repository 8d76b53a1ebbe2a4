import type { RevisionWanted } from "../api/application.ts";
import type { Push } from "../api/push.ts";
import type { Receiver } from "../api/receiver.ts";
import type { News } from "./news.ts";
import { isSame, parseRepository, type Repository } from "./same-repository.ts";

/** What has to be known of an Application. */
export interface Followed {
  readonly name: string;
  readonly spec: { readonly source: { readonly repoURL: string; readonly revision: RevisionWanted } };
}

/** An Application to look at, and what is said of its remote. */
export interface Look {
  readonly name: string;
  readonly pushes: readonly Push[];
}

/** Chooses the Applications that a push concerns. It remembers how URLs are read: there are many deliveries, and few URLs. */
export function createChooser() {
  const remembered = new Map<string, Repository | undefined>();
  const repositoryOf = (url: string): Repository | undefined => {
    if (remembered.has(url)) return remembered.get(url);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const found = parseRepository(url);
    remembered.set(url, found);
    return found;
  };

  /**
   * The named Applications always, whatever repository the payload names; with `matchRepository` those of that repository. One
   * whose repository it is for sure, and whose ref for sure is not among those that moved, needs no look.
   */
  return function choose(
    { applications, matchRepository }: Pick<Receiver["spec"], "applications" | "matchRepository">,
    { repositories, pushes }: Extract<News, { kind: "push" }>,
    followed: Iterable<Followed>,
  ): Look[] {
    const named = new Set(applications);
    const places = repositories
      .slice(0, MAX_URLS)
      .map((url) => parseRepository(url))
      .filter((place) => place !== undefined);
    const looks: Look[] = [];
    for (const { name, spec } of followed) {
      const own = repositoryOf(spec.source.repoURL);
      const isTheirs = own !== undefined && places.some((place) => isSame(place, own));
      if (!named.has(name) && !(matchRepository && isTheirs)) continue;
      if (isTheirs && !mayMove(spec.source.revision, pushes)) continue;
      looks.push({ name, pushes });
    }
    return looks;
  };
}

const MAX_REMEMBERED = 10_000;
const MAX_URLS = 16;

/** Whether pushes can change what the wanted revision means; none named can be any. */
function mayMove(wanted: RevisionWanted, pushes: readonly Push[]): boolean {
  if (pushes.length === 0) return true;
  switch (wanted.kind) {
    case "branch":
      return pushes.some(({ ref }) => ref === `refs/heads/${wanted.name}`);
    case "tag":
      return pushes.some(({ ref }) => ref === `refs/tags/${wanted.name}`);
    case "semver":
      return pushes.some(({ ref }) => ref.startsWith("refs/tags/"));
    case "head":
      return pushes.some(({ ref }) => ref.startsWith("refs/heads/"));
    case "commit":
      return true; // a source that is at its commit knows so itself
    default:
      return wanted satisfies never;
  }
}
