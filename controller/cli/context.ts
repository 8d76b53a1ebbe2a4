import type { Clock } from "../lib/clock.ts";
import { didYouMean } from "./did-you-mean.ts";
import { CommandError } from "./errors.ts";
import type { Resource } from "./resource.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Absolute. */
  readonly manifestsDir: string;
  /** Absolute. */
  readonly dataDir: string;
}

/** `app/shop`, `application.conops.dev/shop` (what `-o name` prints) and `shop` all name "shop". */
export function plainName(name: string): string {
  return name.replace(/^(?:applications?(?:\.conops\.dev)?|apps?)\//, "");
}

/** The resources with these names, in that order, each once. Throws CommandError for the first name that nobody has. */
export function requireResources(
  resources: readonly Resource[],
  names: readonly string[],
  manifestsDir: string,
): readonly Resource[] {
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  return [...new Set(names.map(plainName))].map((name) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    const hint = didYouMean(name, [...byName.keys()]);
    throw new CommandError(
      `No Application ${JSON.stringify(name)} in ${JSON.stringify(manifestsDir)}.${hint}`,
    );
  });
}
