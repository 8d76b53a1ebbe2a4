import { ReconcileError } from "../api/errors.ts";
import type { Rendering, RunResult } from "../compose/compose.ts";
import { explain } from "../compose/explain.ts";
import type { ApplicationRecord, MadeTarget } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import { loginHint } from "./login-hint.ts";
import { preparingRun, type Visit } from "./visit.ts";

/**
 * Builds and pulls what the rendering needs, as the spec says, and returns each service's image id. Starts no process when
 * every image is there and nothing is to be built. Throws ReconcileError `BuildFailed` or `PullFailed`.
 */
export async function provideImages(
  rendering: Rendering,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<Readonly<Record<string, string>>> {
  const { pull, build, imagePullSecrets } = visit.application.spec.compose;
  const services = Object.entries(rendering.project.services);
  const imageOf = (name: string): string =>
    rendering.project.services[name]?.image ?? `${rendering.project.name}-${name}`;
  const built = build ? services.filter(([, service]) => service.build !== undefined) : [];
  if (built.length > 0) {
    const result = await deps.compose.build(rendering, preparingRun(visit, deps, "build"));
    requireSuccess(result, "BuildFailed", `Cannot build "${visit.project}"`, imagePullSecrets);
  }
  const local = new Set(built.map(([name]) => imageOf(name)));
  const wanted = [...new Set(services.map(([name]) => imageOf(name)))].filter((image) => !local.has(image));
  if (pull !== "never" && wanted.length > 0) {
    const missing = pull === "always" || (await anyMissing(wanted, visit, deps));
    if (missing) {
      const result = await deps.compose.pull(rendering, pull, preparingRun(visit, deps, "pull"));
      const what = `Cannot pull the images of "${visit.project}"`;
      requireSuccess(result, "PullFailed", what, imagePullSecrets);
    }
  }
  const ids: Record<string, string> = {};
  for (const [name, service] of services) {
    const image = imageOf(name);
    const id = await deps.docker.imageId(image, visit.signal);
    if (id === undefined) {
      const why =
        service.build !== undefined && !build
          ? "it is not on this host, and spec.compose.build is false"
          : pull === "never"
            ? "it is not on this host, and spec.compose.pull is never"
            : "it is not on this host after the pull";
      throw new ReconcileError(`Cannot use image "${image}" of service "${name}": ${why}`, {
        reason: "PullFailed",
      });
    }
    ids[name] = id;
  }
  return ids;
}

async function anyMissing(images: readonly string[], visit: Visit, deps: ReconcileDeps): Promise<boolean> {
  for (const image of images) {
    if ((await deps.docker.imageId(image, visit.signal)) === undefined) return true;
  }
  return false;
}

function requireSuccess(
  result: RunResult,
  reason: "BuildFailed" | "PullFailed",
  what: string,
  imagePullSecrets: readonly string[],
): void {
  if (result.ended === "exited" && result.exitCode === 0) return;
  if (result.ended === "limit")
    throw new ReconcileError(`${what}: it made no progress for too long`, { reason });
  const why = explain(result);
  throw new ReconcileError(`${what}: ${why}${loginHint(why, imagePullSecrets)}`, { reason });
}

/**
 * The services that `up` is to name: all but the one-shots whose present run has completed, because `up` runs a finished
 * one-shot again. Undefined when there are none of these: then `up` needs no names.
 */
export function servicesToRun(
  rendering: Rendering,
  made: Pick<MadeTarget, "runKeys">,
  record: Pick<ApplicationRecord, "completedRuns">,
): readonly string[] | undefined {
  const names = Object.keys(rendering.project.services);
  const wanted = names.filter((name) => {
    const completed = record.completedRuns[name];
    return completed === undefined || completed !== made.runKeys[name];
  });
  return wanted.length === names.length ? undefined : wanted;
}
