import { canonicalJson } from "../lib/hash.ts";
import type { ComposeVariable } from "../api/application.ts";
import type { RenderedProject } from "./compose.ts";
import type { Lookup } from "./interpolation.ts";
import { recordOf } from "./path-uses.ts";

/**
 * Values that Compose takes from its environment only when it makes a container (`secrets: {x: {environment: NAME}}`).
 * They travel with the rendering, so that it can be applied at any later time, and never reach Compose as a field.
 */
const ENVIRONMENT_FIELD = "x-conops-environment";
/** In Compose's environment such a value has a name of ours: under a name of the repository's choice it could be LD_PRELOAD. */
const VALUE_PREFIX = "CONOPS_VALUE_";

/**
 * Puts the variables with `inject` into every service's environment, and the values of secrets and configs that come from
 * the environment beside the services, under names of ConOps's own. Pure.
 */
export function completeProject(
  project: RenderedProject,
  variables: readonly ComposeVariable[],
  lookup: Lookup,
): RenderedProject {
  // In a rendering, as in any Compose file, a dollar sign is written twice.
  const injected = Object.fromEntries(
    variables.filter(({ inject }) => inject).map(({ name, value }) => [name, value.replaceAll("$", "$$$$")]),
  );
  const services = Object.fromEntries(
    Object.entries(project.services).map(([name, service]) => [
      name,
      { ...service, environment: { ...service.environment, ...injected } },
    ]),
  );
  const needed: Record<string, string> = {};
  const renamed = <Item>(section: Readonly<Record<string, Item>> | undefined) =>
    section &&
    Object.fromEntries(
      Object.entries(section).map(([name, item]) => {
        const asked = recordOf(item)["environment"];
        const value = typeof asked === "string" ? lookup(asked) : undefined;
        if (value === undefined) return [name, item];
        const own = `${VALUE_PREFIX}${Object.keys(needed).length}`;
        needed[own] = value;
        return [name, { ...item, environment: own }];
      }),
    );
  // A field of that name in the repository's own files would be its way into Compose's environment.
  const { [ENVIRONMENT_FIELD]: _foreign, ...own } = project as RenderedProject & Record<string, unknown>;
  const configs = renamed(project.configs);
  const secrets = renamed(project.secrets);
  return {
    ...own,
    services: Object.keys(injected).length > 0 ? services : project.services,
    ...(configs && { configs }),
    ...(secrets && { secrets }),
    ...(Object.keys(needed).length > 0 ? { [ENVIRONMENT_FIELD]: needed } : {}),
  };
}

/** The values that travel with a rendering, by the names under which its configs and secrets ask for them. */
export function environmentOf(project: RenderedProject): Readonly<Record<string, string>> {
  return valuesIn((project as RenderedProject & Record<string, unknown>)[ENVIRONMENT_FIELD]);
}

function valuesIn(field: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(recordOf(field))
      .filter(([name]) => name.startsWith(VALUE_PREFIX))
      .map(([name, value]) => [name, String(value)]),
  );
}

/** The rendering as Compose is given it, and the variables that its process needs. */
export function splitEnvironment(json: string): {
  readonly json: string;
  readonly variables: readonly { readonly name: string; readonly value: string }[];
} {
  if (!json.includes(`"${ENVIRONMENT_FIELD}"`)) return { json, variables: [] };
  const { [ENVIRONMENT_FIELD]: needed, ...project } = JSON.parse(json) as Record<string, unknown>;
  const variables = Object.entries(valuesIn(needed)).map(([name, value]) => ({ name, value }));
  return { json: canonicalJson(project), variables };
}

/** The same value with every occurrence of a path in its strings replaced. Pure. */
export function replacePaths<T>(value: T, from: readonly string[], to: string): T {
  const escaped = (path: string): string => path.replaceAll("$", "$$$$");
  const visit = (item: unknown): unknown => {
    if (typeof item === "string") {
      let text = item;
      for (const path of from) text = text.split(escaped(path)).join(escaped(to));
      return text;
    }
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, field]) => [key, visit(field)]));
  };
  return visit(value) as T; // the shape stays
}

/** For every service the policy that decides what `pull` fetches; `never` and `build` stay as the file has them. Pure. */
export function withPullPolicy(json: string, policy: "missing" | "always"): string {
  const project = JSON.parse(json) as RenderedProject;
  const services = Object.fromEntries(
    Object.entries(project.services).map(([name, service]) => {
      const own = service["pull_policy"];
      return [name, own === "never" || own === "build" ? service : { ...service, pull_policy: policy }];
    }),
  );
  return canonicalJson({ ...project, services });
}
