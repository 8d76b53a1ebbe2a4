/** Where situations are played: one controller, one engine, an Application for each situation. */
import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { ApplicationDocument, ApplicationStatus } from "../../controller/api/status.ts";
import { TEST_IMAGE, until } from "../support/engine.ts";
import { gitEnvironment } from "../support/git-repo.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";
import { createEngineApi, type EngineApi, type Snapshot } from "./containers.ts";
import { readLog, type ControllerLog } from "./controller-log.ts";
import { composeOf, type Situation, type Spec } from "./situation.ts";

/** Of the registry that a test starts beside its private engine, where no other port is taken. */
export const REGISTRY_PORT = 5000;
/** Patient: a machine that is busy with other tests is slow. */
const LIMIT_MS = 90_000;

export interface Stage {
  readonly world: World;
  readonly engine: EngineApi;
  readonly controller: () => Controller;
  readonly log: () => ControllerLog;
  project(id: string): string;
  snapshot(id: string): Promise<Snapshot>;
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
  /** Its repository, with the first commit. */
  prepare(situation: Situation): Promise<void>;
  manifest(situation: Situation, spec: Spec): Promise<void>;
  /** Shell commands as a situation writes them; the standard output. Rejects with what was said where they fail. */
  shell(situation: Situation, commands: string): Promise<string>;
  status(id: string): Promise<ApplicationStatus | undefined>;
  untilStatus(
    id: string,
    what: string,
    pleases: (status: ApplicationStatus) => boolean,
    limitMs?: number,
  ): Promise<ApplicationStatus>;
  /** Changes whenever its status file or its record is written. */
  stamp(id: string): Promise<string>;
  /** `name{labels}` → value, of all series of the controller. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** The value of a label-less or fully named series; 0 where there is none. */
  close(): Promise<void>;
}

/** A stage on the engine of `env`. */
export async function createStage(env: Readonly<Record<string, string>>): Promise<Stage> {
  const world = await createWorld(env);
  const engine = createEngineApi(env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock");
  const cache = new Map<string, { readonly stamp: string; readonly status: ApplicationStatus | undefined }>();
  let controller: Controller | undefined;
  let log: ControllerLog | undefined;

  const running = (): Controller => {
    if (controller === undefined) throw new Error("No controller runs");
    return controller;
  };
  const project = (id: string): string => `${world.prefix}-${id}`;
  const statusFile = (id: string): string => join(world.manifests, `${id}.status.yaml`);
  const stampOf = (file: string): Promise<string> =>
    stat(file, { bigint: true }).then(
      ({ ino, mtimeNs }) => `${ino} ${mtimeNs}`,
      () => "",
    );

  async function status(id: string): Promise<ApplicationStatus | undefined> {
    const stamp = await stampOf(statusFile(id));
    const known = cache.get(id);
    if (known?.stamp === stamp) return known.status;
    const text = await readFile(statusFile(id), "utf8").catch(() => "");
    const [document] = parseAllDocuments(text);
    const found = (document?.toJS() as ApplicationDocument | undefined)?.status;
    cache.set(id, { stamp, status: found });
    return found;
  }

  function environment(situation: Situation): NodeJS.ProcessEnv {
    const { id } = situation;
    const checkout = join(world.data, "checkouts", id);
    return {
      ...env,
      ...gitEnvironment(),
      project: project(id),
      checkout,
      file: join(checkout, "compose.yaml"),
      image: TEST_IMAGE,
      tag: tagOf(id),
      pushed: pushedOf(id),
      ...Object.fromEntries(
        Object.keys(situation.services).map((name) => [name, `${project(id)}-${name}-1`]),
      ),
    };
  }

  return {
    world,
    engine,
    controller: running,
    log() {
      if (log === undefined) throw new Error("No controller runs");
      return log;
    },
    project,
    snapshot: (id) => engine.snapshot(project(id)),
    async start(more = {}) {
      controller = await world.start({
        args: ["--concurrency", "6", "--image-interval", "2s"],
        env: { ...more },
      });
      log = readLog(controller);
    },
    async stop() {
      await running().stop();
      controller = undefined;
    },
    async prepare(situation) {
      const { id, files = {} } = situation;
      const repo = await world.repo(id);
      const compose = stringify(composeOf(situation))
        .replaceAll("$tag", tagOf(id))
        .replaceAll("$pushed", pushedOf(id));
      await repo.commit({ "compose.yaml": compose, ...files }, "First");
    },
    manifest(situation, spec) {
      const { source, ...others } = spec;
      // Asking a remote costs: only who commits is asked often.
      const interval = JSON.stringify(situation.steps).includes("git ") ? "1s" : "10s";
      return world.manifest(situation.id, { ...others, source: { interval, ...(source as object) } });
    },
    shell: (situation, commands) =>
      runShell(commands, join(world.repos, situation.id), environment(situation)),
    status,
    async untilStatus(id, what, pleases, limitMs = LIMIT_MS) {
      const end = performance.now() + limitMs;
      for (;;) {
        const now = await status(id);
        if (now !== undefined && pleases(now)) return now;
        if (performance.now() > end) {
          const said = log?.of(id).map((line) => JSON.stringify(line));
          throw new Error(
            `Waited ${limitMs / 1000} s in vain until ${what}\nlast status of "${id}": ${stringify(now)}\nlog:\n${said?.slice(-40).join("\n")}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    stamp: async (id) =>
      `${await stampOf(statusFile(id))}, ${await stampOf(join(world.data, "records", `${id}.json`))}`,
    async metrics() {
      const text = await (await fetch(`${running().http}/metrics`)).text();
      const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      return new Map(
        series.map((line) => {
          const space = line.lastIndexOf(" ");
          return [line.slice(0, space), Number(line.slice(space + 1))];
        }),
      );
    },
    close: () => world.close({ engineGoes: true }),
  };
}

/** Resolves when the controller has looked at each of these once, and at their sources, and rests. */
export async function untilLookedAt(stage: Stage, ids: readonly string[]): Promise<void> {
  await until(
    "the controller has looked at every Application and rests",
    async () => {
      const metrics = await stage.metrics();
      const observed = [...metrics.keys()].filter((series) => series.startsWith("conops_app_info{"));
      const busy = [...metrics].filter(
        ([series, value]) =>
          /^(workqueue_depth|controller_runtime_active_workers)\{/.test(series) && value > 0,
      );
      const asked = ids.every((id) =>
        stage
          .log()
          .of(id)
          .some(({ msg }) => msg === "source read"),
      );
      if (observed.length >= ids.length && busy.length === 0 && asked) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return false;
    },
    LIMIT_MS,
  );
}

function pushedOf(id: string): string {
  return `127.0.0.1:${REGISTRY_PORT}/truth/${id}:1`;
}

function tagOf(id: string): string {
  return `ct-truth/${id}:1`;
}

function runShell(commands: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-euc", commands], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${commands}: exit ${code}: ${stderr}`));
    });
  });
}
