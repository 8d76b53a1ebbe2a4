/**
 * Tracked files that were changed on this host. A sync finds them, because it is about to write them; they are shown until
 * they are gone, and healed by nobody.
 */
import type { Rendering } from "../compose/compose.ts";
import type { Conflict } from "../git/checkout-plan.ts";
import { lookAt, stampAt } from "../git/on-disk.ts";
import type { LocalChange } from "../status/record.ts";
import { ON_LOCAL_CHANGE_LABEL } from "./service-labels.ts";
import { covers } from "./target.ts";
import type { Visit } from "./visit.ts";

/** More are not written down. */
const MAX_CHANGES = 20;

export type Uses = Pick<Rendering, "project" | "usedPaths">;

/**
 * What a service's label `conops.dev/on-local-change` says of a repository file that was changed on this host. A file that
 * several services use is only overwritten, or kept, when none of them says otherwise.
 */
export function localChangePolicy(rendering: Uses): (path: string) => "refuse" | "keep" | "overwrite" {
  return (path) => {
    const labels = new Set(
      usersOf(path, rendering).map(
        (name) => rendering.project.services[name]?.labels?.[ON_LOCAL_CHANGE_LABEL],
      ),
    );
    const [only] = labels;
    return labels.size === 1 && (only === "keep" || only === "overwrite") ? only : "refuse";
  };
}

/** Writes down what a sync found, in the place of what the one before it found. */
export async function recordLocalChanges(
  found: readonly Conflict[],
  rendering: Uses,
  visit: Visit,
): Promise<void> {
  if (found.length === 0 && visit.record().localChanges === undefined) return;
  const changes = await Promise.all(
    found.slice(0, MAX_CHANGES).map(async ({ path, why, blobs }): Promise<LocalChange> => ({
      path,
      why,
      blobs,
      stamp: await stampAt(visit.stableDir, path),
      services: usersOf(path, rendering),
    })),
  );
  await replace(changes, visit);
}

/** Forgets the ones that are over: the file is gone, or is what Git has. Reads only what was written since the last time. */
export async function recheckLocalChanges(visit: Visit): Promise<void> {
  const known = visit.record().localChanges;
  if (known === undefined) return;
  const now = await Promise.all(known.map((change) => recheck(change, visit.stableDir)));
  if (now.some((change, index) => change !== known[index]))
    await replace(
      now.filter((change) => change !== undefined),
      visit,
    );
}

async function recheck(change: LocalChange, stableDir: string): Promise<LocalChange | undefined> {
  const stamp = await stampAt(stableDir, change.path);
  if (stamp === change.stamp) return change;
  const disk = await lookAt(stableDir, change.path);
  if (disk.kind === "nothing") return undefined;
  const isGits = (disk.kind === "file" || disk.kind === "link") && change.blobs.includes(disk.blob);
  return isGits ? undefined : { ...change, stamp };
}

async function replace(changes: readonly LocalChange[], visit: Visit): Promise<void> {
  await visit.update(({ localChanges: _before, ...record }) =>
    changes.length === 0 ? record : { ...record, localChanges: changes },
  );
}

function usersOf(path: string, { usedPaths }: Pick<Uses, "usedPaths">): readonly string[] {
  return Object.entries(usedPaths)
    .filter(([, used]) => covers(used, path))
    .map(([name]) => name);
}
