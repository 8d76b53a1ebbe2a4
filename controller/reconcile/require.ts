import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import type { Rendering } from "../compose/compose.ts";
import { ownershipOf } from "./adoption.ts";
import type { PrepareDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

/** A project that somebody else brought up, and that cannot be taken over without loss. */
export class AdoptionRequiredError extends ReconcileError {
  readonly plan: { readonly removes: readonly string[]; readonly changes: readonly string[] };
  readonly #project: string;

  constructor(project: string, plan: AdoptionRequiredError["plan"]) {
    const count = plan.removes.length + plan.changes.length;
    super(
      `Cannot take over project "${project}": somebody else brought it up, and ${count === 1 ? "one thing" : `${count} things`} would be removed or changed: ${[...plan.removes, ...plan.changes][0]}; set spec.compose.adopt: true if that is meant`,
      { reason: "AdoptionRequired", terminal: true },
    );
    this.plan = plan;
    this.#project = project;
  }

  /** The same, its plan in other words. */
  told(inWords: (text: string) => string): AdoptionRequiredError {
    const { removes, changes } = this.plan;
    return new AdoptionRequiredError(this.#project, {
      removes: removes.map(inWords),
      changes: changes.map(inWords),
    });
  }
}

/** In a container, a bind below the data directory must mean the same folder to the engine. */
export function requireHostPaths(rendering: Rendering, visit: Visit, deps: PrepareDeps): void {
  if (deps.self.containerId === undefined || deps.self.dataDirIsHostPath) return;
  for (const [name, service] of Object.entries(rendering.project.services)) {
    const bind = service.volumes?.find(
      ({ type, source }) => type === "bind" && isBelow(source, visit.stableDir),
    );
    if (bind === undefined) continue;
    throw new ReconcileError(
      `Cannot bind "${bind.source}" into service "${name}": ConOps runs in a container whose data directory has another path on the host; mount it at the same path inside and outside`,
      { reason: "PathNotOnHost", terminal: true },
    );
  }
}

/**
 * The project of this name must be ours to change: never applied by anybody, made by us, or somebody else's that may be
 * taken over. Asks the engine only as long as this Application has not claimed its project.
 */
export async function requireOwnership(rendering: Rendering, visit: Visit, deps: PrepareDeps): Promise<void> {
  const containers = await deps.engine.refresh(visit.project, visit.signal);
  if (deps.self.containerId !== undefined && containers.some(({ id }) => id === deps.self.containerId)) {
    throw new ReconcileError(`Cannot change project "${visit.project}": ConOps itself runs in it`, {
      reason: "SelfManaged",
      terminal: true,
    });
  }
  if (visit.record().project === visit.project) return;
  const ownership = ownershipOf({
    containers,
    project: rendering.project,
    checkoutsDir: dirname(visit.stableDir),
    isCheckoutsDir: (path) => basename(path) === "checkouts" && existsSync(join(dirname(path), "records")),
  });
  if (ownership.owner === "ours") return;
  if (ownership.owner === "another-conops") {
    throw new ReconcileError(
      `Cannot take over project "${visit.project}": another ConOps runs it from "${ownership.workingDir}"`,
      { reason: "ProjectOwnedElsewhere", terminal: true },
    );
  }
  const { removes, changes } = ownership;
  const lossless = removes.length === 0 && changes.length === 0;
  if (!lossless && !visit.application.spec.compose.adopt) {
    throw new AdoptionRequiredError(visit.project, { removes, changes });
  }
  deps.log.info("project taken over", { application: visit.name, project: visit.project, removes, changes });
}

function isBelow(path: string | undefined, folder: string): boolean {
  return path !== undefined && (path === folder || path.startsWith(`${folder}/`));
}
