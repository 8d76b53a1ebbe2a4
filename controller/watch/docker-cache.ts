import type { ObservedContainer } from "../docker/docker.ts";
import { canonicalJson } from "../lib/hash.ts";

/**
 * The containers as last read. Reads overlap, and an answer that was asked for earlier may arrive later: what a younger
 * read has said of a container is not overwritten by an older one.
 */
export interface ContainerCache {
  /** Opens a read; ask the engine only after this. Every read is ended. */
  begin(): CacheRead;
  get(id: string): ObservedContainer | undefined;
  /** Sorted by name. */
  project(project: string): readonly ObservedContainer[];
  ids(): ReadonlySet<string>;
}

/** What one read found. Each call returns the projects whose containers changed by it. */
export interface CacheRead {
  /** All there are; with a project, all of that project. */
  all(containers: readonly ObservedContainer[], project?: string): ReadonlySet<string>;
  /** One container, or that it is gone. */
  one(id: string, container: ObservedContainer | undefined): ReadonlySet<string>;
  end(): void;
}

interface Entry {
  readonly container: ObservedContainer;
  /** The number of the read that said so. */
  readonly read: number;
}

export function createContainerCache(): ContainerCache {
  const entries = new Map<string, Entry>();
  /** Which read saw a container gone; kept while an older read could bring it back. */
  const graves = new Map<string, number>();
  let reads = 0;
  let open = 0;

  function put(container: ObservedContainer, read: number, changed: Set<string>): void {
    const { id, project } = container;
    const known = entries.get(id);
    if ((known?.read ?? 0) > read || (graves.get(id) ?? 0) > read) return;
    entries.set(id, { container, read });
    if (known === undefined || !isSame(known.container, container)) changed.add(project);
  }

  function remove(id: string, read: number, changed: Set<string>): void {
    const known = entries.get(id);
    if ((known?.read ?? 0) > read) return;
    graves.set(id, Math.max(read, graves.get(id) ?? 0));
    if (known !== undefined) {
      entries.delete(id);
      changed.add(known.container.project);
    }
  }

  return {
    begin() {
      const read = ++reads;
      open++;
      return {
        all(containers, project) {
          const changed = new Set<string>();
          const present = new Set(containers.map(({ id }) => id));
          for (const [id, { container }] of entries) {
            if (present.has(id) || (project !== undefined && container.project !== project)) continue;
            remove(id, read, changed);
          }
          for (const container of containers) put(container, read, changed);
          return changed;
        },
        one(id, container) {
          const changed = new Set<string>();
          if (container === undefined) remove(id, read, changed);
          else put(container, read, changed);
          return changed;
        },
        end() {
          open--;
          if (open === 0) graves.clear();
        },
      };
    },
    get: (id) => entries.get(id)?.container,
    project: (project) =>
      [...entries.values()]
        .map(({ container }) => container)
        .filter((container) => container.project === project)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ids: () => new Set(entries.keys()),
  };
}

/** The words of a failing probe may differ at each probe: they are evidence, not a change. */
function isSame(a: ObservedContainer, b: ObservedContainer): boolean {
  return canonicalJson({ ...a, healthOutput: "" }) === canonicalJson({ ...b, healthOutput: "" });
}
