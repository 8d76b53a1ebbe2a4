/**
 * The end of an Application. The record is the finalizer: it goes when everything that it stands for is gone. Needs no
 * Git, no manifest and no rendering; can be broken off anywhere and goes on at the next visit.
 */
import { rm } from "node:fs/promises";
import { ReconcileError } from "../api/errors.ts";
import { explain } from "../compose/explain.ts";
import { removeTrackedFiles } from "../git/stable-checkout.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ReconcileDeps } from "./deps.ts";
import { forgetKeptImages } from "./keep-images.ts";
import { changingRun, withoutProcess, type Visit } from "./visit.ts";

/** Removes what the deletion policy says. Throws ReconcileError `DeletionBlocked`; it is tried again for ever. */
export async function tearDown(visit: Visit, deps: ReconcileDeps): Promise<void> {
  const { deletionPolicy } = visit.application.spec;
  const record = visit.record();
  if (record.project !== undefined && deletionPolicy !== "Orphan") {
    await removeProject(record.project, deletionPolicy === "DeleteVolumes", visit, deps);
  }
  failpoint("torn-down", visit.name);
  if (deletionPolicy === "DeleteVolumes") {
    await rm(visit.stableDir, { recursive: true, force: true });
    await deps.ledgers.remove(visit.name);
  } else if (deletionPolicy === "Delete") {
    const left = await removeTrackedFiles(visit.name, visit.stableDir, deps.ledgers);
    if (left.length > 0)
      deps.log.warn("changed files of the checkout are left", { application: visit.name, left });
  }
}

/** Forgets the Application: nothing of it is left but what its policy leaves. The status file goes last. */
export async function forget(visit: Visit, deps: ReconcileDeps): Promise<void> {
  deps.sources.unfollow(visit.name);
  deps.images.unfollow(visit.name);
  await forgetKeptImages(visit, deps);
  await deps.renderings.keep(visit.name, []);
  await deps.syncLogs.keep(visit.name, []);
  await deps.records.remove(visit.name);
  failpoint("record-removed", visit.name);
  deps.registry.forget(visit.name);
  await deps.status.remove(visit.name);
  deps.metrics.deleted(visit.name);
}

async function removeProject(
  project: string,
  volumes: boolean,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { engineId } = visit.record();
  const here = deps.engine.engineId();
  const down = deps.engine.down();
  if (down !== undefined) throw blocked(project, down.message);
  if (here === undefined) throw blocked(project, "the engine has not answered yet");
  if (engineId !== undefined && engineId !== here) {
    throw blocked(
      project,
      "it was applied to another Docker engine; remove the status file to leave it there",
    );
  }
  await visit.update((record) =>
    record.deletion === undefined
      ? record
      : { ...record, deletion: { ...record.deletion, destructive: true } },
  );
  const result = await deps.compose.down(project, { volumes }, changingRun(visit, deps, "down"));
  await visit.update(withoutProcess);
  const containers = await deps.engine.refresh(project, visit.signal);
  const known = containers.filter(({ oneOff, configHash }) => !oneOff && configHash !== "");
  const left = await deps.docker.listProjectObjects(project, visit.signal);
  const [first] = [
    ...known.map(({ name }) => `container "${name}"`),
    ...left.networks.map((name) => `network "${name}"`),
    ...(volumes ? left.volumes.map((name) => `volume "${name}"`) : []),
  ];
  if (first !== undefined) throw blocked(project, `${first} is still there: ${explain(result)}`);
}

function blocked(project: string, why: string): ReconcileError {
  return new ReconcileError(`Cannot remove project "${project}": ${why}`, { reason: "DeletionBlocked" });
}
