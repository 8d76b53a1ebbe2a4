import type { ProjectObjects } from "../docker/docker.ts";
import type { MadeObjects } from "../status/record.ts";

/** Networks and volumes as evidence, after what ConOps itself did. */
export function madeObjects({ networks, volumes }: ProjectObjects): MadeObjects {
  return {
    networks: Object.fromEntries(
      networks.map(({ name, id, configHash, composeVersion }) => [name, { id, configHash, composeVersion }]),
    ),
    volumes: Object.fromEntries(
      volumes.map(({ name, configHash, composeVersion }) => [name, { configHash, composeVersion }]),
    ),
  };
}

/** The same, where others may have had a hand in them: of what has another definition by now, the record stays. */
export function notedObjects(
  before: MadeObjects | undefined,
  now: ProjectObjects | undefined,
): MadeObjects | undefined {
  if (now === undefined || before === undefined) return now === undefined ? before : madeObjects(now);
  const seen = madeObjects(now);
  const merged = <T extends MadeObjects["volumes"][string]>(
    old: Readonly<Record<string, T>>,
    found: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>> => ({
    ...old,
    ...Object.fromEntries(
      Object.entries(found).filter(([name, { configHash, composeVersion }]) => {
        const known = old[name];
        if (known === undefined) return true;
        return known.configHash === configHash || known.composeVersion !== composeVersion;
      }),
    ),
  });
  return {
    networks: merged(before.networks, seen.networks),
    volumes: merged(before.volumes, seen.volumes),
  };
}
