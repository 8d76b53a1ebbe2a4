import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { runProcess } from "../lib/run-process.ts";

export interface Executable {
  readonly command: string;
  /** Arguments before Compose's own. */
  readonly prefix: readonly string[];
  /** `2.40.3`, with what a distribution adds. */
  readonly version: string;
}

export interface ExecutableDeps {
  readonly clock: Clock;
  /** The controller's own environment: HOME, DOCKER_CONFIG, DOCKER_CLI_PLUGIN_EXTRA_DIRS. */
  readonly own: Readonly<Record<string, string | undefined>>;
  /** What `docker` is asked with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: () => Promise<string>;
  /** Default: where Docker looks for its plugins. */
  readonly systemDirs?: readonly string[];
}

const SYSTEM_DIRS = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];
const MINIMUM = [2, 20] as const;
const INSTALL =
  'install Docker Compose 2.20 or newer: the package "docker-compose-plugin" of Docker, or "docker-compose" 2 of the distribution';
const VERSION_LIMIT_MS = 15_000;

/**
 * Finds Compose: the plugin itself where it can be run directly, which takes half the time, else `docker compose`.
 * Nothing is spawned before the first call; the version is read once for each file (its time and size tell a new one).
 * Rejects with ReconcileError RenderFailed, not terminal, naming what to install.
 */
export function createExecutableFinder(deps: ExecutableDeps): (signal: AbortSignal) => Promise<Executable> {
  const { own, environment, systemDirs = SYSTEM_DIRS } = deps;
  let known: { readonly key: string; readonly executable: Executable } | undefined;

  const config = own["DOCKER_CONFIG"] ?? join(own["HOME"] ?? "/root", ".docker");
  const pluginDirs = [
    ...(own["DOCKER_CLI_PLUGIN_EXTRA_DIRS"]?.split(":").filter((dir) => dir !== "") ?? []),
    join(config, "cli-plugins"),
    ...systemDirs,
  ];
  const candidates = [
    ...pluginDirs.map((dir) => ({ command: join(dir, "docker-compose"), prefix: [] })),
    ...(environment["PATH"] ?? "")
      .split(":")
      .map((dir) => ({ command: join(dir, "docker"), prefix: ["compose"] })),
  ];

  return async (signal) => {
    for (const { command, prefix } of candidates) {
      const key = await identityOf(command);
      if (key === undefined) continue;
      if (known?.key !== key) known = { key, executable: await withVersion(command, prefix, signal) };
      return known.executable;
    }
    throw unusable("it is not installed");
  };

  async function withVersion(
    command: string,
    prefix: readonly string[],
    signal: AbortSignal,
  ): Promise<Executable> {
    const result = await runProcess(deps.clock, {
      command,
      args: [...prefix, "version", "--short"],
      cwd: await deps.cwd(),
      env: environment,
      limit: { kind: "total", ms: VERSION_LIMIT_MS },
      graceMs: 1000,
      output: { kind: "pipe" },
      captureStdoutBytes: 1000,
      signal,
    });
    signal.throwIfAborted();
    const version = result.stdout.trim().replace(/^v/, "");
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
    if (result.exitCode !== 0 || major === undefined || minor === undefined) {
      throw unusable(`"${[command, ...prefix].join(" ")}" does not tell its version`);
    }
    const old = Number(major) < MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) < MINIMUM[1]);
    if (old) throw unusable(`"${[command, ...prefix].join(" ")}" is version ${version}`);
    return { command, prefix, version };
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    const { mtimeMs, size } = await stat(path);
    return `${path} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}

function unusable(cause: string): ReconcileError {
  return new ReconcileError(`Cannot run Docker Compose: ${cause}; ${INSTALL}`, { reason: "RenderFailed" });
}
