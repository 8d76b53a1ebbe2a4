import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ComposeVariable } from "../api/application.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { type ProcessRequest, type ProcessResult, runProcess } from "../lib/run-process.ts";
import type { RunOptions } from "./compose.ts";
import { createDockerConfigs } from "./docker-config.ts";
import { childEnvironment } from "./environment.ts";
import { createExecutableFinder } from "./executable.ts";

/** What is counted of Compose's processes. */
export interface ComposeMetrics {
  finished(
    operation: string,
    ended: ProcessResult["ended"],
    exitCode: number | undefined,
    seconds: number,
  ): void;
}

export interface ComposeDeps {
  /** The data directory: holds an empty working folder for Compose. */
  readonly dataDir: string;
  /** `DOCKER_HOST` of every Compose process; undefined for Docker's default. */
  readonly dockerHost: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ComposeMetrics;
  /** The controller's own environment. Default: process.env. */
  readonly own?: Readonly<Record<string, string | undefined>>;
}

export interface ComposeCall extends RunOptions {
  readonly operation: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  /** `PWD` as Compose files see it. Default: the empty folder that it runs in. */
  readonly workingDir?: string;
  readonly variables?: readonly Pick<ComposeVariable, "name" | "value">[];
  readonly limit: ProcessRequest["limit"];
  readonly graceMs: number;
  readonly memoryBytes?: number;
  readonly captureStdoutBytes?: number;
  /** It changes containers: it must come to its own end, even when the controller dies. */
  readonly outlives: boolean;
}

export interface ComposeProcesses {
  /** The whole environment of such a process. */
  environment(call: Pick<ComposeCall, "workingDir" | "variables">): Readonly<Record<string, string>>;
  version(signal: AbortSignal): Promise<string>;
  run(call: ComposeCall): Promise<ProcessResult>;
}

/** Runs Compose in an empty folder, in a clean environment; see `runProcess` for the rest. */
export function createComposeProcesses(deps: ComposeDeps): ComposeProcesses {
  const { dataDir, dockerHost, clock, log, metrics, own = process.env } = deps;
  const folder = join(dataDir, "compose");
  let made: Promise<unknown> | undefined;
  const cwd = async (): Promise<string> => {
    made ??= mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    await made;
    return folder;
  };
  const environment = (
    { workingDir = folder, variables = [] }: Pick<ComposeCall, "workingDir" | "variables">,
    dockerConfig?: string,
  ): Readonly<Record<string, string>> =>
    childEnvironment({ own, dockerHost, dockerConfig, workingDir, variables });
  const configs = createDockerConfigs({
    folder,
    own: own["DOCKER_CONFIG"] ?? join(own["HOME"] ?? "/root", ".docker"),
  });
  const find = createExecutableFinder({
    clock,
    own,
    environment: environment({}),
    cwd,
  });

  return {
    environment: (call) => environment(call),
    version: async (signal) => (await find(signal)).version,
    async run(call) {
      const { operation, args, signal, stdin, onSpawn, onLine, mask, memoryBytes, captureStdoutBytes } = call;
      const { command, prefix } = await find(signal);
      const startedMs = clock.monotonic();
      const workDir = await cwd();
      const result = await configs.during(call.dockerConfig, (dockerConfig) =>
        runProcess(clock, {
          command,
          args: [...prefix, ...args],
          cwd: workDir,
          env: environment(call, dockerConfig),
          limit: call.limit,
          graceMs: call.graceMs,
          output: call.outlives ? { kind: "file", folder } : { kind: "pipe" },
          signal,
          ...(stdin === undefined ? {} : { stdin }),
          ...(onSpawn === undefined ? {} : { onSpawn }),
          ...(onLine === undefined ? {} : { onLine }),
          ...(mask === undefined ? {} : { mask }),
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          ...(captureStdoutBytes === undefined ? {} : { captureStdoutBytes }),
        }),
      );
      const seconds = (clock.monotonic() - startedMs) / 1000;
      metrics?.finished(operation, result.ended, result.exitCode, seconds);
      log.debug("docker compose ended", {
        operation,
        ended: result.ended,
        exitCode: result.exitCode,
        seconds,
      });
      return result;
    },
  };
}
