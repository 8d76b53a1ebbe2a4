/**
 * A network that is to have another definition is taken away before Compose sees it, and made anew by Compose: it cannot
 * replace one on which other services run than those that it is told of, and leaves them stopped and taken off.
 */
import { messageOf, ReconcileError } from "../api/errors.ts";
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedNetwork, ProjectObjects } from "../docker/docker.ts";
import { canonicalJson } from "../lib/hash.ts";
import type { MadeTarget } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Memory } from "./memory.ts";
import { openRendering } from "./recorded-rendering.ts";
import { servicesWithoutNames } from "./service-networks.ts";
import type { Visit } from "./visit.ts";

/**
 * The networks that are still as they were made for `made`, whose rendering was `before`, and that `project` wants otherwise.
 * Pure.
 */
export function outdatedNetworks(
  project: RenderedProject,
  before: RenderedProject | undefined,
  made: Pick<MadeTarget, "objects"> | undefined,
  now: ProjectObjects | undefined,
): readonly ObservedNetwork[] {
  const wanted = byName(project);
  const was = before === undefined ? new Map<string, string>() : byName(before);
  return (now?.networks ?? []).filter(({ name, id }) => {
    const [then, next] = [was.get(name), wanted.get(name)];
    if (then === undefined || next === undefined || then === next) return false;
    return made?.objects?.networks[name]?.id === id;
  });
}

function byName({ networks = {} }: RenderedProject): ReadonlyMap<string, string> {
  return new Map(
    Object.values(networks).flatMap((definition) =>
      definition?.name === undefined || definition.external === true
        ? []
        : [[definition.name, canonicalJson(definition)]],
    ),
  );
}

/**
 * Takes away the networks of the applied target that `project` wants otherwise. Returns the services that are off a network by
 * now: whatever else is the same of them, they are to be brought up.
 */
export async function renewNetworks(
  project: RenderedProject,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<readonly string[]> {
  const { applied } = visit.record();
  if (applied !== undefined) await openRendering(visit.name, applied.rendering, memory, deps);
  const before = applied && memory.rendering?.project;
  const outdated = outdatedNetworks(project, before, applied, deps.engine.objects(visit.project));
  if (outdated.length > 0) {
    await takeAwayNetworks(outdated, visit, deps);
    await deps.engine.refresh(visit.project, deps.hardStop);
  }
  return servicesWithoutNames(project, deps.engine.project(visit.project));
}

/** Throws ReconcileError `UpFailed`, and has done nothing yet, where somebody else's container runs on one of them. */
export async function takeAwayNetworks(
  networks: readonly ObservedNetwork[],
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const ours = new Set(deps.engine.project(visit.project).map(({ id }) => id));
  const members = new Map<string, readonly { readonly id: string; readonly name: string }[]>();
  for (const { id, name } of networks) {
    const found = (await deps.docker.networkMembers(id, visit.signal)) ?? [];
    const foreign = found.find((member) => !ours.has(member.id));
    if (foreign !== undefined) {
      throw new ReconcileError(
        `Cannot make network "${name}" anew: container "${foreign.name}", which is not of this project, runs on it`,
        { reason: "UpFailed" },
      );
    }
    members.set(id, found);
  }
  for (const { id, name } of networks) {
    deps.log.info("network is made anew", { application: visit.name, network: name });
    visit.say(`removes network ${name}: it has another definition`);
    for (const member of members.get(id) ?? []) {
      await deps.docker.disconnect(member.id, id, visit.signal).catch((error: unknown) => {
        deps.log.debug("container not taken off", { application: visit.name, error: messageOf(error) });
      });
    }
    await deps.docker.removeNetwork(id, visit.signal);
  }
}
