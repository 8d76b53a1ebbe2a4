/** A world whose Secrets hold markers, and the search for them in everything that a controller writes, says, shows or starts. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { until } from "./engine.ts";
import { createMarkers, type Markers } from "./markers.ts";
import { startProcessSampler, type Sample } from "./process-sampler.ts";
import { createWorld, type Controller, type World } from "./world.ts";

const PROGRAM = new URL("../../scripts/conops", import.meta.url).pathname;
/** Of other tests, of what runs them, and of the engine, which knows the environment of its containers. */
const OF_OTHERS = /^(?:conops-|ct-|tsx-|node-|runc-)/;
/** Larger files of others are not ours. */
const MAX_FOREIGN_BYTES = 1 << 20;

export interface LeakWorld {
  readonly world: World;
  readonly markers: Markers;
  /** The encryption key of `start` and `conops`, as CONOPS_ENCRYPTION_KEY holds it. */
  readonly key: string;
  /** As `World.start`, with the key, at log level debug, with folders of its own for home and temporary files. */
  start(options?: Parameters<World["start"]>[0]): Promise<Controller>;
  /** Runs a command of the program to its end. Its output is searched, too. */
  conops(
    args: readonly string[],
    options?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<{ readonly code: number | NodeJS.Signals; readonly stdout: string; readonly stderr: string }>;
  /** Writes `NAME.yaml` in the folder of manifests: a Secret in plain text. */
  secret(name: string, fields: Readonly<Record<string, string>>, type?: string): Promise<void>;
  /**
   * Declares an Application of these files whose variables come from the Secret `NAME-values`, which is written, too. Its own
   * Compose processes, and no others, may have these values in their environment.
   */
  application(name: string, what: DeployedApplication): Promise<string>;
  /** Something else that must hold no marker, or no longer. */
  note(what: string, content: string): void;
  /**
   * Fails, naming marker, form and place, for anything that leaked so far: logs, outputs, what is below data directory,
   * folder of manifests (but these files), temporary folders and /dev/shm, the faces of the controller that runs, and what
   * the system showed of every process. At least something must have been looked at everywhere.
   */
  expectNoLeak(options?: { readonly plainFiles?: readonly string[] }): Promise<void>;
  close(): Promise<void>;
}

export interface DeployedApplication {
  readonly files: Readonly<Record<string, string>>;
  /** Variable → value. */
  readonly values: Readonly<Record<string, string>>;
  /** The variable that every container gets. */
  readonly inject?: string;
  readonly compose?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export async function createLeakWorld(): Promise<LeakWorld> {
  const world = await createWorld();
  const markers = createMarkers();
  const bytes = randomBytes(32);
  const key = bytes.toString("base64");
  markers.forbid("the encryption key", key);
  markers.forbid("the encryption key, raw", bytes);
  const sampler = startProcessSampler();
  const controllers: Controller[] = [];
  const said: { readonly what: string; readonly content: string }[] = [];
  const [home, temporary] = [join(world.root, "home"), join(world.root, "tmp")];
  await Promise.all([home, temporary].map((dir) => mkdir(dir)));
  const startedAt = Date.now();
  const env = { HOME: home, TMPDIR: temporary };

  const leak: LeakWorld = {
    world,
    markers,
    key,
    async start(options = {}) {
      const { ready = true, env: more, ...others } = options;
      const controller = await world.start({
        ...others,
        env: { ...env, CONOPS_ENCRYPTION_KEY: key, ...more },
        ready: false,
      });
      controllers.push(controller);
      sampler.watch(controller.process.pid ?? 0);
      if (ready) {
        await until("the controller is ready", () => isReady(controller), 30_000).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${controller.log().slice(-4000)}`);
        });
      }
      return controller;
    },
    async conops(args, { input, env: more } = {}) {
      const child = spawn(PROGRAM, [...args], {
        env: {
          PATH: process.env["PATH"],
          ...env,
          CONOPS_MANIFESTS: world.manifests,
          CONOPS_DATA_DIR: world.data,
          CONOPS_ENCRYPTION_KEY: key,
          ...more,
        },
        stdio: ["pipe", "pipe", "pipe"],
      });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdin.on("error", () => undefined);
      child.stdin.end(input ?? "");
      const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
      leak.note(`conops ${args.join(" ")}`, stdout + stderr);
      return { code: code ?? signal ?? -1, stdout, stderr };
    },
    async secret(name, stringData, type = "Opaque") {
      const document = {
        apiVersion: "conops.dev/v1alpha1",
        kind: "Secret",
        metadata: { name },
        type,
        stringData,
      };
      await writeFile(join(world.manifests, `${name}.yaml`), stringify(document, { lineWidth: 0 }));
    },
    async application(name, { files, values, inject, compose, spec }) {
      const repo = await world.repo(name);
      const sha = await repo.commit(files);
      await leak.secret(`${name}-values`, values);
      await world.manifest(name, {
        ...spec,
        compose: {
          ...compose,
          env: Object.keys(values).map((variable) => ({
            name: variable,
            valueFrom: { secretKeyRef: { name: `${name}-values`, key: variable } },
            ...(variable === inject && { inject: true }),
          })),
        },
      });
      return sha;
    },
    note: (what, content) => void said.push({ what, content }),
    async expectNoLeak({ plainFiles = [] } = {}) {
      const leaks: string[] = [];
      const check = (where: string, content: string | Buffer): void => {
        for (const name of markers.find(Buffer.from(content))) leaks.push(`${where}: ${name}`);
      };
      for (const [index, controller] of controllers.entries())
        check(`log of controller ${index}`, controller.log());
      for (const { what, content } of said) check(what, content);
      for (const controller of controllers) {
        if (controller.process.exitCode !== null || controller.process.signalCode !== null) continue;
        for (const path of ["/metrics", "/readyz", "/healthz"]) {
          check(path, await fetch(controller.http + path).then((answer) => answer.text()));
        }
        const shown = await readFile(`/proc/${controller.process.pid}/environ`).catch(() => "");
        check("environment of the controller that runs", shown);
      }
      const own = [...(await filesBelow(world.data)), ...(await filesBelow(world.manifests))];
      for (const file of [
        ...own,
        ...(await filesBelow(home)),
        ...(await filesBelow(temporary)),
        ...(await foreignFiles(world.root, startedAt)),
      ]) {
        check("name of a file", file.path);
        if (!plainFiles.includes(file.path)) check(file.path, file.content);
      }
      const samples = sampler.samples();
      for (const sample of samples) {
        check("arguments of a process", sample.cmdline);
        const names = markers.find(sample.environ ?? Buffer.alloc(0));
        const wrong = names.filter((name) => !mayHave(name, sample));
        leaks.push(...wrong.map((name) => `environment of "${sample.command.slice(0, 300)}": ${name}`));
        if (!["0", "1"].includes(sample.coreLimit)) leaks.push(`core dumps of "${sample.command}"`);
      }
      expect([...new Set(leaks)].toSorted((a, b) => (a < b ? -1 : 1))).to.deep.equal([]);
      expect(own.length, "files that were looked at").to.be.greaterThan(3);
      expect(samples.length, "processes that were looked at").to.be.greaterThan(0);
    },
    async close() {
      sampler.close();
      await world.close();
    },
  };

  /**
   * The key is in the environment that a controller is given; it takes it out before it starts anything. The values of an
   * Application are in the environment of its own Compose, of the shell that becomes it, and of what Compose starts.
   */
  function mayHave(name: string, sample: Sample): boolean {
    if (name.startsWith("the encryption key"))
      return /scripts\/conops|main\.js|^(?:dirname|readlink) /.test(sample.command);
    const application = /^([a-z0-9-]+)\//.exec(name)?.[1];
    if (application === undefined) return false;
    const project = `-p\0${world.prefix}-${application}\0`;
    return sampler.lineage(sample).some(({ cmdline }) => cmdline.includes(project));
  }

  return leak;
}

async function isReady(controller: Controller): Promise<boolean> {
  if (controller.process.exitCode !== null) throw new Error(`The controller ended: ${controller.log()}`);
  return fetch(`${controller.http}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
}

interface FoundFile {
  readonly path: string;
  readonly content: Buffer;
}

/** Every file, link and pipe, whatever its name. What vanishes meanwhile is not there. */
async function filesBelow(folder: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const content = entry.isFile()
          ? readFile(path)
          : readlink(path).then((target) => Buffer.from(target));
        return { path, content: await content.catch(() => Buffer.alloc(0)) };
      }),
  );
}

/** What was made since in the places for temporary files, where it is not the world's own. */
async function foreignFiles(root: string, sinceMs: number): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const place of ["/dev/shm", tmpdir()]) {
    for (const name of await readdir(place).catch(() => [])) {
      const path = join(place, name);
      if (path === root || OF_OTHERS.test(name)) continue;
      const stats = await lstat(path).catch(() => undefined);
      if (stats === undefined || Math.max(stats.ctimeMs, stats.mtimeMs) < sinceMs) continue;
      if (stats.isDirectory()) found.push(...(await filesBelow(path)));
      else if (stats.isFile() && stats.size <= MAX_FOREIGN_BYTES) {
        found.push({ path, content: await readFile(path).catch(() => Buffer.alloc(0)) });
      }
    }
  }
  return found;
}
