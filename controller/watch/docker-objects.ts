import { messageOf } from "../api/errors.ts";
import type { Docker, EngineEvent, ProjectObjects } from "../docker/docker.ts";
import type { Clock } from "../lib/clock.ts";
import { canonicalJson } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";

/**
 * Networks and volumes of Compose projects as last read. They are read apart from the containers, and never hold these up:
 * a volume driver that hangs makes only this unknown.
 */
export interface ObjectCache {
  /** Undefined while they are not known. */
  of(project: string): ProjectObjects | undefined;
  /** Reads all, or those of one project. Resolves, never rejects, with the projects of which something is new, gone or other. */
  read(signal: AbortSignal, project?: string): Promise<ReadonlySet<string>>;
  /** Something of them has changed: what is asked for within a moment is one reading. `changed` is told what came of it. */
  request(signal: AbortSignal, changed: (projects: ReadonlySet<string>) => void): void;
  /** What is known is of another engine, or too old. */
  forget(): void;
}

const GATHER_MS = 50;
const NOTHING: ProjectObjects = { networks: [], volumes: [] };

export function createObjectCache(docker: Docker, clock: Clock, log: Log): ObjectCache {
  const known = new Map<string, ProjectObjects>();
  /** The youngest reading that has answered: for each project, and for all that is not known by name. */
  const answered = new Map<string, number>();
  let answeredAll = 0;
  let reads = 0;
  let requested = false;

  function forget(): void {
    known.clear();
    answered.clear();
    answeredAll = 0;
  }

  function take(name: string, objects: ProjectObjects, read: number, changed: Set<string>): void {
    if (Math.max(answered.get(name) ?? 0, answeredAll) > read) return;
    answered.set(name, read);
    if (canonicalJson(objects) !== canonicalJson(known.get(name) ?? NOTHING)) changed.add(name);
    known.set(name, objects);
  }

  async function read(signal: AbortSignal, project?: string): Promise<ReadonlySet<string>> {
    const read = ++reads;
    const changed = new Set<string>();
    try {
      const groups = grouped(await docker.listObjects(project, signal));
      const names = project === undefined ? new Set([...known.keys(), ...groups.keys()]) : [project];
      for (const name of names) take(name, groups.get(name) ?? NOTHING, read, changed);
      if (project !== undefined || read < answeredAll) return changed;
      answeredAll = read;
      // What all say goes for these, too.
      for (const [name, number] of answered) if (number <= read) answered.delete(name);
      for (const [name, { networks, volumes }] of known) {
        if (networks.length + volumes.length === 0 && !answered.has(name)) known.delete(name);
      }
    } catch (error) {
      if (signal.aborted) return changed;
      log.debug("Networks and volumes not read", { error: messageOf(error) });
      forget(); // rather nothing than what may be old
    }
    return changed;
  }

  return {
    of: (project) => (answeredAll > 0 || answered.has(project) ? (known.get(project) ?? NOTHING) : undefined),
    read,
    request(signal, changed) {
      if (requested) return;
      requested = true;
      clock.after(GATHER_MS, () => {
        requested = false;
        if (!signal.aborted) void read(signal).then(changed);
      });
    },
    forget,
  };
}

function grouped({ networks, volumes }: ProjectObjects): ReadonlyMap<string, ProjectObjects> {
  const groups = new Map<
    string,
    { networks: ProjectObjects["networks"][number][]; volumes: ProjectObjects["volumes"][number][] }
  >();
  const of = (project: string) => {
    const group = groups.get(project) ?? { networks: [], volumes: [] };
    groups.set(project, group);
    return group;
  };
  for (const network of networks) of(network.project).networks.push(network);
  for (const volume of volumes) of(volume.project).volumes.push(volume);
  return groups;
}

/** A network or a volume is new or gone; that a container was connected says the container itself. */
export function isOfObject({ type, action }: EngineEvent): boolean {
  return type !== "container" && (action === "create" || action === "destroy");
}
