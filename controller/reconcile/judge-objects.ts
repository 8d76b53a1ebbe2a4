/**
 * The project's networks and volumes against what was made and what is wanted. Pure. While they are not known, nothing of
 * them is drift.
 */
import type { ObservedVolume, ProjectObjects } from "../docker/docker.ts";
import type { MadeObject, MadeObjects } from "../status/record.ts";
import type { DesiredService, DesiredVolume } from "./desired.ts";
import type { Finding, Judged } from "./judged.ts";

export function judgeObjects(
  one: Judged,
  now: ProjectObjects | undefined,
  made: MadeObjects | undefined,
): readonly Finding[] {
  if (now === undefined) return [];
  return [...redefinedNetworks(one, now, made), ...volumes(one.service, now, made)];
}

/** Networks of running containers that somebody has given another definition. */
function redefinedNetworks(
  { service, containers }: Judged,
  now: ProjectObjects,
  made: MadeObjects | undefined,
): readonly Finding[] {
  const attached = new Set(
    containers
      .filter(({ container }) => container.state === "running")
      .flatMap(({ container }) => container.attachments.map(({ network }) => network)),
  );
  return now.networks
    .filter(({ name }) => attached.has(name))
    .filter((network) => isRedefined(made?.networks[network.name], network))
    .map(({ name }) => ({
      service: service.name,
      kind: "NetworkChanged",
      expected: `network "${name}" as it was made`,
      actual: `network "${name}" has another definition`,
      cause: "outside",
      of: name,
    }));
}

function volumes(
  service: DesiredService,
  now: ProjectObjects,
  made: MadeObjects | undefined,
): readonly Finding[] {
  return (service.volumes ?? []).flatMap((wanted): readonly Finding[] => {
    const found = now.volumes.find(({ name }) => name === wanted.name);
    const actual = whyChanged(wanted, found, made?.volumes[wanted.name]);
    if (actual === undefined) return [];
    return [
      {
        service: service.name,
        kind: "VolumeChanged",
        expected: `volume "${wanted.name}" as it was defined and made`,
        actual,
        cause: "outside",
        of: wanted.name,
      },
    ];
  });
}

function whyChanged(
  wanted: DesiredVolume,
  found: ObservedVolume | undefined,
  made: MadeObject | undefined,
): string | undefined {
  if (found === undefined) {
    // Never made, or made by hand and only used: it carries no label of the project.
    return made === undefined ? undefined : "it is gone, or somebody has made it anew";
  }
  if (wanted.driver !== undefined && wanted.driver !== found.driver) {
    return `its driver is "${found.driver}", not "${wanted.driver}"`;
  }
  const option = [...new Set([...Object.keys(wanted.options), ...Object.keys(found.options)])]
    .toSorted()
    .find((name) => wanted.options[name] !== found.options[name]);
  // The value may be a password.
  if (option !== undefined) return `its driver option "${option}" is another one`;
  return isRedefined(made, found) ? "somebody has made it anew, with another definition" : undefined;
}

/** Versions of Compose may write different hashes of one definition, and some write none. */
export function isRedefined(made: MadeObject | undefined, now: MadeObject): boolean {
  return (
    made !== undefined &&
    made.composeVersion === now.composeVersion &&
    made.configHash !== "" &&
    now.configHash !== "" &&
    made.configHash !== now.configHash
  );
}
