/**
 * Which image each service has: the id that its name stood for at the sync, until something moves it that may: another name
 * in Git, `pull: always`, a build of this Application, or a person who asks for a sync. Pure.
 */
import type { ApplicationSpec } from "../api/application.ts";
import type { Trigger } from "../api/status.ts";
import type { RenderedProject } from "../compose/compose.ts";
import type { LocalImage } from "../docker/docker.ts";
import { canonicalJson } from "../lib/hash.ts";
import { parseImageReference } from "../lib/image-reference.ts";
import type { TakenImage } from "../status/record.ts";

type Taken = Readonly<Record<string, TakenImage>>;
type Fingerprint = (text: string) => string;

/** The image's name in the rendering; Compose's own one where a service that is built names none. */
export function imageName(project: RenderedProject, service: string): string {
  return project.services[service]?.image ?? `${project.name}-${service}`;
}

/** The service's image is built by this Application. */
export function isBuilt(
  project: RenderedProject,
  service: string,
  { build }: Pick<ApplicationSpec["compose"], "build">,
): boolean {
  return build && project.services[service]?.build !== undefined;
}

/** A pull asks the registry for this service's image, whether it is on the host or not. */
export function isPulledAlways(
  project: RenderedProject,
  service: string,
  { pull }: Pick<ApplicationSpec["compose"], "pull">,
): boolean {
  const { build, pull_policy: own } = project.services[service] ?? {};
  return pull === "always" && build === undefined && own !== "never" && own !== "build";
}

/** Of the images that were taken before those that a sync must not change. */
export function imagesToKeep(
  project: RenderedProject,
  before: Taken,
  trigger: Trigger,
  compose: Pick<ApplicationSpec["compose"], "pull" | "build">,
  fingerprint: Fingerprint,
): Taken {
  if (trigger === "Requested") return {};
  return Object.fromEntries(
    Object.entries(before).filter(
      ([service, { name }]) =>
        project.services[service] !== undefined &&
        !isBuilt(project, service, compose) &&
        !isPulledAlways(project, service, compose) &&
        name === fingerprint(imageName(project, service)),
    ),
  );
}

export function takenImage(name: string, image: LocalImage, fingerprint: Fingerprint): TakenImage {
  return { name: fingerprint(name), id: image.id, digests: digestsOf(name, image) };
}

/** What the registry of this name has the image as. */
export function digestsOf(name: string, { digests }: LocalImage): readonly string[] {
  const repository = parseImageReference(name)?.repository;
  return digests
    .filter((digest) => digest.slice(0, digest.indexOf("@")) === repository)
    .map((digest) => digest.slice(digest.indexOf("@") + 1))
    .toSorted();
}

/**
 * For each service, what its containers are made from: its rendering, its image, and all that is not of one service. Where
 * that is the same, nothing of it has to be made anew.
 */
export function originsOf(
  project: RenderedProject,
  images: Taken,
  fingerprint: Fingerprint,
): Readonly<Record<string, string>> {
  const { services, ...frame } = project;
  const around = canonicalJson(frame);
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [
      name,
      fingerprint(canonicalJson({ service, image: images[name]?.id ?? "", around })),
    ]),
  );
}
