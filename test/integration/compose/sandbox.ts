import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ComposeVariable } from "../../../controller/api/application.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Compose, Rendering, RenderRequest, RunResult } from "../../../controller/compose/compose.ts";
import { createCompose, type CreateComposeOptions } from "../../../controller/compose/create-compose.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";

export const IMAGE = "conops-test/busybox:1";
export const never = new AbortController().signal;
const run = promisify(execFile);

/** A data directory, a staged checkout and a stable one, with a Compose of their own and a project name. */
export interface Sandbox {
  readonly root: string;
  readonly dataDir: string;
  readonly stagingDir: string;
  readonly stableDir: string;
  readonly project: string;
  readonly compose: Compose;
  /** Writes files into both checkouts; folders are made. */
  write(files: Readonly<Record<string, string>>): void;
  render(request?: Partial<RenderRequest>, signal?: AbortSignal): Promise<Rendering>;
  /** The error that rendering ends with; fails when it does not. */
  refused(request?: Partial<RenderRequest>): Promise<ReconcileError>;
  up(rendering: Rendering, options?: Partial<Parameters<Compose["up"]>[2]>): Promise<RunResult>;
  /** `name state` of each container of the project, sorted, and their ids and start times. */
  containers(): Promise<readonly Container[]>;
  remove(): Promise<void>;
}

export interface Container {
  readonly service: string;
  readonly id: string;
  readonly state: string;
  readonly startedAt: string;
  readonly hash: string;
}

export function createSandbox(options: Partial<CreateComposeOptions> = {}): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "conops-compose-"));
  const dataDir = join(root, "data");
  const stagingDir = join(dataDir, "staging", `t${randomBytes(8).toString("hex")}`, "tree");
  const stableDir = join(dataDir, "checkouts", "shop");
  for (const dir of [stagingDir, stableDir]) mkdirSync(dir, { recursive: true });
  chmodSync(dataDir, 0o755);
  const project = `ct-${randomBytes(4).toString("hex")}`;
  const compose = createCompose({
    dataDir,
    dockerHost: undefined,
    clock: systemClock,
    log: silentLog,
    ...options,
  });

  const render: Sandbox["render"] = (request = {}, signal = never) =>
    compose.render(
      {
        project,
        stagingDir,
        stableDir,
        path: ".",
        overrides: [],
        profiles: [],
        env: [],
        envFiles: [],
        allowUnset: [],
        ...request,
      },
      signal,
    );

  return {
    root,
    dataDir,
    stagingDir,
    stableDir,
    project,
    compose,
    render,
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        for (const dir of [stagingDir, stableDir]) {
          mkdirSync(dirname(join(dir, path)), { recursive: true });
          writeFileSync(join(dir, path), text);
        }
      }
    },
    async refused(request) {
      const error: unknown = await render(request).then(
        () => new Error("it was not refused"),
        (thrown: unknown) => thrown,
      );
      if (error instanceof ReconcileError) return error;
      throw error;
    },
    up: (rendering, options = {}) =>
      compose.up(project, rendering, { removeOrphans: true, ...options }, { signal: never }),
    async containers() {
      const ids = await docker(
        "ps",
        "-aq",
        "--no-trunc",
        "--filter",
        `label=com.docker.compose.project=${project}`,
      );
      const format =
        '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.Status}} {{.State.StartedAt}} {{index .Config.Labels "com.docker.compose.config-hash"}}';
      const lines = ids === "" ? "" : await docker("inspect", "--format", format, ...ids.split("\n"));
      return lines
        .split("\n")
        .filter((line) => line !== "")
        .toSorted()
        .map((line) => {
          const [service = "", id = "", state = "", startedAt = "", hash = ""] = line.split(" ");
          return { service, id, state, startedAt, hash };
        });
    },
    async remove() {
      await compose.down(project, { volumes: true }, { signal: never });
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** What `docker` says, trimmed. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await run("docker", [...args])).stdout.trim();
}

export function variable(name: string, value: string, inject = false): ComposeVariable {
  return { name, value, inject };
}

/** A service that runs until it is stopped, and stops at once. */
export function sleeper(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { image: IMAGE, command: ["sleep", "600"], stop_grace_period: "0s", ...more };
}

export function yaml(project: unknown): string {
  return JSON.stringify(project);
}
