/**
 * From a commit to a rendering, with no more of the repository on disk than the rendering needs: a first guess, and more as
 * the rendering asks for it. That it was limited must show in nothing but time and space; so an error counts only when it
 * comes from a whole checkout, if there can be one.
 */
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Rendering } from "../compose/compose.ts";
import { RenderError } from "../compose/refusal.ts";
import type { Staged } from "../git/git.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { Target } from "../status/record.ts";
import { beyond, checkoutScope, widened, type CheckoutScope } from "./checkout-scope.ts";
import type { PrepareDeps } from "./deps.ts";
import type { Memory } from "./memory.ts";
import { requireLabels, unknownLabels } from "./service-labels.ts";
import { noteVerified } from "./verification.ts";
import type { Visit } from "./visit.ts";

export interface StagedRendering {
  /** The caller removes it. */
  readonly stagingDir: string;
  readonly staged: Staged;
  readonly rendering: Rendering;
}

type Commit = Target & { readonly ref?: string };

/** A rendering may ask for more, and what comes then may ask for more. */
const MAX_WIDENINGS = 3;

/** Throws what `stage` and `render` throw; nothing is left behind then. */
export async function stageAndRender(
  target: Commit,
  visit: Visit,
  memory: Pick<Memory, "scope">,
  deps: PrepareDeps,
): Promise<StagedRendering> {
  const guess = firstScope(target, visit, memory);
  let scope = guess;
  let limitedError: unknown;
  for (let round = 0; ; round += 1) {
    let staged: StagedCommit;
    try {
      staged = await stage(scope, target, visit, deps);
    } catch (error) {
      // The repository as a whole cannot be checked out; then what was wrong with a part of it is the better answer.
      throw scope === undefined && limitedError !== undefined ? limitedError : error;
    }
    const result = await render(staged, visit, deps).catch((error: unknown) => ({ error }));
    const { lookedAt } = "error" in result ? lookedAtOf(result.error) : result;
    const missed = beyond(staged.staged.paths, lookedAt);
    if (missed.length === 0 && !("error" in result)) {
      await requireLabelsOf(result, staged.stagingDir);
      memory.scope = { specHash: target.specHash, paths: widened(guess, beyond(guess, lookedAt)) };
      return { ...staged, rendering: result };
    }
    await rm(staged.stagingDir, { recursive: true, force: true });
    if ("error" in result) {
      if (scope === undefined || visit.signal.aborted || !(result.error instanceof RenderError))
        throw result.error;
      limitedError = result.error;
    }
    scope = missed.length > 0 && round < MAX_WIDENINGS ? widened(scope, missed) : undefined;
  }
}

function firstScope(target: Target, visit: Visit, { scope }: Pick<Memory, "scope">): CheckoutScope {
  return scope?.specHash === target.specHash ? scope.paths : checkoutScope(visit.application.spec);
}

type StagedCommit = Pick<StagedRendering, "stagingDir" | "staged">;

async function stage(
  paths: CheckoutScope,
  target: Commit,
  visit: Visit,
  deps: PrepareDeps,
): Promise<StagedCommit> {
  const parent = join(deps.dataDir, "staging");
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const stagingDir = join(parent, `${visit.name}-${randomBytes(8).toString("hex")}`);
  const { source, verify, submodules } = visit.secrets;
  const staged = await deps.git.stage(
    {
      remote: deps.remoteOf(visit.application, source),
      sha: target.revision,
      dir: stagingDir,
      ...(target.ref !== undefined && { ref: target.ref }),
      ...(target.tagObject !== undefined && { tagObject: target.tagObject }),
      ...(verify && { verify }),
      ...(visit.application.spec.source.submodules && {
        submodules: { credentialFor: (host) => submodules.get(host) },
      }),
      ...(paths && { paths }),
    },
    visit.signal,
  );
  await noteVerified(staged, visit);
  failpoint("staged", visit.name);
  return { stagingDir, staged };
}

async function render(
  { stagingDir, staged }: StagedCommit,
  visit: Visit,
  deps: PrepareDeps,
): Promise<Rendering> {
  const { source, compose } = visit.application.spec;
  const { overrides, profiles, envFiles, allowUnset } = compose;
  const rendering = await deps.compose.render(
    {
      project: visit.project,
      stagingDir,
      stableDir: visit.stableDir,
      path: source.path,
      overrides,
      profiles,
      env: visit.secrets.env,
      envFiles,
      allowUnset,
      leftOut: staged.leftOut,
      policy: deps.policyOf(visit.application),
      mask: visit.mask,
    },
    visit.signal,
  );
  // It holds Secrets' values: what is stored of it must not let anybody try out guesses.
  const digest = deps.fingerprint(rendering.json);
  return { ...rendering, digest, warnings: [...rendering.warnings, ...unknownLabels(rendering.project)] };
}

async function requireLabelsOf({ project }: Rendering, stagingDir: string): Promise<void> {
  try {
    requireLabels(project);
  } catch (error) {
    await rm(stagingDir, { recursive: true, force: true });
    throw error;
  }
}

function lookedAtOf(error: unknown): Pick<Rendering, "lookedAt"> {
  return { lookedAt: error instanceof RenderError ? error.lookedAt : [] };
}
