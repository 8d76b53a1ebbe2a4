import { join, relative } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import { EVERYTHING } from "../api/policy.ts";
import type { Mask } from "../lib/mask.ts";
import { oneLine } from "../lib/one-line.ts";
import type { RenderPolicy, Violation } from "../policy/input.ts";
import { findViolations, tellViolations } from "../policy/judge.ts";
import { mapTexts } from "../policy/values.ts";
import type { RenderedProject, RenderRequest } from "./compose.ts";
import { type PathUse, pathUses } from "./path-uses.ts";
import { lookAtPlaces } from "./places.ts";
import { isWithin, type RepositoryFiles } from "./repository-files.ts";

/** What is refused in a rendered project, all of it. Only a new revision, or another policy, can help. */
export class PolicyError extends ReconcileError {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(`Cannot use the Compose project: ${tellViolations(violations)}`, {
      reason: violations[0]?.reason ?? "PolicyViolation",
      terminal: true,
    });
    this.violations = violations;
  }
}

/** Of one violation. */
const MAX_LENGTH = 300;

/** The same in words that may be shown: short, once `mask` has taken the values of Secrets out of them. */
export function toldError(error: PolicyError, mask: Mask): PolicyError {
  const shown = (text: string): string => oneLine(mask(text), MAX_LENGTH);
  return new PolicyError(
    error.violations.map((found) => ({ ...found, field: shown(found.field), message: shown(found.message) })),
  );
}

const ALLOW_EVERYTHING: RenderPolicy = {
  allowed: EVERYTHING,
  host: { dockerSockets: [], ownFolders: [] },
};

/**
 * Throws PolicyError for what policy forbids. Returns the repository's paths that each service uses. Judged is what will be
 * applied, with the paths of the stable checkout; what a path of the repository leads to is looked up in the staged one.
 */
export async function checkPolicy(
  files: RepositoryFiles,
  request: RenderRequest,
  { staged, project: rendered }: { readonly staged: RenderedProject; readonly project: RenderedProject },
  projectDir: string,
  usedFiles: ReadonlyMap<string, readonly string[]>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stagingDir, stableDir, leftOut = [], policy = ALLOW_EVERYTHING } = request;
  const inStable = (path: string): string =>
    isWithin(stagingDir, path) ? join(stableDir, relative(stagingDir, path)) : path;
  const uses = pathUses(unescaped(staged), projectDir).map((use) => inStaging(use, request));
  const inside = uses.filter(({ path }) => isWithin(stagingDir, path));
  const kinds = await Promise.all(
    inside.map(async ({ path }) => [inStable(path), await files.inspect(path)] as const),
  );
  const led = await Promise.all(inside.map(async (use) => ({ ...use, path: await leadOf(files, use.path) })));
  const project = unescaped(rendered);
  const violations = findViolations({
    project,
    allowed: policy.allowed,
    uses: [...uses, ...led].map((use) => ({ ...use, path: inStable(use.path) })),
    root: stableDir,
    kinds: new Map(kinds),
    leftOut,
    places: await lookAtPlaces(project, files, stableDir, policy),
    host: policy.host,
  });
  if (violations.length > 0) throw new PolicyError(violations);
  return Object.fromEntries(
    Object.keys(staged.services).map((service) => {
      const paths = [
        ...[...inside, ...led].filter((use) => use.service === service).map(({ path }) => path),
        ...(usedFiles.get(service) ?? []),
      ];
      return [service, [...new Set(paths.map((path) => files.show(path)))].toSorted()];
    }),
  );
}

/** ${PWD}/data names the stable checkout already; what it will lead to is judged in the staged one. */
export function inStaging(use: PathUse, { stagingDir, stableDir }: RenderRequest): PathUse {
  return isWithin(stableDir, use.path)
    ? { ...use, path: join(stagingDir, relative(stableDir, use.path)) }
    : use;
}

/** In a rendering, as in any Compose file, a dollar sign is written twice. */
function unescaped(project: RenderedProject): RenderedProject {
  return mapTexts(project, (text) => text.replaceAll("$$", () => "$"));
}

/** Where links lead a path; what was left out may be used through a link that was not. */
async function leadOf(files: RepositoryFiles, path: string): Promise<string> {
  const left = await files.leftOutAt(path);
  return left === undefined ? files.follow(path) : join(files.root, left.path);
}
