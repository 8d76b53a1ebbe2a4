/**
 * What an apply would do, asked of everybody who knows: Compose for its hashes, the engine for what is there, the record for
 * what was made. Changes nothing.
 */
import type { RenderedProject, Rendering } from "../compose/compose.ts";
import type { Mask } from "../lib/mask.ts";
import type { MadeTarget } from "../status/record.ts";
import type { MadeBefore, PlannedImage } from "./apply-input.ts";
import { configHashes } from "./config-hashes.ts";
import type { PrepareDeps } from "./deps.ts";
import { desiredServices } from "./desired.ts";
import { fileEffects } from "./file-effects.ts";
import type { Memory } from "./memory.ts";
import { pinImages, settledServices } from "./pin-images.ts";
import { planApply, type ApplyPlan } from "./plan-apply.ts";
import { servicesToRun } from "./prepare.ts";
import { openRendering } from "./recorded-rendering.ts";
import { originsOf } from "./taken-images.ts";
import type { Visit } from "./visit.ts";

/** What is to be made, as far as it is known: an image that is yet to be pulled or built is not among `images`. */
export type ToBeMade = Pick<MadeTarget, "images" | "services" | "runKeys" | "mounts">;

/** The plan of the `up` of this rendering, which is prepared in the very way of an apply. */
export async function lookBeforeApply(
  rendering: Pick<Rendering, "project" | "json" | "projectDir">,
  made: ToBeMade,
  images: Readonly<Record<string, PlannedImage>>,
  before: MadeBefore | undefined,
  visit: Visit,
  deps: PrepareDeps,
): Promise<ApplyPlan> {
  const { project, projectDir } = rendering;
  const record = visit.record();
  const last = lastMade(visit);
  const origins = originsOf(project, made.images ?? {}, deps.fingerprint);
  const settled = await settledServices(project, origins, made, last, visit, deps);
  const services = servicesToRun(rendering, made, record, settled);
  const json = await pinImages(rendering.json, services, made, visit, deps);
  const containers = deps.engine.project(visit.project);
  const [objects, hashes] = await Promise.all([
    deps.docker.listObjects(visit.project, visit.signal),
    configHashes({ project, json, projectDir }, containers, visit, deps),
  ]);
  return planApply({
    project,
    hashes,
    containers,
    before,
    images,
    objects,
    files: fileEffects(desiredServices(project), containers, {
      record: record.files,
      wanted: made.mounts,
    }),
    services,
    prune: visit.application.spec.sync.prune,
    mask: maskOf(visit),
  });
}

/** What runs, as it was made; undefined when nothing ever was. */
export function lastMade(visit: Pick<Visit, "record">): MadeTarget | undefined {
  const { attempt, applied } = visit.record();
  return attempt?.made ?? applied;
}

/** The same with its rendering, where the record can be opened. */
export async function madeBefore(
  visit: Visit,
  memory: Memory,
  deps: Pick<PrepareDeps, "renderings">,
): Promise<MadeBefore | undefined> {
  const { attempt, applied } = visit.record();
  const made = [applied, attempt?.made].filter((one) => one !== undefined);
  const projects: RenderedProject[] = [];
  for (const { rendering } of made) {
    await openRendering(visit.name, rendering, memory, deps);
    if (memory.rendering !== undefined) projects.unshift(memory.rendering.project);
  }
  const last = made.at(-1);
  return last && { projects, services: last.services };
}

/** Of what nobody knows the Secrets of, no old value may be shown. */
function maskOf({ mask, knowsValues }: Pick<Visit, "mask" | "knowsValues">): Mask {
  return knowsValues ? mask : () => "***";
}
