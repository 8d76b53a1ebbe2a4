/** What an apply is about to change: said before it is done, and compared with what was done. */
import { messageOf } from "../api/errors.ts";
import type { Rendering } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { MadeTarget } from "../status/record.ts";
import type { ApplyPlan } from "./plan-apply.ts";
import type { ReconcileDeps } from "./deps.ts";
import { desiredServices } from "./desired.ts";
import { lookBeforeApply, madeBefore } from "./look-before-apply.ts";
import type { Memory } from "./memory.ts";
import type { Visit } from "./visit.ts";

export interface Foreseen {
  readonly plan: ApplyPlan;
  /** Each change in one sentence, for the record. */
  readonly sentences: readonly string[];
}

/** Of a record, and of a log line. */
const MAX_SENTENCES = 50;
const MAX_LENGTH = 300;

/**
 * The plan of the `up` that comes next, once every image is there; it is logged. Undefined when it cannot be made: an apply
 * does not depend on it. To be called before the record speaks of the new target.
 */
export async function foresee(
  rendering: Rendering,
  made: MadeTarget,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<Foreseen | undefined> {
  const images = desiredServices(rendering.project).map(
    ({ name, image }) => [name, { name: image, id: made.images?.[name]?.id, open: false }] as const,
  );
  try {
    const before = await madeBefore(visit, memory, deps);
    const plan = await lookBeforeApply(rendering, made, Object.fromEntries(images), before, visit, deps);
    const sentences = plan.changes.slice(0, MAX_SENTENCES).map(({ text }) => text.slice(0, MAX_LENGTH));
    if (sentences.length > 0)
      deps.log.info("changes of a sync", { application: visit.name, changes: sentences });
    for (const sentence of sentences) visit.say(sentence);
    return { plan, sentences };
  } catch (error) {
    visit.signal.throwIfAborted();
    deps.log.warn("changes of a sync cannot be told", { application: visit.name, error: messageOf(error) });
    return undefined;
  }
}

/** A sync that did something else than it said has a fault; it is told, and the look that follows judges what is there. */
export function tellUnforeseen(
  foreseen: Foreseen | undefined,
  visit: Visit,
  deps: Pick<ReconcileDeps, "engine" | "log">,
): void {
  const found = foreseen === undefined ? [] : unforeseen(foreseen.plan, deps.engine.project(visit.project));
  if (found.length > 0)
    deps.log.warn("a sync did something else than it said", { application: visit.name, found });
}

/** In which containers something else was done than foreseen, in words. Pure. What may or may not be is never among it. */
export function unforeseen(
  { services, orphans }: Pick<ApplyPlan, "services" | "orphans">,
  after: readonly ObservedContainer[],
): readonly string[] {
  const now = new Map(after.map((container) => [container.id, container]));
  const found: string[] = [];
  for (const { containers } of services) {
    for (const { container, act, perhaps } of containers) {
      const { id, name } = container;
      const isGone = act === "recreate" || act === "remove";
      const left = now.get(id);
      if (perhaps) continue;
      if (isGone && left !== undefined) found.push(`container "${name}" was to be ${act}d, and is there`);
      if (!isGone && left === undefined) found.push(`container "${name}" was to stay, and is gone`);
      if (act === "keep" && left !== undefined && wasStartedAgain(container, left))
        found.push(`container "${name}" was to be left alone, and was started again`);
    }
  }
  for (const { id, name } of orphans) {
    if (now.has(id)) found.push(`container "${name}" was to be removed, and is there`);
  }
  return found;
}

/** Not by its own restart policy. */
function wasStartedAgain(before: ObservedContainer, now: ObservedContainer): boolean {
  return now.startedAt !== before.startedAt && now.restartCount === before.restartCount;
}
