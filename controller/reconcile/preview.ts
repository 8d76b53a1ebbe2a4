/**
 * What a sync of a target would do now, by the very steps of an apply up to the point where it would begin to change
 * something: stage, render and check, then the plan.
 */
import { rm } from "node:fs/promises";
import type { Change } from "../api/diff.ts";
import { ReconcileError } from "../api/errors.ts";
import type { Trigger } from "../api/status.ts";
import type { Commit } from "../git/git.ts";
import type { Target } from "../status/record.ts";
import { mountsOf } from "./given-files.ts";
import { lastMade, lookBeforeApply, madeBefore } from "./look-before-apply.ts";
import type { Memory } from "./memory.ts";
import { prospectImages, type PreviewDeps } from "./prospect-images.ts";
import { AdoptionRequiredError, requireHostPaths, requireOwnership } from "./require.ts";
import { stageAndRender, type StagedRendering } from "./stage-and-render.ts";
import { runKeys } from "./target.ts";
import type { Visit } from "./visit.ts";
import { whyElsewhere, whyForbidden } from "./wanted.ts";

export interface Preview {
  readonly commit: Commit;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Throws the ReconcileError by which the sync would fail before it changed anything. Leaves nothing behind. */
export async function previewApply(
  target: Target & { readonly ref?: string },
  trigger: Trigger,
  visit: Visit,
  memory: Memory,
  deps: PreviewDeps,
): Promise<Preview> {
  const forbidden = whyForbidden(visit, deps);
  if (forbidden !== undefined) throw new ReconcileError(forbidden.message, { reason: forbidden.reason });
  const [{ stagingDir, staged, rendering }, before] = await Promise.all([
    stageAndRender(target, visit, memory, deps),
    madeBefore(visit, memory, deps),
  ]);
  try {
    requireHostPaths(rendering, visit, deps);
    const adoption = await whyNotOurs(rendering, visit, deps);
    const { entries } = staged;
    const made = lastMade(visit);
    const images = await prospectImages({ rendering, entries, trigger, made }, visit, deps);
    const toBe = {
      images: images.taken,
      // Of what gets another image, the one that it has now says nothing.
      services: Object.fromEntries(
        Object.entries(made?.services ?? {}).filter(([name]) => images.taken[name] !== undefined),
      ),
      runKeys: runKeys(rendering, entries, images.taken, deps.fingerprint),
      mounts: mountsOf(rendering.mounts, entries, deps.fingerprint),
    };
    const plan = await lookBeforeApply(rendering, toBe, images.planned, before, visit, deps);
    return {
      commit: staged.commit,
      changes: plan.changes,
      notes: [...elsewhere(visit, deps), ...adoption, ...images.notes.map(visit.mask), ...plan.notes],
      warnings: [...staged.warnings, ...rendering.warnings],
    };
  } finally {
    await rm(stagingDir, { recursive: true, force: true });
  }
}

/** What was applied runs on another engine, where nobody looks from here. */
function elsewhere(visit: Visit, deps: PreviewDeps): readonly string[] {
  const why = whyElsewhere(visit, deps);
  return why === undefined ? [] : [why.message];
}

/** A person is told what a takeover would change, not only that it is to be allowed. */
async function whyNotOurs(
  rendering: StagedRendering["rendering"],
  visit: Visit,
  deps: PreviewDeps,
): Promise<readonly string[]> {
  try {
    await requireOwnership(rendering, visit, deps);
    return [];
  } catch (error) {
    if (!(error instanceof AdoptionRequiredError)) throw error;
    return [`a sync is refused: ${visit.mask(error.message)}`];
  }
}
