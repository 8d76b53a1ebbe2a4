import type { ObservedContainer } from "../docker/docker.ts";

/**
 * The container for which `up` waited in vain, by Compose's own words: a one-shot that failed, or a dependency that ended
 * or is unhealthy. Undefined when `up` failed for another reason.
 */
export function failedDependency(
  output: string,
  containers: readonly ObservedContainer[],
): ObservedContainer | undefined {
  const lines = output
    .split("\n")
    .filter((line) => /didn't complete successfully|dependency failed to start/.test(line));
  return containers.find(
    (container) =>
      !container.oneOff &&
      hasFailed(container) &&
      lines.some(
        (line) =>
          line.includes(`service "${container.service}"`) || line.includes(`container ${container.name} `),
      ),
  );
}

/** What the engine says of a program that is not in the image, or cannot be run: no other host would start it either. */
export const CANNOT_RUN: ReadonlySet<number> = new Set([126, 127]);

/** The container of one of these services that no engine could start. */
export function unstartable(
  services: readonly string[],
  containers: readonly ObservedContainer[],
): ObservedContainer | undefined {
  return containers.find(
    ({ service, oneOff, state, exitCode }) =>
      services.includes(service) && !oneOff && state === "created" && CANNOT_RUN.has(exitCode),
  );
}

/** What became of it, as drift says it. */
export function failureOf(container: ObservedContainer): string {
  if (container.state === "created") return `Created: created, could not start: ${container.error}`;
  if (container.health === "unhealthy" && !hasEnded(container)) {
    return `Unhealthy: unhealthy${container.healthOutput === "" ? "" : `: ${container.healthOutput}`}`;
  }
  return `Exited: exit ${container.exitCode}${container.oomKilled ? " (out of memory)" : ""}`;
}

function hasFailed(container: ObservedContainer): boolean {
  return hasEnded(container) ? container.exitCode !== 0 : container.health === "unhealthy";
}

function hasEnded({ state }: ObservedContainer): boolean {
  return state === "exited" || state === "dead";
}
