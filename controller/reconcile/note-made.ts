import type { ApplicationRecord, MadeService, MadeTarget } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import { trustedServices, withFresh } from "./made.ts";
import { madeObjects, notedObjects } from "./made-objects.ts";
import type { Plan } from "./plan.ts";
import type { Visit } from "./visit.ts";

type Services = Readonly<Record<string, MadeService>>;
type Deps = Pick<ReconcileDeps, "engine">;

/** The evidence beside the services, right after ConOps itself has made something: which engine shows it, and what else there is. */
export function evidenceOf(
  { project }: Pick<Visit, "project">,
  { engine }: Deps,
): Pick<MadeTarget, "engineVersion" | "objects"> {
  const engineVersion = engine.engineVersion();
  const objects = engine.objects(project);
  return {
    ...(engineVersion !== undefined && { engineVersion }),
    ...(objects && { objects: madeObjects(objects) }),
  };
}

/** Takes new evidence of what runs into the record, as the engine shows it now. */
export async function noteMade(
  change: (services: Services) => Services,
  visit: Visit,
  deps: Deps,
  more: Partial<MadeTarget> = {},
): Promise<void> {
  const engineVersion = deps.engine.engineVersion();
  const objects = deps.engine.objects(visit.project);
  await visit.update((record) =>
    withMade(record, (made) => {
      const noted = notedObjects(made.objects, objects);
      return {
        ...made,
        ...more,
        services: change(trustedServices(made, engineVersion)),
        ...(engineVersion !== undefined && { engineVersion }),
        ...(noted && { objects: noted }),
      };
    }),
  );
}

/**
 * Notes containers that are as they were made, and are not on record yet: somebody made them alike, the record is of an
 * older version, or the engine is of another one.
 */
export async function noteFresh({ fresh }: Pick<Plan, "fresh">, visit: Visit, deps: Deps): Promise<void> {
  if (Object.keys(fresh).length === 0) return;
  const containers = deps.engine.project(visit.project);
  await noteMade((services) => withFresh(services, fresh, containers, visit.mask), visit, deps);
}

/** What should run now: of the try that has touched the containers, else of the applied target. */
function withMade(
  record: ApplicationRecord,
  change: <T extends MadeTarget>(made: T) => T,
): ApplicationRecord {
  const { attempt, applied } = record;
  if (attempt?.made !== undefined) return { ...record, attempt: { ...attempt, made: change(attempt.made) } };
  return applied === undefined ? record : { ...record, applied: change(applied) };
}
