/**
 * Which images an apply will find, before it has pulled or built any: what a preview says where the apply itself knows.
 */
import { messageOf } from "../api/errors.ts";
import type { Trigger } from "../api/status.ts";
import type { Rendering } from "../compose/compose.ts";
import type { TreeEntry } from "../git/git.ts";
import { parseImageReference } from "../lib/image-reference.ts";
import type { MadeTarget, TakenImage } from "../status/record.ts";
import type { PlannedImage } from "./apply-input.ts";
import type { PrepareDeps } from "./deps.ts";
import { desiredServices } from "./desired.ts";
import { loginOf } from "./image-facts.ts";
import { digestsOf, imagesToKeep, isBuilt, isPulledAlways, takenImage } from "./taken-images.ts";
import { runKeys } from "./target.ts";
import type { Visit } from "./visit.ts";

export interface Prospect {
  readonly rendering: Pick<Rendering, "project" | "usedPaths">;
  readonly entries: readonly TreeEntry[];
  readonly trigger: Trigger;
  /** What runs, as it was made. */
  readonly made: Pick<MadeTarget, "images" | "runKeys"> | undefined;
}

export interface ProspectImages {
  /** By service. */
  readonly planned: Readonly<Record<string, PlannedImage>>;
  /** Those that are certain. */
  readonly taken: Readonly<Record<string, TakenImage>>;
  readonly notes: readonly string[];
}

export type PreviewDeps = PrepareDeps & {
  /** The login of whoever runs this, for a registry: the header X-Registry-Auth. */
  readonly ownLogin: (registry: string) => Promise<string>;
};

/** Asks the engine, and through it the registries of what every sync pulls. Pulls nothing. */
export async function prospectImages(
  { rendering, entries, trigger, made }: Prospect,
  visit: {
    readonly application: { readonly spec: Pick<Visit["application"]["spec"], "compose"> };
    readonly secrets: Pick<Visit["secrets"], "dockerConfig">;
    readonly signal: AbortSignal;
  },
  deps: Pick<PreviewDeps, "fingerprint" | "ownLogin"> & {
    readonly docker: Pick<PreviewDeps["docker"], "image" | "registryDigest">;
  },
): Promise<ProspectImages> {
  const { compose } = visit.application.spec;
  const { project } = rendering;
  const { fingerprint } = deps;
  const asBefore = runKeys(rendering, entries, made?.images ?? {}, fingerprint);
  const keep = imagesToKeep(project, made?.images ?? {}, trigger, compose, fingerprint);
  const notes = new Set<string>();
  const planned: Record<string, PlannedImage> = {};
  const taken: Record<string, TakenImage> = {};
  await Promise.all(
    desiredServices(project).map(async ({ name: service, image: name }) => {
      const kept = keep[service] && (await deps.docker.image(keep[service].id, visit.signal));
      const image = kept ?? (await deps.docker.image(name, visit.signal));
      const todo = isBuilt(project, service, compose)
        ? whyBuilt(service, image?.id)
        : kept === undefined
          ? await whyPulled(service, name, image)
          : undefined;
      planned[service] = { name, id: image?.id, open: todo !== undefined, ...todo };
      if (image !== undefined && todo === undefined) taken[service] = takenImage(name, image, fingerprint);
    }),
  );
  return { planned, taken, notes: [...notes].toSorted() };

  /** A build of the same files by the same definition comes out of the cache. */
  function whyBuilt(service: string, id: string | undefined): Pick<PlannedImage, "act" | "why"> | undefined {
    if (id === undefined) return { act: "build", why: "it is not on this host" };
    if (made === undefined) return { act: "build", why: "it is not known what it was built from" };
    return made.runKeys[service] === asBefore[service]
      ? undefined
      : { act: "build", why: "what it is built from changed" };
  }

  async function whyPulled(
    service: string,
    name: string,
    image: Awaited<ReturnType<PrepareDeps["docker"]["image"]>>,
  ): Promise<Pick<PlannedImage, "act" | "why"> | undefined> {
    if (image === undefined && (compose.pull === "never" || project.services[service]?.build !== undefined)) {
      notes.add(`image "${name}" is not on this host, and is neither pulled nor built: a sync fails`);
      return { why: "it is not on this host" };
    }
    if (image === undefined) return { act: "pull", why: "it is not on this host" };
    const reference = parseImageReference(name);
    if (
      !isPulledAlways(project, service, compose) ||
      reference === undefined ||
      reference.digest !== undefined
    )
      return undefined;
    try {
      const given = loginOf(reference.registry, visit);
      const login = given === "own" ? await deps.ownLogin(reference.registry) : given;
      const digest = await deps.docker.registryDigest(name, login, visit.signal);
      if (digestsOf(name, image).includes(digest)) return undefined;
      return { act: "pull", why: "its registry has another one" };
    } catch (error) {
      visit.signal.throwIfAborted();
      notes.add(`whether a pull brings another image "${name}" is not known: ${messageOf(error)}`);
      return undefined;
    }
  }
}
