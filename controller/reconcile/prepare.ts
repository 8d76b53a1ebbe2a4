import { ReconcileError } from "../api/errors.ts";
import type { RunResult, StagedRendering } from "../compose/compose.ts";
import { explain } from "../compose/explain.ts";
import type { ApplicationRecord, MadeTarget, TakenImage } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import { loginHint } from "./login-hint.ts";
import { imageName, isBuilt, takenImage } from "./taken-images.ts";
import { preparingRun, type Visit } from "./visit.ts";

type Images = Readonly<Record<string, TakenImage>>;

/**
 * Builds and pulls what these services need, as the spec says, and returns the image of each. Those of `keep` stay what they
 * are, while they are on the host. Starts no process when every image is there and nothing is to be built. Throws
 * ReconcileError `BuildFailed` or `PullFailed`.
 */
export async function provideImages(
  rendering: StagedRendering,
  {
    keep,
    services = Object.keys(rendering.project.services),
  }: { readonly keep: Images; readonly services?: readonly string[] },
  visit: Visit,
  deps: ReconcileDeps,
): Promise<Images> {
  const { compose } = visit.application.spec;
  const { pull, build, imagePullSecrets } = compose;
  const { project } = rendering;
  const built = services.filter((name) => isBuilt(project, name, compose));
  if (built.length > 0) {
    visit.say(`builds ${built.join(", ")}`);
    const result = await deps.compose.build(rendering, preparingRun(visit, deps, "build"));
    requireSuccess(result, "BuildFailed", `Cannot build "${visit.project}"`, imagePullSecrets);
  }
  const images: Record<string, TakenImage> = {};
  for (const name of services.filter((service) => keep[service] !== undefined && !built.includes(service))) {
    const kept = await deps.docker.image(keep[name]?.id ?? "", visit.signal);
    if (kept !== undefined) images[name] = takenImage(imageName(project, name), kept, deps.fingerprint);
    else
      deps.log.warn("the image of a service is gone", {
        application: visit.name,
        service: name,
        image: keep[name]?.id,
      });
  }
  const local = new Set(built.map((name) => imageName(project, name)));
  const needed = services.filter((name) => images[name] === undefined);
  const wanted = [...new Set(needed.map((name) => imageName(project, name)))].filter(
    (image) => !local.has(image),
  );
  if (pull !== "never" && wanted.length > 0) {
    const missing = pull === "always" || (await anyMissing(wanted, visit, deps));
    if (missing) {
      visit.say(`pulls ${wanted.join(", ")}`);
      const result = await deps.compose.pull(rendering, pull, preparingRun(visit, deps, "pull"));
      const what = `Cannot pull the images of "${visit.project}"`;
      requireSuccess(result, "PullFailed", what, imagePullSecrets);
    }
  }
  for (const name of needed) {
    const image = imageName(project, name);
    const found = await deps.docker.image(image, visit.signal);
    if (found === undefined) {
      const why =
        project.services[name]?.build !== undefined && !build
          ? "it is not on this host, and spec.compose.build is false"
          : pull === "never"
            ? "it is not on this host, and spec.compose.pull is never"
            : "it is not on this host after the pull";
      throw new ReconcileError(`Cannot use image "${image}" of service "${name}": ${why}`, {
        reason: "PullFailed",
      });
    }
    images[name] = takenImage(image, found, deps.fingerprint);
  }
  return images;
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
 * The services to bring up: all but the one-shots whose present run has completed, because `up` runs a finished one-shot
 * again, and those that are settled.
 */
export function servicesToRun(
  rendering: Pick<StagedRendering, "project">,
  made: Pick<MadeTarget, "runKeys">,
  record: Pick<ApplicationRecord, "completedRuns">,
  settled: ReadonlySet<string> = new Set(),
): readonly string[] {
  return Object.keys(rendering.project.services).filter((name) => {
    const completed = record.completedRuns[name];
    if (completed !== undefined && completed === made.runKeys[name]) return false;
    return !settled.has(name);
  });
}
