/**
 * Brings up what is left of a target, in waves. An `up` never names a service together with one that has to be healthy or
 * finished before it: so no `docker compose up` ever waits, and none has to be interrupted, which would damage what runs.
 * What has to wait is brought up by a later visit, to which the engine's events lead.
 */
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeTarget } from "../status/record.ts";
import { bringUp } from "./bring-up.ts";
import type { ReconcileDeps } from "./deps.ts";
import { heal } from "./heal.ts";
import { look, type Look } from "./look.ts";
import { madeServices } from "./made.ts";
import type { Memory } from "./memory.ts";
import { leftAsItIs, pinImages } from "./pin-images.ts";
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
      await noteWave(left, what.project, seen.made, visit, deps);
      removeOrphans = false;
    }
    await bringFilesIntoEffect(left, visit, memory, deps);
    await restartDependents(wave, what.project, visit, deps);
    if (wave.length === 0 || left.length === 0) return left;
  }
}

/** Of changed contents Compose knows nothing: what its `up` left as it was is judged, and healed, as at any other time. */
async function bringFilesIntoEffect(
  left: readonly string[],
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<void> {
  const seen = await look("Running", visit, memory, deps, left);
  if (seen === undefined || seen.plan.fileSteps.length === 0) return;
  for (const { service, act, why } of seen.plan.fileSteps) {
    deps.log.info("mounted files changed", { application: visit.name, service, act, why });
    visit.say(`${act} ${service}: ${why}`);
  }
  await heal(seen.plan.fileSteps, seen, visit, deps);
}

async function bringUpWave(
  wave: readonly string[],
  { made, plan }: Look,
  { json, project, removeOrphans }: LeftOfTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { projectDir } = made;
  const isAll = wave.length === Object.keys(project.services).length;
  const isRunning = (name: string): boolean => (plan.running[name] ?? []).length > 0;
  const asItIs = await leftAsItIs(
    Object.keys(project.services).filter(isRunning),
    project,
    made,
    visit,
    deps,
  );
  const services = isAll ? undefined : withDependencies(wave, project, asItIs);
  visit.say(`brings up ${wave.join(", ")}`);
  const names = services ?? wave;
  await bringUp(
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
}

/** What was made is what the next look is compared with. */
async function noteWave(
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
  const made = (before: MadeTarget["services"]): MadeTarget["services"] =>
    madeServices(project, containers, before, visit.mask, from);
  await visit.update((record) => {
    const { attempt, applied } = record;
    if (attempt?.made !== undefined) {
      const services = made(attempt.made.services);
      return { ...record, attempt: { ...attempt, made: { ...attempt.made, services } } };
    }
    if (applied === undefined) return record;
    const { left: _before, ...rest } = applied;
    const more = left.length > 0 && { left };
    return { ...record, applied: { ...rest, services: made(applied.services), ...more } };
  });
}

/**
 * The services, and those on which they depend: Compose leaves a dependency that is not named out of the label by which it
 * later finds the order of a stop. One that a call would not leave `asItIs` is not named, nor one that depends on such a one.
 */
function withDependencies(
  wave: readonly string[],
  project: RenderedProject,
  asItIs: ReadonlySet<string>,
): readonly string[] {
  const named = new Set(wave);
  const canBeNamed = (name: string): boolean => {
    if (named.has(name)) return true;
    if (!asItIs.has(name)) return false;
    return dependenciesOf(name, project).every(canBeNamed);
  };
  const add = (name: string): void => {
    for (const on of dependenciesOf(name, project)) {
      if (named.has(on) || !canBeNamed(on)) continue;
      named.add(on);
      add(on);
    }
  };
  for (const name of wave) add(name);
  return [...named];
}

function dependenciesOf(name: string, { services }: RenderedProject): readonly string[] {
  return Object.keys(services[name]?.depends_on ?? {});
}

/** `depends_on: {restart: true}`, where the dependency was made anew by an earlier call: Compose has not seen the two together. */
async function restartDependents(
  wave: readonly string[],
  { services }: RenderedProject,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const containers = deps.engine
    .project(visit.project)
    .filter(({ oneOff, state }) => !oneOff && state === "running");
  const of = (name: string): readonly ObservedContainer[] =>
    containers.filter(({ service }) => service === name);
  for (const name of wave) {
    const followed = Object.entries(services[name]?.depends_on ?? {})
      .filter(([, { restart = false }]) => restart)
      .flatMap(([on]) => of(on).map(({ createdAt }) => createdAt));
    for (const { id, startedAt } of of(name)) {
      if (!followed.some((madeAt) => madeAt > startedAt)) continue;
      visit.say(`restarts ${name}: what it depends on was made anew`);
      await deps.docker.restart(id, visit.signal);
    }
  }
}
