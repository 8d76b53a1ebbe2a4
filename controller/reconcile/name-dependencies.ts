import type { RenderedProject } from "../compose/compose.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Look } from "./look.ts";
import { leftAsItIs } from "./pin-images.ts";
import type { Visit } from "./visit.ts";

/**
 * The services, and those on which they depend, as one `up` is to name them: Compose leaves a dependency that is not named
 * out of the label by which it later finds the order of a stop. A dependency that the call would not leave as it is, or wait
 * for, is not named, nor one that depends on such a one.
 */
export async function withDependencies(
  services: readonly string[],
  project: RenderedProject,
  { made, plan }: Pick<Look, "made" | "plan">,
  visit: Pick<Visit, "project" | "signal">,
  deps: Pick<ReconcileDeps, "docker" | "engine">,
): Promise<readonly string[]> {
  const well = plan.services
    .filter(({ name, status }) => status === "Healthy" && (plan.running[name] ?? []).length > 0)
    .map(({ name }) => name);
  const asItIs = await leftAsItIs(well, project, made, visit, deps);
  const named = new Set(services);
  const canBeNamed = (name: string): boolean =>
    named.has(name) || (asItIs.has(name) && dependenciesOf(name, project).every(canBeNamed));
  const add = (name: string): void => {
    for (const on of dependenciesOf(name, project)) {
      if (named.has(on) || !canBeNamed(on)) continue;
      named.add(on);
      add(on);
    }
  };
  for (const name of services) add(name);
  return [...named];
}

function dependenciesOf(name: string, { services }: RenderedProject): readonly string[] {
  return Object.keys(services[name]?.depends_on ?? {});
}
