import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { ApplicationDocument, ApplicationStatus, ConditionType } from "../../controller/api/status.ts";
import type { ApplicationRecord } from "../../controller/status/record.ts";
import { cleanupProject, docker, until, type Environment } from "./engine.ts";
import { freePort, startGitDaemon, type GitServer } from "./git-servers.ts";
import { createTempRepo, type TempRepo } from "./git-repo.ts";
import { loginFolders } from "./login-folders.ts";

const PROGRAM = new URL("../../scripts/conops", import.meta.url).pathname;

/** One container as `docker inspect` shows it, as far as tests look. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly Pid: number;
  };
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Env: readonly string[] };
}

/** A running controller: the real, compiled program. */
export interface Controller {
  readonly process: ChildProcess;
  readonly http: string;
  /** Everything it logged so far. */
  log(): string;
  /** Its log as objects. */
  lines(): readonly Readonly<Record<string, unknown>>[];
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
}

/** A registry, a data directory, repositories served by `git daemon`, and an engine: everything a controller needs. */
export interface World {
  readonly root: string;
  readonly manifests: string;
  readonly data: string;
  readonly repos: string;
  readonly server: GitServer;
  /** Begins every project's name, so that all can be swept away. */
  readonly prefix: string;
  repo(name: string): Promise<TempRepo>;
  /** Starts the controller and resolves when it is ready (or, with `ready: false`, at once). */
  start(options?: {
    readonly env?: Record<string, string>;
    readonly args?: readonly string[];
    readonly ready?: boolean;
  }): Promise<Controller>;
  /** Runs a command of the program to its end. */
  cli(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** Writes `NAME.yaml`: an Application with this spec, merged over a repository's `source` and an interval of 1s. */
  manifest(name: string, spec: Readonly<Record<string, unknown>>): Promise<void>;
  status(name: string): Promise<ApplicationStatus | undefined>;
  document(name: string): Promise<ApplicationDocument | undefined>;
  record(name: string): Promise<ApplicationRecord | undefined>;
  condition(name: string, type: ConditionType): Promise<string>;
  /** Resolves with the status once it pleases; rejects with the last one and the log's end. */
  untilStatus(
    name: string,
    what: string,
    pleases: (status: ApplicationStatus) => boolean,
    limitMs?: number,
  ): Promise<ApplicationStatus>;
  untilReady(name: string, revision?: string, limitMs?: number): Promise<ApplicationStatus>;
  containers(project: string): Promise<readonly Inspected[]>;
  docker(...args: readonly string[]): Promise<string>;
  /** SIGKILL to every controller that a test left behind. */
  killAll(): Promise<void>;
  /** `engineGoes`: its engine is a private one that ends, with all that runs on it. */
  close(options?: { readonly engineGoes?: boolean }): Promise<void>;
}

/** Creates a world; `env` names another engine than the shared one. */
export async function createWorld(env: Environment = process.env): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "conops-e2e-"));
  const prefix = `ct-${root
    .slice(-6)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "x")}`;
  const [manifests, data, repos] = ["manifests", "data", "repos"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([manifests, data, repos].map((dir) => mkdir(dir)));
  const server = await startGitDaemon(repos);
  const running = new Set<Controller>();
  const childEnv = { ...env, CONOPS_MANIFESTS: manifests, CONOPS_DATA_DIR: data };
  let last: Controller | undefined;

  const world: World = {
    root,
    manifests,
    data,
    repos,
    server,
    prefix,
    repo: (name) => createTempRepo({ dir: join(repos, name) }), // again: the same repository
    async start(options = {}) {
      const port = await freePort();
      const http = `http://127.0.0.1:${port}`;
      const child = spawn(
        PROGRAM,
        [
          "run",
          "--http",
          `127.0.0.1:${port}`,
          "--log-format",
          "json",
          "--log-level",
          "debug",
          ...(options.args ?? []),
        ],
        { env: { ...childEnv, ...options.env }, stdio: ["ignore", "pipe", "pipe"] },
      );
      let text = "";
      const collect = (chunk: Buffer): void => void (text += chunk.toString());
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
      const controller: Controller = {
        process: child,
        http,
        log: () => text,
        lines: () =>
          text
            .split("\n")
            .slice(0, -1) // the last line may still be coming
            .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : [])),
        async stop() {
          child.kill("SIGTERM");
          const [code] = await exit;
          running.delete(controller);
          return code;
        },
        async kill() {
          child.kill("SIGKILL");
          await exit;
          running.delete(controller);
        },
        async ended() {
          const [code, signal] = await exit;
          running.delete(controller);
          return code ?? signal;
        },
      };
      running.add(controller);
      last = controller;
      if (options.ready === false) return controller;
      await until(
        "the controller is ready",
        async () => {
          if (child.exitCode !== null)
            throw new Error(`The controller ended with ${child.exitCode}: ${text}`);
          return fetch(`${http}/readyz`).then(
            (answer) => answer.ok,
            () => false,
          );
        },
        30_000,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${text.slice(-4000)}`);
      });
      return controller;
    },
    async cli(...args) {
      const child = spawn(PROGRAM, [...args], {
        env: childEnv,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      return { code: code ?? -1, stdout, stderr };
    },
    async manifest(name, spec) {
      const { source, compose, ...others } = spec as Record<string, Record<string, unknown> | undefined>;
      const document = {
        apiVersion: "conops.dev/v1alpha1",
        kind: "Application",
        metadata: { name },
        spec: {
          ...others,
          source: { repoURL: server.url(name), revision: { branch: "main" }, interval: "1s", ...source },
          compose: { projectName: `${prefix}-${name}`, ...compose },
        },
      };
      await mkdir(dirname(join(manifests, `${name}.yaml`)), { recursive: true });
      await writeFile(join(manifests, `${name}.yaml`), stringify(document));
    },
    async document(name) {
      for (const file of await readdir(manifests, { recursive: true })) {
        if (!file.endsWith(".status.yaml")) continue;
        const text = await readFile(join(manifests, file), "utf8").catch(() => "");
        for (const document of parseAllDocuments(text)) {
          const value = document.toJS() as ApplicationDocument | null;
          if (value?.kind === "Application" && value.metadata.name === name) return value;
        }
      }
      return undefined;
    },
    status: async (name) => (await world.document(name))?.status,
    async record(name) {
      const text = await readFile(join(data, "records", `${name}.json`), "utf8").catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as ApplicationRecord);
    },
    async condition(name, type) {
      const found = (await world.status(name))?.conditions.find((condition) => condition.type === type);
      return found === undefined ? "" : `${found.status} ${found.reason}`;
    },
    async untilStatus(name, what, pleases, limitMs = 30_000) {
      let seen: ApplicationStatus | undefined;
      return until(
        what,
        async () => {
          seen = await world.status(name);
          return seen !== undefined && pleases(seen) ? seen : undefined;
        },
        limitMs,
      ).catch((error: unknown) => {
        throw new Error(
          `${String(error)}\nlast status of "${name}": ${stringify(seen)}\nlog: ${last?.log().slice(-6000)}`,
        );
      });
    },
    untilReady: (name, revision, limitMs) =>
      world.untilStatus(
        name,
        `"${name}" is Ready${revision === undefined ? "" : ` at ${revision}`}`,
        ({ conditions, sync }) =>
          conditions.some(({ type, status }) => type === "Ready" && status === "True") &&
          (revision === undefined || sync.applied?.revision === revision),
        limitMs,
      ),
    async containers(project) {
      const ids = (
        await world.docker(
          "ps",
          "-aq",
          "--no-trunc",
          "--filter",
          `label=com.docker.compose.project=${project}`,
        )
      )
        .split("\n")
        .filter((id) => id !== "");
      if (ids.length === 0) return [];
      // One that vanishes between list and inspect is not there.
      const text = await world.docker("inspect", ...ids).catch(() => "[]");
      return JSON.parse(text) as Inspected[];
    },
    docker: (...args) => docker(args, env),
    async killAll() {
      for (const controller of running) await controller.kill();
    },
    async close({ engineGoes = false } = {}) {
      await world.killAll();
      for (const left of await loginFolders(data)) await rm(left, { recursive: true });
      await server.close();
      if (engineGoes) {
        await rm(root, { recursive: true, force: true });
        return;
      }
      const listed = await docker(["ps", "-a", "--format", '{{.Label "com.docker.compose.project"}}'], env);
      const left = await docker(
        ["network", "ls", "--format", '{{.Label "com.docker.compose.project"}}'],
        env,
      );
      const projects = new Set(
        `${listed}\n${left}`.split("\n").filter((project) => project.startsWith(prefix)),
      );
      for (const project of projects) await cleanupProject(project, env);
      await removeKeptImages(data, env);
      await rm(root, { recursive: true, force: true });
    },
  };
  return world;
}

/** The names by which a controller kept images: of the Applications whose records are left. */
async function removeKeptImages(data: string, env: Environment): Promise<void> {
  for (const file of await readdir(join(data, "records")).catch(() => [])) {
    const name = file.replace(/\.json.*$/, "");
    const format = "{{.Repository}}:{{.Tag}}";
    const listed = await docker(["image", "ls", `conops.local/${name}`, "--format", format], env).catch(
      () => "",
    );
    const names = listed.split("\n").filter((one) => one !== "");
    if (names.length > 0) await docker(["image", "rm", ...names], env).catch(() => "");
  }
}

/** A Compose file of one service that sleeps; `extra` lines are put below it, indented by four. */
export function sleeper(service = "web", extra: readonly string[] = []): string {
  return [
    "services:",
    `  ${service}:`,
    "    image: conops-test/busybox:1",
    '    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]',
    ...extra.map((line) => `    ${line}`),
    "",
  ].join("\n");
}
