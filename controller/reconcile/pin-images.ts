/**
 * How an `up` is kept from taking another image than the one that is meant. Compose goes by an image's name, and a name may
 * stand for another image by now. Where it does, that one call names the image by its id; which Compose takes for another
 * configuration, so that a service that needs nothing is not named at all. Elsewhere the file's own name stays.
 */
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeTarget } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import { sharersOf } from "./sharers.ts";
import { imageName } from "./taken-images.ts";
import type { Visit } from "./visit.ts";

interface Deps {
  readonly docker: Pick<ReconcileDeps["docker"], "imageId">;
  readonly engine: Pick<ReconcileDeps["engine"], "project">;
}
type Made = Pick<MadeTarget, "images" | "services">;

/** The image that the service was given; undefined where no record tells. */
export function wantedImage({ images, services }: Made, service: string): string | undefined {
  return images?.[service]?.id ?? (services[service]?.imageId || undefined);
}

/** The rendering for one `up` of these services. */
export async function pinImages(
  json: string,
  services: readonly string[],
  made: Made,
  visit: Pick<Visit, "signal">,
  { docker }: Pick<Deps, "docker">,
): Promise<string> {
  const project = JSON.parse(json) as RenderedProject;
  const pinned = new Map<string, string>();
  for (const name of services) {
    const wanted = wantedImage(made, name);
    if (wanted === undefined) continue;
    if ((await docker.imageId(imageName(project, name), visit.signal)) === wanted) continue;
    // An image that is gone cannot be had by its id, perhaps by its name.
    if ((await docker.imageId(wanted, visit.signal)) !== undefined) pinned.set(name, wanted);
  }
  if (pinned.size === 0) return json;
  const changed: RenderedProject = {
    ...project,
    services: Object.fromEntries(
      Object.entries(project.services).map(([name, service]) => {
        const image = pinned.get(name);
        return [name, image === undefined ? service : { ...service, image }];
      }),
    ),
  };
  return JSON.stringify(changed);
}

/**
 * The services that an `up` must leave out: they run as they should, but Compose would make them anew, because their image's
 * name stands for another one, or because they were made by an id.
 */
export async function settledServices(
  project: RenderedProject,
  origins: Readonly<Record<string, string>>,
  now: Made,
  before: Made | undefined,
  visit: Visit,
  deps: Deps,
): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  if (before === undefined) return settled;
  const names = Object.keys(project.services);
  const same = names.filter(
    (name) => before.services[name]?.from !== undefined && before.services[name].from === origins[name],
  );
  const others = new Set(names.filter((name) => !same.includes(name)));
  // Whoever lives in a namespace of a container that is made anew has to be, too.
  const bound = new Set(sharersOf(others, project));
  for (const name of same) {
    const wanted = wantedImage(now, name);
    const replicas = project.services[name]?.scale ?? project.services[name]?.deploy?.replicas ?? 1;
    const containers = deps.engine.project(visit.project).filter(isOf(name));
    const known = before.services[name]?.containers ?? [];
    if (wanted === undefined || bound.has(name) || containers.length !== replicas || replicas === 0) continue;
    if (
      !containers.every(
        (one) => runsAs(one, wanted, before.services[name]?.configHash) && known.includes(one.id),
      )
    )
      continue;
    const byId = containers.some(({ image, imageId }) => image === imageId);
    const current = await deps.docker.imageId(imageName(project, name), visit.signal);
    if (byId || current !== wanted) settled.add(name);
  }
  return settled;
}

/** Of these services, which run, those that an `up` in which they are named leaves as they are, as far as images decide. */
export async function leftAsItIs(
  services: readonly string[],
  project: RenderedProject,
  made: Made,
  visit: Pick<Visit, "project" | "signal">,
  { docker, engine }: Deps,
): Promise<ReadonlySet<string>> {
  const same = new Set<string>();
  for (const name of services) {
    const containers = engine.project(visit.project).filter(isOf(name));
    if (containers.some(({ image, imageId }) => image === imageId)) continue;
    const current = await docker.imageId(imageName(project, name), visit.signal);
    if (current === wantedImage(made, name)) same.add(name);
  }
  return same;
}

function isOf(name: string): (container: ObservedContainer) => boolean {
  return ({ service, oneOff, configHash }) => service === name && !oneOff && configHash !== "";
}

function runsAs(
  { state, imageId, configHash }: ObservedContainer,
  image: string,
  hash: string | undefined,
): boolean {
  return state === "running" && imageId === image && configHash === hash;
}
