/**
 * Brings the last healthy target back, exactly: its recorded rendering, its images by id, its files from the mirror on disk.
 * Asks neither the remote nor the Secrets. May be broken off, or the process killed, anywhere: it is then done again, and
 * arrives at the same place.
 */
import { ReconcileError } from "../api/errors.ts";
import type { RenderedProject } from "../compose/compose.ts";
import type { HistoryEntry } from "../api/status.ts";
import { failpoint } from "../lib/failpoint.ts";
import { nextSyncId, rfc3339 } from "../status/history.ts";
import type { MadeTarget } from "../status/record.ts";
import { asFailure } from "./as-failure.ts";
import { attemptOf } from "./attempts.ts";
import { bringUpLeft } from "./bring-up-left.ts";
import { FRESH_BUDGET } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import { finishSync } from "./finish-sync.ts";
import { madeServices } from "./made.ts";
import { maskedError } from "./masking.ts";
import type { Memory } from "./memory.ts";
import { settledServices, wantedImage } from "./pin-images.ts";
import { openRendering } from "./recorded-rendering.ts";
import { checkOutAgain } from "./roll-back-files.ts";
import { rollbackApplied, rollbackFailed, rollbackNumbered, rollbackPutOff } from "./rollback-record.ts";
import { imageName, isBuilt, originsOf } from "./taken-images.ts";
import { tellRollback } from "./tell-rollback.ts";
import type { Visit } from "./visit.ts";

/**
 * Carries a rollback out that the record says is running, if there is a place for it: `no-place` (the key is called again), an
 * error, or undefined when the target is up and waits for its gate.
 */
export async function rollBack(
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  again: () => void,
  showProgress: () => Promise<void>,
): Promise<ReconcileError | "no-place" | undefined> {
  const giveBack = deps.applySlots.take(visit.name, again);
  if (giveBack === undefined) return "no-place";
  const startedAt = deps.clock.now();
  const made = attemptOf(visit.record()).made;
  if (made === undefined)
    throw new Error(`Cannot roll "${visit.name}" back: the record does not say to what`);
  const sync = await numbered(visit, deps);
  const fields = { application: visit.name, revision: made.revision, sync };
  try {
    visit.say(`rollback ${sync} to ${made.revision} begins: ${visit.record().rollback?.why.message ?? ""}`);
    deps.log.info("rollback begins", { event: "RollbackBegins", reason: "Rollback", ...fields });
    await showProgress();
    const left = await bringBack(made, visit, memory, deps);
    const { timeoutMs } = visit.application.spec.sync;
    await visit.update((record) => rollbackApplied(record, { startedAt, timeoutMs, left }, deps.clock.now()));
    failpoint("rollback-applied", visit.name);
    memory.budget = FRESH_BUDGET;
    deps.log.info("applied", { event: "Applied", reason: "Rollback", ...fields });
    return undefined;
  } catch (error) {
    const failure = maskedError(asFailure(`roll "${visit.name}" back`, error, visit), visit.mask);
    // Broken off, not failed: the record goes on saying "running".
    if (failure.reason !== "SyncInterrupted") await keepBookOfFailure(failure, made, startedAt, visit, deps);
    return failure;
  } finally {
    giveBack();
  }
}

/** What was broken off goes on under its number. */
async function numbered(visit: Visit, deps: ReconcileDeps): Promise<number> {
  const known = visit.record().rollback?.syncId;
  if (known !== undefined) return known;
  const syncId = nextSyncId(visit.record());
  await visit.update((record) => rollbackNumbered(record, syncId));
  deps.syncLogs.begin(visit.name, syncId);
  return syncId;
}

/** Returns the services that have to wait for others. */
async function bringBack(
  made: MadeTarget,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<readonly string[]> {
  const unopenable = await openRendering(visit.name, made.rendering, memory, deps);
  if (unopenable !== undefined) throw unopenable;
  const { rendering } = memory;
  if (rendering === undefined) throw new Error(`Cannot roll "${visit.name}" back: it is not recorded`);
  const { json, project } = rendering;
  // What had finished is not run again.
  const unfinished = Object.keys(project.services).filter((name) => made.finished?.includes(name) !== true);
  await requireImages(unfinished, made, visit, deps);
  await checkOutAgain(made, project, visit, deps);
  await removeFailedRuns(made, visit, deps);
  await giveNamesBack(unfinished, project, made, visit, deps);
  const origins = originsOf(project, made.images ?? {}, deps.fingerprint);
  const settled = await settledServices(project, origins, made, made, visit, deps);
  const removeOrphans = visit.application.spec.sync.prune;
  const left = unfinished.filter((name) => !settled.has(name));
  try {
    return await bringUpLeft({ json, project, left, removeOrphans }, visit, memory, deps);
  } finally {
    // What was made is known even when `up` failed: it is what the next look is compared with.
    const containers = deps.engine.project(visit.project);
    await visit.update((record) => {
      const attempt = attemptOf(record);
      const known = attempt.made ?? made;
      const services = madeServices(project, containers, known.services, visit.mask, () => undefined);
      return { ...record, attempt: { ...attempt, made: { ...known, services } } };
    });
  }
}

/** Nothing is pulled for a rollback: another image under the same name would be another target. */
async function requireImages(
  services: readonly string[],
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  for (const name of services) {
    const id = wantedImage(made, name);
    if (id !== undefined && (await deps.docker.imageId(id, visit.signal)) !== undefined) continue;
    throw new ReconcileError(
      `Cannot roll back to ${made.revision.slice(0, 12)}: the image that service "${name}" had is not on this host any more`,
      { reason: "RollbackFailed" },
    );
  }
}

/** The name of an image that is built here stands for what the failed target built: it is given back. */
async function giveNamesBack(
  services: readonly string[],
  project: RenderedProject,
  made: MadeTarget,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  for (const service of services) {
    const id = wantedImage(made, service);
    const name = imageName(project, service);
    if (id === undefined || !isBuilt(project, service, visit.application.spec.compose)) continue;
    if ((await deps.docker.imageId(name, visit.signal)) !== id)
      await deps.docker.tagImage(id, name, visit.signal);
  }
}

/** A one-shot of the failed target that did not complete would be taken for one of the target that is brought back. */
async function removeFailedRuns(made: MadeTarget, visit: Visit, deps: ReconcileDeps): Promise<void> {
  const failed = deps.engine
    .project(visit.project)
    .filter(
      ({ service, oneOff, configHash, state, exitCode }) =>
        made.finished?.includes(service) === true &&
        !oneOff &&
        configHash !== "" &&
        !(state === "exited" && exitCode === 0),
    );
  for (const { id, service } of failed) {
    deps.log.info("container of a failed one-shot is removed", { application: visit.name, service });
    await deps.docker.removeContainer(id, visit.signal);
  }
  if (failed.length > 0) await deps.engine.refresh(visit.project, deps.hardStop);
}

/** Not brought back: what runs of it, if it failed by itself, is the applied target now; else it is tried again later. */
async function keepBookOfFailure(
  failure: ReconcileError,
  made: MadeTarget,
  startedAt: number,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { timeoutMs } = visit.application.spec.sync;
  const { syncId: id, failures } = visit.record().rollback ?? {};
  const problem = { reason: failure.reason, message: failure.message };
  const isOwn = failure.reason === "HealthGateFailed";
  visit.say(`failed: ${failure.reason}: ${failure.message}`);
  const now = deps.clock.now();
  const entry: HistoryEntry = {
    ...(id !== undefined && { id }),
    revision: made.revision,
    specHash: made.specHash,
    subject: made.subject,
    startedAt: rfc3339(startedAt),
    finishedAt: rfc3339(now),
    result: "Failed",
    trigger: "Rollback",
    reason: `${failure.reason}: ${failure.message}`,
    durationSeconds: Math.round((now - startedAt) / 100) / 10,
  };
  const sync = { startedAt, timeoutMs, left: [] };
  await finishSync(entry, visit, deps, (record) =>
    isOwn
      ? rollbackFailed(rollbackApplied(record, sync, now), problem)
      : rollbackPutOff(record, problem, now),
  );
  deps.metrics.syncFinished(visit.name, "Failed", "Rollback", (now - startedAt) / 1000);
  if (isOwn || failures === 0) tellRollback("Failed", visit, deps);
}
