import type { ProcessResult } from "../lib/run-process.ts";
import type { Compose, RenderedProject, RunOptions, RunResult, StagedRendering } from "./compose.ts";
import type { ComposeProcesses } from "./compose-process.ts";
import type { ComposeLimits } from "./limits.ts";
import { splitEnvironment, withPullPolicy } from "./rendered-project.ts";

/** Nothing was to be done. */
const NOTHING: RunResult = { ended: "exited", exitCode: 0, output: "" };

/** The commands that act on an engine, each from a rendering or from the project's label alone; none reads a file of a checkout by itself. */
export function createCommands(
  processes: ComposeProcesses,
  limits: ComposeLimits,
): Pick<Compose, "pull" | "build" | "up" | "hashes" | "stop" | "down"> {
  const { graceMs } = limits;

  const fromJson = (project: string, projectDir: string): readonly string[] => [
    ...alone(project),
    "--project-directory",
    projectDir,
    "-f",
    "-",
    // A rendering holds only services that are wanted, and still names the profiles for which they are.
    "--profile=*",
  ];

  async function fetch(
    operation: "pull" | "build",
    rendering: StagedRendering,
    json: string,
    run: RunOptions,
  ): Promise<RunResult> {
    const { json: stdin, variables } = splitEnvironment(json);
    const options = operation === "pull" ? ["pull", "--ignore-buildable"] : ["build"];
    const result = await processes.run({
      ...run,
      operation,
      args: [...fromJson(rendering.project.name, rendering.stagedProjectDir), ...options],
      stdin,
      variables,
      limit: { kind: "idle", ms: operation === "pull" ? limits.pullIdleMs : limits.buildIdleMs },
      graceMs,
      outlives: false,
    });
    return resultOf(result);
  }

  return {
    pull(rendering, policy, run) {
      if (!hasService(rendering.project, (service) => service.build === undefined))
        return Promise.resolve(NOTHING);
      return fetch("pull", rendering, withPullPolicy(rendering.stagedJson, policy), run);
    },
    build(rendering, run) {
      if (!hasService(rendering.project, (service) => service.build !== undefined))
        return Promise.resolve(NOTHING);
      return fetch("build", rendering, rendering.stagedJson, run);
    },
    async up(project, target, options, run) {
      const { services, removeOrphans, forceRecreate = false, noRecreate = false } = options;
      if (services?.length === 0) return NOTHING; // to Compose, no name means every service
      const { json: stdin, variables } = splitEnvironment(target.json);
      const result = await processes.run({
        ...run,
        operation: "up",
        // Never `--yes`: Compose's only question here is whether a changed volume's data may be deleted. Standard input
        // has ended by then, which answers no.
        args: [
          ...fromJson(project, target.projectDir),
          "up",
          "--detach",
          "--no-build",
          "--pull=never",
          ...(removeOrphans ? ["--remove-orphans"] : []),
          ...(forceRecreate ? ["--force-recreate"] : []),
          ...(noRecreate ? ["--no-recreate"] : []),
          ...(services === undefined ? [] : ["--no-deps", "--", ...services]),
        ],
        stdin,
        variables,
        workingDir: target.projectDir,
        limit: { kind: "total", ms: limits.upMs },
        graceMs,
        outlives: true,
      });
      return resultOf(result);
    },
    async hashes(project, target, run) {
      const { json: stdin, variables } = splitEnvironment(target.json);
      const result = await processes.run({
        ...run,
        operation: "config",
        args: [...fromJson(project, target.projectDir), "config", "--hash=*"],
        stdin,
        variables,
        workingDir: target.projectDir,
        limit: { kind: "total", ms: limits.renderMs },
        graceMs: limits.renderGraceMs,
        memoryBytes: limits.renderMemoryBytes,
        captureStdoutBytes: limits.renderedBytes,
        outlives: false,
      });
      if (result.exitCode !== 0 || result.stdoutTruncated) return undefined;
      const hashes: Record<string, string> = {};
      for (const line of result.stdout.split("\n")) {
        const [, name, hash] = /^(\S+) ([0-9a-f]{64})$/.exec(line) ?? [];
        if (name !== undefined && hash !== undefined) hashes[name] = hash;
      }
      return hashes;
    },
    async stop(project, run) {
      const result = await processes.run({
        ...run,
        operation: "stop",
        args: [...alone(project), "stop"],
        limit: { kind: "total", ms: limits.stopMs },
        graceMs,
        outlives: true,
      });
      return resultOf(result);
    },
    async down(project, { volumes }, run) {
      const result = await processes.run({
        ...run,
        operation: "down",
        args: [...alone(project), "down", "--remove-orphans", ...(volumes ? ["--volumes"] : [])],
        limit: { kind: "total", ms: limits.downMs },
        graceMs,
        outlives: true,
      });
      return resultOf(result);
    },
  };
}

/** With a name and without a file, Compose looks for no file, here or above, and goes by labels. No `.env` counts. */
function alone(project: string): readonly string[] {
  return ["--env-file", "/dev/null", "-p", project];
}

function hasService(
  { services }: RenderedProject,
  wanted: (service: RenderedProject["services"][string]) => boolean,
): boolean {
  return Object.values(services).some(wanted);
}

function resultOf({ ended, exitCode, output }: ProcessResult): RunResult {
  return { ended, exitCode, output };
}
