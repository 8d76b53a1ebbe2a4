/**
 * One target, from Git to running containers:
 * stage → render and check → pull, build → record → stable checkout → up → verify → files into effect → record.
 * Until the stable checkout changes, everything can be broken off without a trace; from there on the record says that the
 * host is between two targets, and the next visit brings the wanted one up in full.
 */
import { rm } from "node:fs/promises";
import type { ReconcileError } from "../api/errors.ts";
import type { Trigger } from "../api/status.ts";
import type { Rendering } from "../compose/compose.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ApplicationRecord, MadeTarget, Target } from "../status/record.ts";
import { asFailure } from "./as-failure.ts";
import { attemptOf, begun, failed, recordApplied, recordUnchanged } from "./attempts.ts";
import { bringUpLeft } from "./bring-up-left.ts";
import { considerRollback } from "./consider-rollback.ts";
import type { ReconcileDeps } from "./deps.ts";
import { foresee, tellUnforeseen } from "./foresee.ts";
import { superseded } from "./gate-outcome.ts";
import { mountsOf } from "./given-files.ts";
import { keepImages } from "./keep-images.ts";
import { madeServices, trustedServices } from "./made.ts";
import { madeCheckout } from "./made-checkout.ts";
import { maskedError } from "./masking.ts";
import type { Memory } from "./memory.ts";
import { evidenceOf } from "./note-made.ts";
import { noteTried, registryDigests } from "./image-facts.ts";
import { settledServices } from "./pin-images.ts";
import { provideImages, servicesToRun } from "./prepare.ts";
import { contentOf } from "./quarantine.ts";
import { saveRendering } from "./recorded-rendering.ts";
import { renewNetworks } from "./renew-networks.ts";
import { syncHandled } from "./requests.ts";
import { requireHostPaths, requireOwnership } from "./require.ts";
import { requireNotQuarantined } from "./require-not-quarantined.ts";
import { withoutRollback } from "./rollback-record.ts";
import { slowStarts } from "./slow-starts.ts";
import { stageAndRender, type StagedRendering } from "./stage-and-render.ts";
import { imagesToKeep, originsOf } from "./taken-images.ts";
import { updateCheckout } from "./update-checkout.ts";
import { noteUnverified } from "./verification.ts";
import { runKeys, sameTarget, targetOf, usedFilesHash } from "./target.ts";
import type { Visit } from "./visit.ts";

/** What came of it: `applied` waits for its gate; `unchanged` touched no container. */
export type Applied =
  | { readonly result: "applied" }
  | { readonly result: "unchanged" }
  | { readonly result: "failed"; readonly error: ReconcileError };

/** Applies the target and keeps book of it. Throws only for what is no failure of the target (a bug, a full disk). */
export async function applyTarget(
  target: Target & { readonly ref?: string },
  trigger: Trigger,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
  showProgress: () => Promise<void>,
): Promise<Applied> {
  const { revision } = target;
  const startedAt = deps.clock.now();
  const { credentialsDigest = "" } = visit.secrets;
  await supersedeAttempt(target, visit, deps);
  const { attempt: before } = visit.record();
  const had = registryDigests(Object.keys(visit.record().applied?.images ?? {}), visit, deps);
  const { attempt } = await visit.update((record) => ({
    // Tried is what a try begins with: should it fail, that is tried again at the pace of failures.
    ...(trigger === "ImageChanged" ? noteTried(record, record.applied?.images ?? {}, had) : record),
    attempt: {
      ...begun(record, target, trigger, startedAt),
      credentialsDigest,
    },
  }));
  if (attempt?.syncId !== undefined && attempt.syncId !== before?.syncId)
    deps.syncLogs.begin(visit.name, attempt.syncId);
  visit.say(`sync ${attempt?.syncId ?? ""} of ${revision} begins: ${trigger}`);
  failpoint("sync-started", visit.name);
  await showProgress();
  let stagingDir: string | undefined;
  try {
    visit.claimProject();
    const prepared = await stageAndRender(target, visit, memory, deps);
    const { staged, rendering } = prepared;
    ({ stagingDir } = prepared);
    failpoint("rendered", visit.name);
    visit.say(`checked out and rendered: "${staged.commit.subject}"`);
    const { timeoutMs } = visit.application.spec.sync;
    const slow = slowStarts(rendering.project, timeoutMs).values();
    for (const warning of [...staged.warnings, ...rendering.warnings, ...slow]) {
      deps.log.warn("warning of a sync", { application: visit.name, revision, warning });
      visit.say(`warning: ${warning}`);
    }
    return await applyRendering({ target, trigger, startedAt, ...prepared }, visit, memory, deps);
  } catch (error) {
    const failure = maskedError(asFailure(`sync "${visit.name}"`, error, visit), visit.mask);
    // Broken off, not failed: the record goes on saying "running", and the next visit begins anew.
    if (failure.reason === "SyncInterrupted") return { result: "failed", error: failure };
    await noteUnverified(revision, failure, visit);
    await visit.update((record) =>
      syncHandled({
        ...record,
        attempt: failed(record, failure, deps.clock.now(), deps.policyOf(visit.application).digest),
      }),
    );
    const { attempt } = visit.record();
    // A service itself failed, for which others wait.
    if (failure.reason === "HealthGateFailed" && attempt?.made !== undefined) {
      const { trigger: by, startedAt: since } = attempt;
      const { reason, message } = failure;
      await considerRollback(
        { ...attempt.made, trigger: by, startedAt: since },
        { reason, message },
        visit,
        deps,
      );
    }
    return { result: "failed", error: failure };
  } finally {
    if (stagingDir !== undefined) await rm(stagingDir, { recursive: true, force: true });
  }
}

interface Sync extends StagedRendering {
  readonly target: Target;
  readonly trigger: Trigger;
  readonly startedAt: number;
}

/** A try at another target that was broken off, and will not be gone on with. */
async function supersedeAttempt(target: Target, visit: Visit, deps: ReconcileDeps): Promise<void> {
  const { attempt } = visit.record();
  if (attempt?.result !== "running" || attempt.syncId === undefined || sameTarget(attempt, target)) return;
  await superseded({ ...attempt.made, ...attempt }, target, visit, deps);
}

async function applyRendering(
  sync: Sync,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<Applied> {
  const { target, trigger, startedAt, staged, rendering } = sync;
  const { spec } = visit.application;
  requireHostPaths(rendering, visit, deps);
  await requireOwnership(rendering, visit, deps);
  const usedFiles = usedFilesHash(rendering, staged.entries);
  const before = visit.record();
  if (changesNothing(before, rendering, usedFiles, trigger, spec.compose)) {
    await visit.update((record) => syncHandled(recordUnchanged(record, target, staged, deps.clock.now())));
    return { result: "unchanged" };
  }
  const last = before.attempt?.made ?? before.applied;
  const keep = imagesToKeep(rendering.project, last?.images ?? {}, trigger, spec.compose, deps.fingerprint);
  const had = registryDigests(Object.keys(rendering.project.services), visit, deps);
  await keepImages(visit, deps);
  const images = await provideImages(rendering, { keep }, visit, deps);
  failpoint("pulled", visit.name);
  const content = contentOf(rendering, usedFiles, images);
  await requireNotQuarantined(content, target, trigger, visit);
  const made: MadeTarget = {
    ...targetOf(target),
    rendering: rendering.digest,
    projectDir: rendering.projectDir,
    services: last === undefined ? {} : trustedServices(last, deps.engine.engineVersion()),
    ...evidenceOf(visit, deps),
    usedFiles,
    mounts: mountsOf(rendering.mounts, staged.entries, deps.fingerprint),
    runKeys: runKeys(rendering, staged.entries, images, deps.fingerprint),
    images,
    subject: staged.commit.subject,
    author: staged.commit.author,
    committedAt: staged.commit.committedAt,
    content,
    checkout: madeCheckout(target, staged, rendering, visit, deps),
  };
  const foreseen = await foresee(rendering, made, visit, memory, deps);
  await saveRendering(visit.name, rendering, visit.secrets, deps);
  failpoint("rendering-recorded", visit.name);
  // From here on it is this target that is brought about: what waited for its gate never gets an answer.
  const begin = async (change: (record: ApplicationRecord) => ApplicationRecord): Promise<void> => {
    const begun = (record: ApplicationRecord): ApplicationRecord =>
      change(noteTried(withoutRollback(record), images, had));
    if (before.applied?.gate === "pending" && before.attempt?.made === undefined)
      await superseded(before.applied, target, visit, deps, begun);
    else await visit.update(begun);
    deps.images.taken(visit.name);
  };
  const onHalf = (): void => failpoint("checkout-half", visit.name);
  await updateCheckout({ ...sync, made, begin, onHalf }, visit, deps);
  failpoint("checked-out", visit.name);
  const origins = originsOf(rendering.project, images, deps.fingerprint);
  const off = await renewNetworks(rendering.project, visit, memory, deps);
  const same = await settledServices(rendering.project, origins, made, last, visit, deps);
  const settled = new Set([...same].filter((name) => !off.includes(name)));
  let left: readonly string[] | undefined;
  try {
    left = await bringUpLeft(
      {
        json: rendering.json,
        project: rendering.project,
        left: servicesToRun(rendering, made, visit.record(), settled),
        removeOrphans: spec.sync.prune,
      },
      visit,
      memory,
      deps,
    );
    if (left.length === 0) tellUnforeseen(foreseen, visit, deps);
  } finally {
    // What was made is known even when `up` failed: it is what the next look is compared with.
    const containers = deps.engine.project(visit.project);
    const from = (name: string): string | undefined =>
      left === undefined || left.includes(name) ? undefined : origins[name];
    await visit.update((record) => {
      const attempt = attemptOf(record);
      const known = attempt.made ?? made;
      const services = madeServices(rendering.project, containers, known.services, visit.mask, from);
      return { ...record, attempt: { ...attempt, made: { ...known, services, ...evidenceOf(visit, deps) } } };
    });
  }
  const applied = { trigger, startedAt, timeoutMs: spec.sync.timeoutMs, left };
  await visit.update((record) => syncHandled(recordApplied(record, applied, deps.clock.now())));
  failpoint("applied-recorded", visit.name);
  return { result: "applied" };
}

/** The new target renders to what runs already, and no file that a service uses has changed. */
function changesNothing(
  record: ApplicationRecord,
  rendering: Rendering,
  usedFiles: string,
  trigger: Trigger,
  { pull, build }: { readonly pull: string; readonly build: boolean },
): boolean {
  const { applied, attempt } = record;
  if (applied === undefined || attempt?.made !== undefined || trigger === "Requested" || pull === "always")
    return false;
  if (applied.gate === "failed" || applied.rendering !== rendering.digest || applied.usedFiles !== usedFiles)
    return false;
  return applied.specHash === attempt?.specHash || !build;
}
