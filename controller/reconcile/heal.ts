/**
 * Restores the applied target: each step in the way that fits its kind. What the engine can do to one container alone
 * (start, unpause, restart, attach to a network, rename) is done there: it restores that very container, in milliseconds; the rest is Compose's.
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
import { toldOf } from "./given-files.ts";
import type { Repair } from "./judged.ts";
import { healedServices } from "./made.ts";
import { noteMade } from "./note-made.ts";
import { pinImages } from "./pin-images.ts";
import { provideImages } from "./prepare.ts";
import { takeAwayNetworks } from "./renew-networks.ts";
import { redefinedNetworks, servicesOnRedefined } from "./service-networks.ts";
import { sharersOf } from "./sharers.ts";
import type { Step } from "./steps.ts";
import { imageName, originsOf } from "./taken-images.ts";
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
  for (const { act, service } of steps) {
    const taken = made.images?.[service];
    if (act !== "tag" || rendering === undefined || taken === undefined) continue;
    await deps.docker.tagImage(taken.id, imageName(rendering.project, service), visit.signal);
    await deps.images.refresh(); // what was done is seen by the next look, before its event
  }
  const up = new Set(steps.filter(({ act }) => act === "up").map(({ service }) => service));
  /** To be made anew: what a container was made with is gone (its network), or somebody has changed it. */
  const anew = new Set(steps.filter(({ act }) => act === "recreate").map(({ service }) => service));
  const started = new Set<string>();
  for (const step of steps) {
    if (step.containerId === undefined) continue;
    if (step.act !== "up") visit.say(`${step.act} ${step.service}`);
    try {
      await actOn(step, step.containerId, made, visit, deps);
      if (step.act === "start" || step.act === "restart") started.add(step.service);
    } catch (error) {
      visit.signal.throwIfAborted();
      if (error instanceof ReconcileError && error.reason === "EngineUnavailable") throw error;
      if (rendering === undefined) throw healFailed(step, error);
      // Its network may be gone, or it itself: Compose knows what is missing.
      deps.log.info("container cannot be restored as it is", {
        application: visit.name,
        service: step.service,
        error: messageOf(error),
      });
      // What its container still has, Compose takes for enough, where it was to be attached or renamed.
      if (refusalStatus(error) === NOT_FOUND || step.repair !== undefined) anew.add(step.service);
      else up.add(step.service);
    }
  }
  const prune = steps.some(({ act }) => act === "prune");
  let target = made;
  if (rendering !== undefined) {
    await restartSharers(started, rendering.project, visit, deps);
    if (anew.size > 0 || up.size > 0 || prune) {
      const now = deps.engine.objects(visit.project);
      const others = servicesOnRedefined(now, made.objects, runningContainers(visit, deps));
      for (const service of others) if (Object.hasOwn(rendering.project.services, service)) anew.add(service);
      await takeAwayNetworks(redefinedNetworks(now, made.objects), visit, deps);
    }
    for (const names of [anew, up]) {
      for (const service of running(sharersOf(names, rendering.project), visit, deps)) names.add(service);
    }
    target = await withImages([...anew, ...up], rendering, made, visit, deps);
    if (anew.size > 0) {
      await upServices([...anew], { prune: false, forceRecreate: true }, rendering, target, visit, deps);
      for (const service of anew) up.delete(service);
    }
    if (up.size > 0 || prune) {
      await upServices([...up], { prune, forceRecreate: false }, rendering, target, visit, deps);
    }
    for (const service of anew) up.add(service);
  }
  const containers = await deps.engine.refresh(visit.project, deps.hardStop);
  if (rendering === undefined) return;
  const { images } = target;
  const origins = originsOf(rendering.project, images ?? {}, deps.fingerprint);
  const from = (name: string): string | undefined =>
    up.has(name) && images?.[name] ? origins[name] : undefined;
  await noteMade(
    (services) => healedServices(rendering.project, containers, services, { healed: up, from }, visit.mask),
    visit,
    deps,
    images && { images },
  );
}

/**
 * With an image for each of these services, which are to be made anew: where the recorded one is no longer on the host, the
 * one that its name stands for, pulled or built if need be.
 */
async function withImages(
  services: readonly string[],
  { json, project }: NonNullable<HealWith["rendering"]>,
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<MadeTarget> {
  const { images, projectDir } = made;
  if (images === undefined) return made;
  const missing: string[] = [];
  for (const name of services) {
    const { id } = images[name] ?? {};
    if (id === undefined || (await deps.docker.imageId(id, visit.signal)) === undefined) missing.push(name);
  }
  if (missing.length === 0) return made;
  deps.log.warn("recorded images are gone", { application: visit.name, services: missing });
  const staged = { project, stagedJson: json, stagedProjectDir: projectDir };
  const provided = await provideImages(staged, { keep: {}, services: missing }, visit, deps);
  return { ...made, images: { ...images, ...provided } };
}

/** Stops every container of the project, for `spec.state: Stopped`; nothing is removed. */
export async function stopAll(visit: Visit, deps: ReconcileDeps): Promise<void> {
  const result = await deps.compose.stop(visit.project, changingRun(visit, deps, "stop"));
  await visit.update(withoutProcess);
  await deps.engine.refresh(visit.project, deps.hardStop);
  if (result.ended === "exited" && result.exitCode === 0) return;
  throw new ReconcileError(`Cannot stop "${visit.project}": ${explain(result)}`, { reason: "StopFailed" });
}

async function actOn(
  step: Step,
  containerId: string,
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { repair } = step;
  switch (step.act) {
    case "signal":
      await deps.docker.kill(containerId, step.signal ?? "HUP", visit.signal);
      return noteTold(step.service, containerId, made, visit, deps);
    case "start":
      return deps.docker.start(containerId, visit.signal);
    case "unpause":
      return deps.docker.unpause(containerId, visit.signal);
    case "restart":
      return deps.docker.restart(containerId, visit.signal);
    case "attach":
    case "reattach":
    case "detach":
    case "rename":
      return repair && doRepair(repair, containerId, visit, deps);
    case "up":
    case "recreate":
    case "stop":
    case "prune":
    case "tag":
      return undefined;
    default:
      return step.act satisfies never;
  }
}

/** A program that was told of changed files has them from now on, as far as anybody can know. */
async function noteTold(
  service: string,
  containerId: string,
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const container = deps.engine.project(visit.project).find(({ id }) => id === containerId);
  const wanted = made.mounts?.[service];
  if (container === undefined || wanted === undefined) return;
  await visit.update((record) =>
    record.files === undefined ? record : { ...record, files: toldOf(record.files, container, wanted) },
  );
}

async function doRepair(
  repair: Repair,
  containerId: string,
  visit: Visit,
  { docker }: ReconcileDeps,
): Promise<void> {
  switch (repair.act) {
    case "reattach":
      await docker.disconnect(containerId, repair.attachment.networkId, visit.signal);
      return docker.connect(containerId, repair.attachment, visit.signal);
    case "attach":
      return docker.connect(containerId, repair.attachment, visit.signal);
    case "detach":
      return docker.disconnect(containerId, repair.network, visit.signal);
    case "rename":
      return docker.rename(containerId, repair.name, visit.signal);
    case "recreate":
      return undefined;
    default:
      return repair satisfies never;
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
  const json = await pinImages(rendering.json, services, made, visit, deps);
  await bringUp(
    {
      json,
      project: rendering.project,
      projectDir: made.projectDir,
      services: named,
      removeOrphans: prune,
      forceRecreate,
      // What is named for the prune alone stays as it is, whatever its image's name stands for.
      noRecreate: services.length === 0,
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

function healFailed(step: Step, error: unknown): ReconcileError {
  const act = step.act === "signal" ? `send SIG${step.signal} to` : step.act;
  return new ReconcileError(`Cannot ${act} service "${step.service}": ${messageOf(error)}`, {
    reason: "HealFailed",
    cause: error,
  });
}
