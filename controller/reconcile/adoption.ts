/**
 * Whose project is it that already runs under this name? Pure.
 */
import { dirname } from "node:path";
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";

export type Ownership =
  /** Nothing runs under this name, or it was made from our checkouts. */
  | { readonly owner: "ours" }
  | { readonly owner: "another-conops"; readonly workingDir: string }
  /** Somebody else's. Empty lists: taking it over removes nothing and changes no mount. */
  | { readonly owner: "foreign"; readonly removes: readonly string[]; readonly changes: readonly string[] };

export interface OwnershipQuestion {
  readonly containers: readonly ObservedContainer[];
  readonly project: RenderedProject;
  /** `<data>/checkouts`. */
  readonly checkoutsDir: string;
  /** Is this folder the checkouts folder of some ConOps's data directory? */
  readonly isCheckoutsDir: (path: string) => boolean;
}

export function ownershipOf(question: OwnershipQuestion): Ownership {
  const { containers, project, checkoutsDir, isCheckoutsDir } = question;
  const known = containers.filter((container) => !container.oneOff && container.configHash !== "");
  const foreign = known.filter(({ workingDir }) => !isBelow(workingDir, checkoutsDir));
  if (foreign.length === 0) return { owner: "ours" };
  for (const { workingDir } of foreign) {
    if (ancestors(workingDir).some(isCheckoutsDir)) return { owner: "another-conops", workingDir };
  }
  const removes = foreign
    .filter(({ service }) => !Object.hasOwn(project.services, service))
    .map(({ name, service }) => `container "${name}" of service "${service}"`);
  const changes = foreign.flatMap((container) => mountChanges(container, project));
  return { owner: "foreign", removes, changes };
}

/** Which mounts of a running container the rendering does not have, or has from elsewhere. */
function mountChanges(container: ObservedContainer, project: RenderedProject): readonly string[] {
  const service = project.services[container.service];
  if (service === undefined) return [];
  const wanted = new Map((service.volumes ?? []).map((volume) => [volume.target, sourceOf(volume, project)]));
  return container.mounts
    .filter((mount) => mount.type === "bind" || mount.type === "volume")
    .filter((mount) => !isGenerated(mount.name) || wanted.has(mount.target))
    .filter((mount) => wanted.get(mount.target) !== (mount.type === "volume" ? mount.name : mount.source))
    .map((mount) => {
      const now = mount.type === "volume" ? `volume "${mount.name ?? ""}"` : `"${mount.source}"`;
      const next = wanted.get(mount.target);
      return `"${mount.target}" of "${container.name}": ${now} → ${next === undefined ? "nothing" : `"${next}"`}`;
    });
}

function sourceOf(
  volume: { readonly type: string; readonly source?: string },
  project: RenderedProject,
): string {
  if (volume.type !== "volume") return volume.source ?? "";
  const name = volume.source ?? "";
  return project.volumes?.[name]?.name ?? name;
}

/** Anonymous volumes have the engine's 64 hex digits for a name; Compose carries them along. */
function isGenerated(name: string | undefined): boolean {
  return name !== undefined && /^[0-9a-f]{64}$/.test(name);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function ancestors(path: string): readonly string[] {
  const all: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) all.push(at);
  return all;
}
