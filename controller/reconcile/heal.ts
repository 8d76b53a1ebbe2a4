/**
 * Restores the applied target: each step in the way that fits its kind. What the engine can do to one container alone
 * (start, unpause, restart) is done there: it restores that very container, in milliseconds; the rest is Compose's.
 */
import { messageOf, ReconcileError } from "../api/errors.ts";
import type { RenderedProject } from "../compose/compose.ts";
import { explain } from "../compose/explain.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { MadeTarget } from "../status/record.ts";
import { refusalStatus } from "../docker/errors.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import { bringUp } from "./bring-up.ts";
import type { ReconcileDeps } from "./deps.ts";
import { madeServices } from "./made.ts";
import { sharersOf } from "./sharers.ts";
import type { Step } from "./steps.ts";
import { changingRun, withoutProcess, type Visit } from "./visit.ts";

const NOT_FOUND = 404;

export interface HealWith {
  readonly made: MadeTarget;
  /** The recorded rendering; undefined when it cannot be opened: then Compose cannot help. */
  readonly rendering: { readonly json: string; readonly project: RenderedProject } | undefined;
}

/** Takes the steps. Throws ReconcileError `HealFailed`, `UpFailed`, `EngineUnavailable`; the next visit sees what is left. */
export async function heal(
  steps: readonly Step[],
  { made, rendering }: HealWith,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  failpoint("heal-started", visit.name);
  const up = new Set(steps.filter(({ act }) => act === "up").map(({ service }) => service));
  /** What a container was made with is gone (its network): starting it will never succeed again. */
  const anew = new Set<string>();
  const started = new Set<string>();
  for (const step of steps) {
    if (step.containerId === undefined) continue;
    try {
      await actOn(step, step.containerId, visit, deps);
      if (step.act === "start" || step.act === "restart") started.add(step.service);
    } catch (error) {
      visit.signal.throwIfAborted();
      if (error instanceof ReconcileError && error.reason === "EngineUnavailable") throw error;
      if (rendering === undefined) throw healFailed(step, error);
      // Its network may be gone, or it itself: Compose knows what is missing.
      deps.log.info("container cannot be started as it is", {
        application: visit.name,
        service: step.service,
        error: messageOf(error),
      });
      if (refusalStatus(error) === NOT_FOUND) anew.add(step.service);
      else up.add(step.service);
    }
  }
  const prune = steps.some(({ act }) => act === "prune");
  if (rendering !== undefined) {
    await restartSharers(started, rendering.project, visit, deps);
    for (const names of [anew, up]) {
      for (const service of running(sharersOf(names, rendering.project), visit, deps)) names.add(service);
    }
    if (anew.size > 0) {
      await upServices([...anew], { prune: false, forceRecreate: true }, rendering, made, visit, deps);
      for (const service of anew) up.delete(service);
    }
    if (up.size > 0 || prune) {
      await upServices([...up], { prune, forceRecreate: false }, rendering, made, visit, deps);
    }
    for (const service of anew) up.add(service);
  }
  const containers = await deps.engine.refresh(visit.project, deps.hardStop);
  if (rendering === undefined) return;
  const services = madeServices(rendering.project, containers, made.services, visit.mask);
  // Only what was made anew has a new hash; what somebody else changed is still drift.
  const kept = Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const before = made.services[name];
      if (up.has(name) || before === undefined) return [name, service];
      return [
        name,
        { ...service, configHash: before.configHash, image: before.image, imageId: before.imageId },
      ];
    }),
  );
  await visit.update((record) => {
    if (record.attempt?.made !== undefined) {
      return { ...record, attempt: { ...record.attempt, made: { ...record.attempt.made, services: kept } } };
    }
    return record.applied === undefined
      ? record
      : { ...record, applied: { ...record.applied, services: kept } };
  });
}

/** Stops every container of the project, for `spec.state: Stopped`; nothing is removed. */
export async function stopAll(visit: Visit, deps: ReconcileDeps): Promise<void> {
  const result = await deps.compose.stop(visit.project, changingRun(visit, deps, "stop"));
  await visit.update(withoutProcess);
  await deps.engine.refresh(visit.project, deps.hardStop);
  if (result.ended === "exited" && result.exitCode === 0) return;
  throw new ReconcileError(`Cannot stop "${visit.project}": ${explain(result)}`, { reason: "StopFailed" });
}

async function actOn(step: Step, containerId: string, visit: Visit, deps: ReconcileDeps): Promise<void> {
  switch (step.act) {
    case "start":
      return deps.docker.start(containerId, visit.signal);
    case "unpause":
      return deps.docker.unpause(containerId, visit.signal);
    case "restart":
      return deps.docker.restart(containerId, visit.signal);
    case "up":
    case "stop":
    case "prune":
      return undefined;
    default:
      return step.act satisfies never;
  }
}

/** Whoever lives in a namespace of a container that was started again is started again, too. */
async function restartSharers(
  started: ReadonlySet<string>,
  project: RenderedProject,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const sharers = new Set(sharersOf(started, project));
  if (sharers.size === 0) return;
  for (const { id, service } of runningContainers(visit, deps)) {
    if (sharers.has(service)) await deps.docker.restart(id, visit.signal);
  }
}

async function upServices(
  services: readonly string[],
  { prune, forceRecreate }: { readonly prune: boolean; readonly forceRecreate: boolean },
  rendering: NonNullable<HealWith["rendering"]>,
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  // Compose removes orphans only beside an `up` of something: a service that runs already is left as it is.
  const named =
    services.length > 0
      ? services
      : running(Object.keys(rendering.project.services), visit, deps).slice(0, 1);
  if (named.length === 0) return;
  const json = await withRecordedImages(rendering, services, made, visit, deps);
  await bringUp(
    {
      json,
      project: rendering.project,
      projectDir: made.projectDir,
      services: named,
      removeOrphans: prune,
      forceRecreate,
    },
    visit,
    deps,
  );
}

function running(services: readonly string[], visit: Visit, deps: ReconcileDeps): readonly string[] {
  const up = new Set(runningContainers(visit, deps).map(({ service }) => service));
  return services.filter((service) => up.has(service));
}

function runningContainers(visit: Visit, deps: ReconcileDeps): readonly ObservedContainer[] {
  return deps.engine
    .project(visit.project)
    .filter(({ state, oneOff, configHash }) => state === "running" && !oneOff && configHash !== "");
}

/**
 * Where a tag no longer points at the image that the service was made of, this one call names the image by its id, so that
 * a tag that moved does not slip in with a healing. Elsewhere the file's own image name stays.
 */
async function withRecordedImages(
  { json, project }: NonNullable<HealWith["rendering"]>,
  services: readonly string[],
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<string> {
  const pinned = new Map<string, string>();
  for (const name of services) {
    const recorded = made.services[name]?.imageId;
    if (recorded === undefined || recorded === "") continue;
    const now = await deps.docker.imageId(
      project.services[name]?.image ?? `${project.name}-${name}`,
      visit.signal,
    );
    if (now === recorded) continue;
    if ((await deps.docker.imageId(recorded, visit.signal)) !== undefined) pinned.set(name, recorded);
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

function healFailed(step: Step, error: unknown): ReconcileError {
  return new ReconcileError(`Cannot ${step.act} service "${step.service}": ${messageOf(error)}`, {
    reason: "HealFailed",
    cause: error,
  });
}
