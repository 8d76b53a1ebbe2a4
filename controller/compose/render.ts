import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import { canonicalJson, sha256 } from "../lib/hash.ts";
import type { RenderedProject, Rendering, RenderRequest } from "./compose.ts";
import type { ComposeProcesses } from "./compose-process.ts";
import { readable } from "./explain.ts";
import type { ComposeLimits } from "./limits.ts";
import { type Located, locate } from "./locate.ts";
import { checkPolicy, inStaging, PolicyError, toldError } from "./check-policy.ts";
import { checkRawProject } from "./raw-checks.ts";
import { type RawProject, readRawProject } from "./raw-project.ts";
import { refusal, RenderError } from "./refusal.ts";
import { completeProject, replacePaths } from "./rendered-project.ts";
import { createRepositoryFiles, type RepositoryFiles } from "./repository-files.ts";
import { repositoryMounts } from "./repository-mounts.ts";
import { findUndefinedVariables, type UndefinedVariable } from "./undefined-variables.ts";

/**
 * Raw-file checks, one run of `docker compose config`, policy. Throws RenderError; not terminal only where the machine
 * is at fault. Nothing of the engine is asked or changed.
 */
export async function renderProject(
  processes: ComposeProcesses,
  limits: ComposeLimits,
  request: RenderRequest,
  signal: AbortSignal,
): Promise<Rendering> {
  const files = createRepositoryFiles(request.stagingDir, request.leftOut);
  const { mask = (text: string) => text } = request;
  try {
    const rendering = await render(files, processes, limits, request, signal);
    return { ...rendering, warnings: rendering.warnings.map(mask) };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    // What was interpolated is in the words of the checks, of Compose and of the policy.
    const { reason, terminal } = error;
    if (error instanceof PolicyError) {
      const { message, violations } = toldError(error, mask);
      throw new RenderError(message, { reason, terminal }, files.lookedAt(), violations);
    }
    throw new RenderError(mask(error.message), { reason, terminal }, files.lookedAt());
  }
}

async function render(
  files: RepositoryFiles,
  processes: ComposeProcesses,
  limits: ComposeLimits,
  request: RenderRequest,
  signal: AbortSignal,
): Promise<Rendering> {
  const located = await locate(files, { root: request.stagingDir, ...request });
  const projectDir = join(request.stableDir, relative(request.stagingDir, located.projectDir));
  const raw = await readRawProject(files, located, {
    ...processes.environment({ workingDir: projectDir, variables: request.env }),
    COMPOSE_PROJECT_NAME: request.project,
  });
  const { usedFiles } = await checkRawProject(files, raw);
  const undefinedVariables = findUndefined(raw);
  signal.throwIfAborted();

  const config = await runConfig(processes, limits, { request, located, projectDir, signal });
  if (config.failure !== undefined) {
    refuseUndefined(undefinedVariables, request.allowUnset);
    throw config.failure;
  }
  const staged = completeProject(config.project, request.env, raw.lookup);
  refuseUndefined(
    undefinedVariables.filter(({ service }) => service === undefined || service in staged.services),
    request.allowUnset,
  );
  const stagingPaths = [request.stagingDir, await realpath(request.stagingDir)];
  const project = replacePaths(staged, stagingPaths, request.stableDir);
  const usedPaths = await checkPolicy(files, request, { staged, project }, located.projectDir, usedFiles);
  const mounts = await repositoryMounts(files, staged, located.projectDir, (use) => inStaging(use, request));
  const json = canonicalJson(project);
  return {
    json,
    digest: sha256(json),
    project,
    projectDir,
    stagedJson: canonicalJson(staged),
    stagedProjectDir: located.projectDir,
    usedPaths,
    mounts,
    lookedAt: [files.show(located.projectDir), ...files.lookedAt()].toSorted(),
    warnings: [...config.warnings, ...undefinedVariables.filter((found) => !found.dangerous).map(warningOf)],
  };
}

interface ConfigRun {
  readonly request: RenderRequest;
  readonly located: Located;
  readonly projectDir: string;
  readonly signal: AbortSignal;
}

type Config =
  | { readonly failure: ReconcileError }
  | { readonly failure?: undefined; readonly project: RenderedProject; readonly warnings: readonly string[] };

async function runConfig(
  processes: ComposeProcesses,
  limits: ComposeLimits,
  run: ConfigRun,
): Promise<Config> {
  const { request, located, projectDir, signal } = run;
  const envFiles = located.envFiles.length > 0 ? located.envFiles : ["/dev/null"];
  const result = await processes.run({
    operation: "config",
    args: [
      "-p",
      request.project,
      "--project-directory",
      located.projectDir,
      ...located.files.flatMap((file) => ["-f", file]),
      ...request.profiles.flatMap((profile) => ["--profile", profile]),
      ...envFiles.flatMap((file) => ["--env-file", file]),
      "config",
      "--format=json",
    ],
    workingDir: projectDir,
    variables: request.env,
    limit: { kind: "total", ms: limits.renderMs },
    graceMs: limits.renderGraceMs,
    memoryBytes: limits.renderMemoryBytes,
    captureStdoutBytes: limits.renderedBytes,
    signal,
    outlives: false,
    // Before anything is cut: of a value that a cut goes through, a part would be left.
    ...(request.mask && { mask: request.mask }),
  });
  signal.throwIfAborted();
  const lines = result.output.split("\n").map((line) => withoutStaging(line, request));
  const failed = (
    cause: string,
    options: { readonly terminal: boolean; readonly invalid?: boolean },
  ): Config => ({
    failure: new ReconcileError(`Cannot use the Compose project: ${cause}`, {
      reason: options.invalid === true ? "InvalidCompose" : "RenderFailed",
      terminal: options.terminal,
    }),
  });
  if (result.ended === "limit") return failed("Compose took too long to read it", { terminal: false });
  if (result.exitCode === undefined)
    return failed("Compose was killed while it read it", { terminal: false });
  if (lines.some((line) => /^(?:fatal error|runtime: out of memory|panic):/.test(line))) {
    return failed("Compose crashed while it read it, or needed too much memory", { terminal: false });
  }
  if (result.exitCode !== 0) {
    const said = lines.filter((line) => !/^time="[^"]*" level=(?:warning|info|debug)/.test(line)).slice(-3);
    return failed(readable(said.map(readable).join(" ")) || "Compose does not accept it", {
      terminal: true,
      invalid: true,
    });
  }
  if (result.stdoutTruncated) return failed("it is too large when rendered", { terminal: true });
  const warnings = lines
    .filter((line) => /level=warning/.test(line) && !/variable is not set/.test(line))
    .map(readable);
  try {
    return { project: JSON.parse(result.stdout) as RenderedProject, warnings };
  } catch {
    return failed("Compose's rendering is no JSON", { terminal: false });
  }
}

function withoutStaging(line: string, request: RenderRequest): string {
  return line.replaceAll(`${request.stagingDir}/`, "").replaceAll(request.stagingDir, ".");
}

function findUndefined(raw: RawProject): readonly UndefinedVariable[] {
  const found = new Map<string, UndefinedVariable>();
  for (const { source, lookup, only } of raw.files) {
    for (const variable of findUndefinedVariables(source, lookup, only)) {
      found.set(JSON.stringify([variable.name, variable.place, variable.service]), variable);
    }
  }
  return [...found.values()];
}

function refuseUndefined(found: readonly UndefinedVariable[], allowUnset: readonly string[]): void {
  const first = found.find(({ name, dangerous }) => dangerous && !allowUnset.includes(name));
  if (first === undefined) return;
  throw refusal(
    "UndefinedVariable",
    `${first.place}: ${first.field}: the variable "${first.name}" has no value; set it in spec.compose.env or an env file, give it a default (\${${first.name}:-value}), or name it in spec.compose.allowUnset`,
  );
}

function warningOf({ name, place, field }: UndefinedVariable): string {
  return `${place}: ${field}: the variable "${name}" has no value; it counts as empty`;
}
