import type { DriftKind } from "../api/drift.ts";
import type { ReconcileError } from "../api/errors.ts";
import type { RenderedProject } from "../compose/compose.ts";
import type { MadeTarget } from "../status/record.ts";
import { restartedOf } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { DesiredService } from "./desired.ts";
import { isAskedFor } from "./asked.ts";
import { endingOf } from "./endings.ts";
import { followImages, imageFacts } from "./image-facts.ts";
import type { Finding } from "./judged.ts";
import { maskedServices, trustedServices } from "./made.ts";
import { maskedContainer, maskedPlan } from "./masking.ts";
import type { Memory } from "./memory.ts";
import { plan, type Plan } from "./plan.ts";
import { openRendering } from "./recorded-rendering.ts";
import type { Visit } from "./visit.ts";

/** What was made, what it should look like, and what was found. */
export interface Look {
  readonly made: MadeTarget;
  readonly rendering: { readonly json: string; readonly project: RenderedProject } | undefined;
  /** The recorded rendering cannot be opened: what is known of the services is the record's. */
  readonly unopenable: ReconcileError | undefined;
  readonly plan: Plan;
}

/**
 * Judges the containers as the engine informer has them; undefined when nothing was ever made. Asks the engine nothing. `left`:
 * what is not brought up yet, if that is not what the record says.
 */
export async function look(
  wanted: "Running" | "Stopped",
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  left?: readonly string[],
): Promise<Look | undefined> {
  const { attempt, applied, completedRuns, rollback, files: record, localChanges } = visit.record();
  const made = attempt?.made ?? applied;
  if (made === undefined) return undefined;
  const unopenable = await openRendering(visit.name, made.rendering, memory, deps);
  const { rendering } = memory;
  followImages(rendering?.project, visit, deps);
  const found = plan({
    wanted,
    services: rendering?.services ?? recordedServices(made),
    // Masked as the containers are, by what the mask knows now.
    made: maskedServices(trustedServices(made, deps.engine.engineVersion()), visit.mask),
    objects: deps.engine.objects(visit.project),
    madeObjects: made.objects,
    ignored: visit.application.spec.ignoreDifferences,
    completed: new Set(
      Object.entries(completedRuns)
        .filter(([service, run]) => made.runKeys[service] === run)
        .map(([service]) => service),
    ),
    left: new Set(left ?? (attempt?.made === undefined ? applied?.left : [])),
    containers: deps.engine.project(visit.project).map((container) => maskedContainer(container, visit)),
    ending: (id) => endingOf(id, visit.project, visit.record(), deps.engine),
    prune: visit.application.spec.sync.prune,
    images: imageFacts(made, rendering?.project, visit, deps),
    // Before a sync is over, files that are not in effect yet are nobody's drift: only the sync itself asks.
    ...((left !== undefined || attempt?.made === undefined) && { files: { record, wanted: made.mounts } }),
    restarted: restartedOf(memory.budget),
    ...(localChanges && { localChanges }),
    now: deps.clock.now(),
  });
  // Of containers whose values nobody knows, nothing is in it that they said.
  const judged = visit.knowsValues ? maskedPlan(found, visit.mask) : found;
  const steps = judged.steps.filter(({ act, service }) => {
    if (act !== "up" && act !== "recreate" && act !== "prune") return true;
    // A rollback that is under way brings its target up itself.
    if (unopenable !== undefined || rollback?.state === "running") return false;
    // What a failed try did not bring about is tried again by the next one, at its own pace.
    return attempt?.made === undefined || (made.services[service]?.containers.length ?? 0) > 0;
  });
  return { made, rendering, unopenable, plan: { ...judged, steps } };
}

/** Without the rendering, only what was made is known: enough to start, unpause and restart it. */
function recordedServices(made: MadeTarget): readonly DesiredService[] {
  return Object.entries(made.services).map(([name, { image, containers }]) => ({
    name,
    replicas: containers.length,
    image,
    oneShot: "perhaps",
    dependsOn: [],
    onFileChange: { act: "recreate" },
  }));
}

/** What a start of the container does not end: it is one fault, however often that happens. */
const OUTLASTS_A_START: ReadonlySet<DriftKind> = new Set<DriftKind>([
  "Restarting",
  "Orphan",
  "ConfigChanged",
  "ImageChanged",
  "NetworkDetached",
  "NetworkChanged",
  "Modified",
]);

/** Tells one fault from the next of the same kind in the same container. */
export function findingKey(
  finding: Pick<Finding, "service" | "kind" | "containerId" | "expected" | "of" | "ignored">,
  project: string,
  deps: ReconcileDeps,
): string {
  const { service, kind, containerId = "", of = "", expected } = finding;
  if (kind === "LocalChange") return `${service}/${kind}/${expected}`;
  const container = deps.engine.project(project).find(({ id }) => id === containerId);
  const life = OUTLASTS_A_START.has(kind) ? "" : (container?.startedAt ?? "");
  return [service, kind, containerId, life, of, finding.ignored === true].join("/");
}

/**
 * Notes which findings are new since the last visit: these are counted and said once. Returns when each was first seen,
 * monotonic milliseconds.
 */
export function noteFindings(
  seen: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): ReadonlyMap<string, number> {
  const now = deps.clock.monotonic();
  const noted = new Map<string, number>();
  for (const finding of seen.plan.findings) {
    const key = findingKey(finding, visit.project, deps);
    const before = memory.findings.get(key);
    noted.set(key, before ?? now);
    const { service, kind, expected, actual, ignored = false } = finding;
    if (before !== undefined || isAskedFor(kind, visit)) continue;
    if (ignored) deps.metrics.driftIgnored(visit.name, kind);
    else deps.metrics.driftFound(visit.name, kind);
    deps.log.info(ignored ? "drift found, and ignored" : "drift found", {
      event: "Drift",
      reason: kind,
      application: visit.name,
      service,
      expected,
      actual,
    });
  }
  memory.findings = noted;
  return noted;
}
