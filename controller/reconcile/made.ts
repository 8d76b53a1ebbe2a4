import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { Mask } from "../lib/mask.ts";
import type { MadeService } from "../status/record.ts";

/** What runs of each service, as evidence: read from the engine after an apply, never computed. */
export function madeServices(
  project: RenderedProject,
  containers: readonly ObservedContainer[],
  before: Readonly<Record<string, MadeService>>,
  /** A tag may come from a Secret, and this is written down. */
  mask: Mask,
  /** What the containers of the service were made from, where this call made them; the rest keeps what was known. */
  from: (service: string) => string | undefined = () => undefined,
): Readonly<Record<string, MadeService>> {
  const made: Record<string, MadeService> = {};
  for (const name of Object.keys(project.services)) {
    const own = containers.filter(
      (container) => container.service === name && !container.oneOff && container.configHash !== "",
    );
    const newest = own.toSorted((a, b) => b.createdAt - a.createdAt)[0];
    const old = before[name];
    if (newest === undefined) {
      if (old !== undefined) made[name] = { ...old, containers: [], gated: [] };
      continue;
    }
    const ids = own.map(({ id }) => id);
    // The same containers are what they were, whatever became of the call.
    const isSame = old !== undefined && ids.every((id) => old.containers.includes(id));
    const origin = from(name) ?? (isSame ? old.from : undefined);
    made[name] = {
      configHash: newest.configHash,
      image: mask(newest.image),
      imageId: newest.imageId,
      containers: ids,
      gated: (old?.gated ?? []).filter((id) => ids.includes(id)),
      ...(origin !== undefined && { from: origin }),
    };
  }
  return made;
}

/** One thing that `up` should have brought about and did not. */
export interface UpProblem {
  readonly service: string;
  readonly what: string;
}

/**
 * Did `up` do what it was asked? Its exit code is not the answer. A container that has ended since `since` is no problem of
 * `up`: the gate judges it.
 */
export function upProblems(
  project: RenderedProject,
  services: readonly string[],
  containers: readonly ObservedContainer[],
  since: number,
): readonly UpProblem[] {
  return services.flatMap((name): readonly UpProblem[] => {
    const service = project.services[name];
    const wanted = service?.scale ?? service?.deploy?.replicas ?? 1;
    const own = containers.filter(
      (container) => container.service === name && !container.oneOff && container.configHash !== "",
    );
    if (own.length !== wanted) return [{ service: name, what: `${own.length} of ${wanted} containers` }];
    const still = own.find(
      (container) =>
        container.state === "created" ||
        container.state === "paused" ||
        ((container.state === "exited" || container.state === "dead") && container.startedAt < since),
    );
    return still === undefined
      ? []
      : [{ service: name, what: `container "${still.name}" is ${still.state}` }];
  });
}
