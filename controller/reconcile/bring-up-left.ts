/**
 * Brings up what is left of a target, in waves. An `up` never names a service together with one that has to be healthy or
 * finished before it: so no `docker compose up` ever waits, and none has to be interrupted, which would damage what runs.
 * What has to wait is brought up by a later visit, to which the engine's events lead.
 */
import type { RenderedProject, RenderedService } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeTarget } from "../status/record.ts";
import { bringUp } from "./bring-up.ts";
import type { ReconcileDeps } from "./deps.ts";
import { heal } from "./heal.ts";
import { look, type Look } from "./look.ts";
import { madeServices, trustedServices } from "./made.ts";
import type { Memory } from "./memory.ts";
import { withDependencies } from "./name-dependencies.ts";
import { evidenceOf } from "./note-made.ts";
import { pinImages } from "./pin-images.ts";
import { servicesWithoutNames } from "./service-networks.ts";
import type { Step } from "./steps.ts";
import { originsOf } from "./taken-images.ts";
import type { Visit } from "./visit.ts";

export interface LeftOfTarget {
  readonly json: string;
  readonly project: RenderedProject;
  /** The services to bring up. */
  readonly left: readonly string[];
  readonly removeOrphans: boolean;
}

/** As far as the dependencies allow now; returns what is left then. Throws as `bringUp` does. */
export async function bringUpLeft(
  what: LeftOfTarget,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<readonly string[]> {
  let { left, removeOrphans } = what;
  for (;;) {
    const seen = await look("Running", visit, memory, deps, left);
    if (seen === undefined) return left;
    const wave = seen.plan.ready;
    if (wave.length > 0) {
      await bringUpWave(wave, seen, { ...what, removeOrphans }, visit, deps);
      left = left.filter((name) => !wave.includes(name));
      await noteLeft(left, what.project, seen.made, visit, deps);
      removeOrphans = false;
    }
    const { anew, later } = await bringFilesIntoEffect(left, what.project, visit, memory, deps);
    if (later.length > 0) {
      left = [...left, ...later];
      await noteLeft(left, what.project, seen.made, visit, deps);
    }
    await restartDependents(wave, anew, what.project, visit, deps);
    if (wave.length === 0 || left.length === 0) return left;
  }
}

/**
 * Of changed contents Compose knows nothing: what its `up` left as it was is judged, and healed, as at any other time. Who
 * would have to wait for another of them is left for `later`.
 */
async function bringFilesIntoEffect(
  left: readonly string[],
  project: RenderedProject,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<{ readonly anew: readonly string[]; readonly later: readonly string[] }> {
  const seen = await look("Running", visit, memory, deps, left);
  const steps = seen?.plan.fileSteps ?? [];
  if (seen === undefined || steps.length === 0) return { anew: [], later: [] };
  const started = new Set(steps.filter(({ act }) => act !== "signal").map(({ service }) => service));
  const waits = ({ service }: Step): boolean =>
    started.has(service) && waitsForOneOf(started, project.services[service]);
  const now = steps.filter((step) => !waits(step));
  for (const { service, act, why } of now) {
    deps.log.info("mounted files changed", { application: visit.name, service, act, why });
    visit.say(`${act} ${service}: ${why}`);
  }
  await heal(now, seen, visit, deps);
  return {
    anew: now.filter(({ act }) => act === "recreate").map(({ service }) => service),
    later: [...new Set(steps.filter(waits).map(({ service }) => service))],
  };
}

/** One of the others has to be healthy, or finished, before. */
function waitsForOneOf(others: ReadonlySet<string>, service: RenderedService | undefined): boolean {
  return Object.entries(service?.depends_on ?? {}).some(
    ([on, { condition }]) => condition !== "service_started" && others.has(on),
  );
}

async function bringUpWave(
  wave: readonly string[],
  seen: Look,
  { json, project, removeOrphans }: LeftOfTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { made } = seen;
  const { projectDir } = made;
  const isAll = wave.length === Object.keys(project.services).length;
  const services = isAll ? undefined : await withDependencies(wave, project, seen, visit, deps);
  visit.say(`brings up ${wave.join(", ")}`);
  const names = services ?? wave;
  const containers = await bringUp(
    {
      json: await pinImages(json, names, made, visit, deps),
      project,
      projectDir,
      removeOrphans,
      ...(services && { services }),
    },
    visit,
    deps,
  );
  const nameless = servicesWithoutNames(project, containers).filter((name) => wave.includes(name));
  if (nameless.length === 0) return;
  deps.log.info("Compose left services off a network", { application: visit.name, services: nameless });
  visit.say(`makes ${nameless.join(", ")} anew: they are off a network, or without a name there`);
  const pinned = await pinImages(json, nameless, made, visit, deps);
  const anew = { services: nameless, removeOrphans: false, forceRecreate: true };
  await bringUp({ json: pinned, project, projectDir, ...anew }, visit, deps);
}

/** What was made is what the next look is compared with. */
async function noteLeft(
  left: readonly string[],
  project: RenderedProject,
  { images = {} }: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const containers = deps.engine.project(visit.project);
  const origins = originsOf(project, images, deps.fingerprint);
  const from = (name: string): string | undefined =>
    left.includes(name) || images[name] === undefined ? undefined : origins[name];
  const version = deps.engine.engineVersion();
  const made = (before: MadeTarget): Pick<MadeTarget, "services" | "engineVersion" | "objects"> => ({
    services: madeServices(project, containers, trustedServices(before, version), visit.mask, from),
    ...evidenceOf(visit, deps),
  });
  await visit.update((record) => {
    const { attempt, applied } = record;
    if (attempt?.made !== undefined) {
      return { ...record, attempt: { ...attempt, made: { ...attempt.made, ...made(attempt.made) } } };
    }
    if (applied === undefined) return record;
    const { left: _before, ...rest } = applied;
    const more = left.length > 0 && { left };
    return { ...record, applied: { ...rest, ...made(applied), ...more } };
  });
}

/**
 * `depends_on: {restart: true}`, where the dependency was made anew by another call: Compose has not seen the two together.
 * Asked for what was just brought up, and for what depends on what was just made `anew`.
 */
async function restartDependents(
  wave: readonly string[],
  anew: readonly string[],
  { services }: RenderedProject,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const containers = deps.engine
    .project(visit.project)
    .filter(({ oneOff, state }) => !oneOff && state === "running");
  const of = (name: string): readonly ObservedContainer[] =>
    containers.filter(({ service }) => service === name);
  for (const [name, { depends_on: dependsOn = {} }] of Object.entries(services)) {
    const followed = Object.entries(dependsOn)
      .filter(([on, { restart = false }]) => restart && (wave.includes(name) || anew.includes(on)))
      .flatMap(([on]) => of(on).map(({ createdAt }) => createdAt));
    for (const { id, startedAt } of of(name)) {
      if (!followed.some((madeAt) => madeAt > startedAt)) continue;
      visit.say(`restarts ${name}: what it depends on was made anew`);
      await deps.docker.restart(id, visit.signal);
    }
  }
}
