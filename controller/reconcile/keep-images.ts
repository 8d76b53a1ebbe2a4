/**
 * Keeps the images of what runs, and of what ran healthily last, on the host by a name of ConOps's own:
 * `conops.local/NAME:…`. An image that has lost its last name would be removed by the next `docker image prune`. So nothing is
 * named that has another name, but during a sync, which may take that name away. The names of an Application go with it.
 */
import { messageOf } from "../api/errors.ts";
import type { LocalImage } from "../docker/docker.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

const REGISTRY = "conops.local/";

type Deps = Pick<ReconcileDeps, "docker" | "log">;

/** What is needed has a name of its own from here on: a pull or a build may begin. */
export function keepImages(visit: Visit, deps: Deps): Promise<void> {
  return bringAbout(visit, deps, "every");
}

/** Only what would have no name otherwise is still named, and nothing that is not needed any more. */
export function sweepKeptImages(visit: Visit, deps: Deps): Promise<void> {
  return bringAbout(visit, deps, "nameless");
}

/** The Application is over. */
export function forgetKeptImages(visit: Visit, deps: Deps): Promise<void> {
  return bringAbout(visit, deps, "none");
}

/** Never throws: an image that cannot be named is in danger, and a sync that is not done is no better. */
async function bringAbout(visit: Visit, deps: Deps, which: Which): Promise<void> {
  const { name, signal } = visit;
  try {
    const { tag, untag } = planKeptImages(await deps.docker.images(signal), visit.record(), which);
    for (const [id, kept] of tag) await deps.docker.tagImage(id, kept, signal);
    for (const kept of untag) await deps.docker.untagImage(kept, signal);
  } catch (error) {
    if (signal.aborted) return;
    deps.log.warn("images cannot be kept", { application: name, error: messageOf(error) });
  }
}

type Which = "every" | "nameless" | "none";

/** Which names are given and taken. Pure. */
export function planKeptImages(
  images: readonly LocalImage[],
  record: Pick<ApplicationRecord, "name" | "uid" | "applied" | "attempt" | "lastHealthy">,
  which: Which,
): { readonly tag: readonly (readonly [id: string, name: string])[]; readonly untag: readonly string[] } {
  const { applied, attempt, lastHealthy } = record;
  const needed = new Set(
    [applied, attempt?.made, lastHealthy].flatMap((made) =>
      Object.values(made?.images ?? {}).map(({ id }) => id),
    ),
  );
  // Another ConOps on this engine may have an Application of that name.
  const own = `${REGISTRY}${record.name}:${record.uid.replaceAll(/[^\w]/g, "").slice(0, 8)}-`;
  const tag: (readonly [string, string])[] = [];
  const untag: string[] = [];
  for (const { id, tags } of images) {
    const ours = tags.filter((name) => name.startsWith(own));
    const isNameless = tags.every((name) => name.startsWith(REGISTRY));
    const isKept = needed.has(id) && (which === "every" || (which === "nameless" && isNameless));
    if (!isKept) untag.push(...ours);
    else if (ours.length === 0) tag.push([id, `${own}${id.replace(/^sha256:/, "").slice(0, 12)}`]);
  }
  return { tag, untag };
}
