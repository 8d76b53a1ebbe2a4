import { existsSync } from "node:fs";
import { hostname } from "node:os";
import type { Docker } from "./docker.ts";

/** What ConOps is to the engine that it works with. */
export interface SelfOnHost {
  /** Id of the container that ConOps runs in; undefined on the host itself. */
  readonly containerId?: string;
  /** The data directory has the same path on the engine's host, so that binds below it work. */
  readonly dataDirIsHostPath: boolean;
}

/** Docker and Podman leave these in every container. */
const CONTAINER_MARKS = ["/.dockerenv", "/run/.containerenv"];

/**
 * Finds out whether this process runs in a container of that engine (its hostname is then the container's id, unless
 * somebody chose another), and whether the data directory is mounted there at its own path. An engine that does not answer
 * leaves it open: then the data directory is taken for the host's.
 */
export async function findSelf(
  docker: Pick<Docker, "findMounts">,
  dataDir: string,
  signal: AbortSignal,
  inContainer = CONTAINER_MARKS.some((path) => existsSync(path)),
): Promise<SelfOnHost> {
  if (!inContainer) return { dataDirIsHostPath: true };
  const self = await docker.findMounts(hostname(), signal).catch(() => undefined);
  if (self === undefined) return { dataDirIsHostPath: true };
  return { containerId: self.id, dataDirIsHostPath: isHostPath(dataDir, self.mounts) };
}

/** The mount that is nearest above the path decides. */
export function isHostPath(
  path: string,
  mounts: readonly { readonly source: string; readonly target: string }[],
): boolean {
  const nearest = mounts
    .filter(({ target }) => path === target || path.startsWith(target === "/" ? "/" : `${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return nearest !== undefined && nearest.source === nearest.target;
}
