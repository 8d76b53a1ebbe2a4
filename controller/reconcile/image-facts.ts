/** What is known of the images of an Application's services beside their containers: on this host, and in their registries. */
import type { RenderedProject } from "../compose/compose.ts";
import { parseImageReference } from "../lib/image-reference.ts";
import { authHeader, loginFor } from "../secret/registry-auth.ts";
import type { RegistryAuths } from "../secret/docker-config.ts";
import type { ApplicationRecord, MadeTarget } from "../status/record.ts";
import type { ObservedRegistries } from "../status/judge-source.ts";
import type { FollowedImage } from "../watch/watch.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { ImageFacts } from "./judge-image.ts";
import { digestsOf, imageName, isBuilt, isPulledAlways } from "./taken-images.ts";
import { wantedImage } from "./pin-images.ts";
import type { Visit } from "./visit.ts";

/** Has the images followed that are worth it. Asking again changes nothing. */
export function followImages(project: RenderedProject | undefined, visit: Visit, deps: ReconcileDeps): void {
  const { state, compose } = visit.application.spec;
  if (project === undefined) return deps.images.unfollow(visit.name);
  const asks = state === "Running" && visit.secrets.fault === undefined;
  const images = Object.fromEntries(
    Object.keys(project.services).map((service): readonly [string, FollowedImage] => {
      const image = imageName(project, service);
      const reference = parseImageReference(image);
      const floats = reference !== undefined && reference.digest === undefined;
      if (!asks || !floats || !isPulledAlways(project, service, compose)) return [service, { image }];
      return [service, { image, lookUp: { login: loginOf(reference.registry, visit) } }];
    }),
  );
  deps.images.follow(visit.name, images);
}

/** `own`: the login of whoever runs this. */
export function loginOf(
  registry: string,
  { secrets: { dockerConfig } }: { readonly secrets: Pick<Visit["secrets"], "dockerConfig"> },
): string {
  if (dockerConfig === undefined) return "own";
  const { auths } = JSON.parse(dockerConfig) as { readonly auths: RegistryAuths };
  return authHeader(loginFor(auths, registry), registry);
}

/** By service; only of those whose image is known. */
export function imageFacts(
  made: Pick<MadeTarget, "images" | "services">,
  project: RenderedProject | undefined,
  visit: Visit,
  deps: Pick<ReconcileDeps, "images" | "records">,
): ReadonlyMap<string, ImageFacts> {
  const facts = new Map<string, ImageFacts>();
  if (project === undefined) return facts;
  for (const service of Object.keys(project.services)) {
    const id = wantedImage(made, service);
    if (id === undefined) continue;
    const local = deps.images.local(visit.name, service);
    const listed = deps.images.byId(id);
    // A registry may have one image under several digests.
    const digests = new Set([
      ...(made.images?.[service]?.digests ?? []),
      ...(listed === undefined ? [] : digestsOf(imageName(project, service), listed)),
    ]);
    const digest = deps.images.registry(visit.name, service)?.digest;
    const isMoved = digest !== undefined && made.images?.[service] !== undefined && !digests.has(digest);
    const [known] = digests;
    facts.set(service, {
      id,
      ...(known !== undefined && { digest: known }),
      ...(local !== undefined && local.id !== id && { movedTo: local.id }),
      built:
        isBuilt(project, service, visit.application.spec.compose) &&
        !isOthers(made.images?.[service]?.name, local?.id, visit, deps),
      ...(isMoved && { registryDigest: digest }),
      isTried: isMoved && triedOf(visit.record(), service).includes(digest),
    });
  }
  return facts;
}

/** Another Application has that image under that name: of two that build one name, neither takes it from the other. */
function isOthers(
  name: string | undefined,
  id: string | undefined,
  visit: Visit,
  { records }: Pick<ReconcileDeps, "records">,
): boolean {
  if (id === undefined) return false;
  return records
    .list()
    .filter((record) => record.name !== visit.name)
    .flatMap(({ applied, attempt }) => [applied?.images, attempt?.made?.images])
    .some((images) => Object.values(images ?? {}).some((taken) => taken.id === id && taken.name === name));
}

function triedOf({ triedImages }: ApplicationRecord, service: string): readonly string[] {
  return triedImages?.[service] ?? [];
}

/** service → what its registry has, as far as that is known now. */
export function registryDigests(
  services: readonly string[],
  visit: Visit,
  { images }: Pick<ReconcileDeps, "images">,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    services.flatMap((service) => {
      const digest = images.registry(visit.name, service)?.digest;
      return digest === undefined ? [] : [[service, digest]];
    }),
  );
}

/** What the registries had before a sync, and what it took from them: neither is taken again by itself. */
export function noteTried(
  record: ApplicationRecord,
  images: NonNullable<MadeTarget["images"]>,
  had: Readonly<Record<string, string>>,
): ApplicationRecord {
  const triedImages = Object.fromEntries(
    Object.entries(images).map(([service, { digests }]) => [
      service,
      [...new Set([...digests, ...(had[service] === undefined ? [] : [had[service]])])].toSorted(),
    ]),
  );
  return { ...record, triedImages };
}

/** Whether the registries can be asked; undefined where none is to be. */
export function imagesChecked(
  visit: Visit,
  deps: Pick<ReconcileDeps, "images">,
): ObservedRegistries | undefined {
  const { pull } = visit.application.spec.compose;
  const asked = deps.images.lookUps(visit.name);
  // A new controller that has not looked at the services yet goes on saying what the one before it did.
  const isSaid = pull === "always" && visit.record().conditions.some(({ type }) => type === "ImagesChecked");
  if (asked === undefined) return isSaid ? { checked: false } : undefined;
  if (asked.length === 0) return undefined;
  const error = asked.find((one) => one.error !== undefined)?.error;
  return { checked: asked.some(({ digest }) => digest !== undefined), ...(error && { error }) };
}
