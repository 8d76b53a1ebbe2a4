/**
 * How much of a repository an Application needs on disk. Pure: a first guess by the spec alone, and what a rendering says
 * that the guess has missed. Undefined stands for everything.
 */
import { dirname } from "node:path/posix";
import type { ApplicationSpec } from "../api/application.ts";

export type CheckoutScope = readonly string[] | undefined;

/**
 * The folder of the Compose file (or the path itself, where it looks like a folder), the overrides and the env files. What
 * else a Compose project uses is known only when it is rendered.
 */
export function checkoutScope({
  source,
  compose,
}: Pick<ApplicationSpec, "source" | "compose">): CheckoutScope {
  const path = normal(source.path);
  const folder = /\.(?:ya?ml|json)$/i.test(path) ? normal(dirname(path)) : path;
  return join([folder, ...compose.overrides, ...compose.envFiles]);
}

/** The scope with these paths in it. */
export function widened(scope: CheckoutScope, paths: readonly string[]): CheckoutScope {
  return scope === undefined ? undefined : join([...scope, ...paths]);
}

/** The paths of which a checkout limited to `scope` says nothing. */
export function beyond(scope: CheckoutScope, paths: readonly string[]): readonly string[] {
  if (scope === undefined) return [];
  return [...new Set(paths.map(normal))].filter((path) => !scope.some((covered) => isBelow(path, covered)));
}

/** Sorted, none below another; undefined when that is everything. */
function join(paths: readonly string[]): CheckoutScope {
  const all = [...new Set(paths.map(normal))].toSorted();
  if (all.includes("")) return undefined;
  return all.filter((path) => !all.some((other) => other !== path && isBelow(path, other)));
}

function isBelow(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

function normal(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
