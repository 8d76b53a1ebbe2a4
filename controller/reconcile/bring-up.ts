import { messageOf, ReconcileError } from "../api/errors.ts";
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import { explain } from "../compose/explain.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ReconcileDeps } from "./deps.ts";
import { failedDependency, failureOf, unstartable } from "./failed-dependency.ts";
import { readLastWords, sayLastLines } from "./last-words.ts";
import { upProblems } from "./made.ts";
import { maskedContainer } from "./masking.ts";
import { changingRun, withoutProcess, type Visit } from "./visit.ts";

/** How often `up` is repeated while what it reports and what runs differ. An interrupted recreate needs two. */
const UP_TRIES = 3;

export interface BringUp {
  readonly json: string;
  readonly project: RenderedProject;
  readonly projectDir: string;
  /** Only these, without dependencies; all when absent. */
  readonly services?: readonly string[];
  readonly removeOrphans: boolean;
  /** Make containers anew that Compose would only start; default false. */
  readonly forceRecreate?: boolean;
  /** Make none anew; default false. */
  readonly noRecreate?: boolean;
}

/**
 * Runs `docker compose up` and believes the engine, not the exit code: lists and inspects what runs, and repeats until it
 * is true. Returns the containers. Throws ReconcileError `UpFailed`, `SyncTimedOut` or `SyncInterrupted`, and
 * `HealthGateFailed` when a service itself failed: others wait for it, or its program cannot be run.
 */
export async function bringUp(
  what: BringUp,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<readonly ObservedContainer[]> {
  const services = what.services ?? Object.keys(what.project.services);
  await unpause(services, visit, deps);
  for (let tries = 1; ; tries += 1) {
    visit.signal.throwIfAborted();
    const since = deps.clock.now();
    const result = await deps.compose.up(
      visit.project,
      what,
      {
        removeOrphans: what.removeOrphans,
        ...(what.services && { services: what.services }),
        ...(what.forceRecreate === true && { forceRecreate: true }),
        ...(what.noRecreate === true && { noRecreate: true }),
      },
      changingRun(visit, deps, "up"),
    );
    failpoint("up-finished", visit.name);
    await visit.update(withoutProcess);
    const how = result.ended === "exited" ? `exit ${result.exitCode ?? "by a signal"}` : result.ended;
    visit.say(`docker compose up ended: ${how}`);
    // What was done is looked at also where the visit is broken off by now: the record must say what runs.
    const containers = await deps.engine.refresh(visit.project, deps.hardStop);
    const [problem] = upProblems(what.project, services, containers, since);
    if (result.ended === "cancelled") {
      throw new ReconcileError(`Cannot bring up "${visit.project}": the controller was told to stop`, {
        reason: "SyncInterrupted",
      });
    }
    if (result.ended === "limit") {
      throw new ReconcileError(`Cannot bring up "${visit.project}": docker compose up did not end in time`, {
        reason: "SyncTimedOut",
      });
    }
    if (problem === undefined) return containers;
    // A failure that Compose itself reports will come again at once; it is retried with backoff.
    const failed =
      result.exitCode === 0
        ? undefined
        : (failedDependency(result.output, containers) ?? unstartable(services, containers));
    if (failed !== undefined) {
      await sayLastLines([failed], visit, deps);
      const words = await readLastWords(failed.id, visit, deps);
      throw new ReconcileError(
        `service "${failed.service}": ${failureOf(maskedContainer(failed, visit))}${words === "" ? "" : `; its last words: ${words}`}`,
        { reason: "HealthGateFailed" },
      );
    }
    if (result.exitCode !== 0 || tries === UP_TRIES) {
      const said = result.exitCode === 0 ? `Compose reports success, but` : `${explain(result)};`;
      throw new ReconcileError(
        `Cannot bring up "${visit.project}": ${said} service "${problem.service}" has ${problem.what}`,
        { reason: "UpFailed" },
      );
    }
    deps.log.info("docker compose up is repeated", {
      application: visit.name,
      service: problem.service,
      problem: problem.what,
    });
  }
}

/** Compose cannot start, nor make anew, what is paused. A container that cannot be unpaused is for Compose to complain of. */
async function unpause(services: readonly string[], visit: Visit, deps: ReconcileDeps): Promise<void> {
  for (const { id, service, state, oneOff, configHash } of deps.engine.project(visit.project)) {
    if (state !== "paused" || oneOff || configHash === "" || !services.includes(service)) continue;
    deps.log.info("container unpaused for an up", { application: visit.name, service });
    await deps.docker.unpause(id, visit.signal).catch((error: unknown) => {
      deps.log.debug("container not unpaused", { application: visit.name, error: messageOf(error) });
    });
  }
}
