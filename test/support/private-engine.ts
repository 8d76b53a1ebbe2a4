import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { access, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

import { TEST_IMAGE, until } from "./engine.ts";
import { killProcessesNaming, removeCgroups, unmountBelow } from "./sweep.ts";

const run = promisify(execFile);

/** A dockerd of a test's own, which may be stopped, killed and frozen. Its containers run in a network namespace of its own. */
export interface PrivateEngine {
  readonly dockerHost: string;
  /** The process's environment with `DOCKER_HOST` for this engine: for `docker`, `docker compose` and ConOps. */
  readonly env: Record<string, string>;
  /** Of dockerd; changes with each start. */
  pid(): number;
  /** Starts it again after `stop` or `kill`; resolves when it answers. */
  start(): Promise<void>;
  /** Sends the signal (default SIGTERM, on which it stops its containers) and resolves when dockerd is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** SIGKILL: its containers run on. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and never answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Gives it the tests' image from the shared engine. */
  loadTestImage(): Promise<void>;
  /** Runs a command in its network namespace, where its published ports are; the standard output. */
  exec(command: string, args: readonly string[]): Promise<string>;
  /** Starts a program in its network namespace that ends with this process at the latest. */
  spawn(command: string, args: readonly string[]): ChildProcess;
  /** GET from inside its network namespace; the body. Rejects where nothing answers within 5 s. */
  fetchText(url: string): Promise<string>;
  /** What dockerd logged last. */
  lastLog(): Promise<string>;
  /** Ends everything that it started and removes everything that it made. */
  close(): Promise<void>;
}

export interface PrivateEngineOptions {
  /** Further arguments of dockerd, such as `--live-restore`. */
  readonly args?: readonly string[];
}

/** Starts one (2 to 3 s), with the tests' image loaded. Needs root, iproute2 and dockerd, and says which is missing. */
export async function startPrivateEngine(options: PrivateEngineOptions = {}): Promise<PrivateEngine> {
  await requireTools();
  await sweepAbandoned();
  const name = `ct-engine-${process.pid}-${randomBytes(4).toString("hex")}`;
  const root = await mkdtemp(join(tmpdir(), `${name}-`));
  const socket = join(root, "docker.sock");
  const netns = `/run/netns/${name}`;
  const logFile = join(root, "dockerd.log");
  const dockerHost = `unix://${socket}`;
  const env = environmentFor(dockerHost);
  let daemon: ChildProcess | undefined;

  const alive = (): ChildProcess => {
    if (daemon === undefined) throw new Error("The private engine does not run");
    return daemon;
  };
  const isUp = (): boolean => daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null;
  const lastLog = async (): Promise<string> =>
    (await readFile(logFile, "utf8").catch(() => "")).split("\n").slice(-15).join("\n");

  async function start(): Promise<void> {
    // a pid file of a killed dockerd keeps the next one from starting while init has not reaped the first
    await rm(join(root, "docker.pid"), { force: true });
    const log = openSync(logFile, "a");
    const started = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", "nsenter", `--net=${netns}`, ...dockerdCommand()],
      {
        stdio: ["ignore", log, log],
        env: environmentFor(undefined),
      },
    );
    closeSync(log);
    daemon = started;
    started.on("error", () => {}); // seen below: it does not answer
    try {
      await until(
        "the private engine answers",
        () => {
          if (!isUp()) throw new Error("dockerd ended");
          return answersPing(socket);
        },
        60_000,
      );
    } catch (error) {
      throw new Error(`Cannot start a private engine: ${await lastLog()}`, { cause: error });
    }
  }

  function dockerdCommand(): string[] {
    return [
      "dockerd",
      `--host=${dockerHost}`,
      `--data-root=${join(root, "data")}`,
      `--exec-root=${join(root, "exec")}`,
      `--pidfile=${join(root, "docker.pid")}`,
      `--config-file=${join(root, "daemon.json")}`,
      `--cgroup-parent=/${name}`,
      "--default-address-pool=base=10.192.0.0/10,size=24",
      ...(options.args ?? []),
    ];
  }

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (!isUp()) return;
    const ending = alive();
    const gone = once(ending, "exit");
    ending.kill(signal);
    await gone;
  }

  async function loadTestImage(): Promise<void> {
    const save = spawn("docker", ["save", TEST_IMAGE], { stdio: ["ignore", "pipe", "inherit"] });
    const load = spawn("docker", ["load", "--quiet"], { stdio: ["pipe", "ignore", "inherit"], env });
    const loaded = once(load, "exit") as Promise<[number | null]>;
    await pipeline(save.stdout, load.stdin);
    const [code] = await loaded;
    if (code !== 0) throw new Error(`Cannot load ${TEST_IMAGE} into the private engine: docker load failed`);
  }

  const exec = async (command: string, args: readonly string[]): Promise<string> =>
    (await run("nsenter", [`--net=${netns}`, command, ...args], { timeout: 30_000 })).stdout;

  async function close(): Promise<void> {
    if (isUp()) {
      alive().kill("SIGCONT");
      await stop("SIGKILL");
    }
    await removeEngine(name, root);
  }

  try {
    await run("ip", ["netns", "add", name]);
    await exec("ip", ["link", "set", "lo", "up"]);
    await writeFile(join(root, "daemon.json"), "{}");
    await start();
    await loadTestImage();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    dockerHost,
    env,
    pid: () => alive().pid ?? 0,
    start,
    stop,
    kill: () => stop("SIGKILL"),
    pause: () => void alive().kill("SIGSTOP"),
    resume: () => void alive().kill("SIGCONT"),
    loadTestImage,
    exec,
    spawn: (command, args) =>
      spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", `--net=${netns}`, command, ...args], {
        stdio: "ignore",
        env: { ...environmentFor(undefined), OTEL_TRACES_EXPORTER: "none" },
      }),
    fetchText: (url) =>
      exec(process.execPath, [
        "--eval",
        "fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then((r) => r.text()).then((t) => process.stdout.write(t))",
        url,
      ]),
    lastLog,
    close,
  };
}

async function removeEngine(name: string, root: string): Promise<void> {
  await killProcessesNaming(root);
  await unmountBelow(root);
  await removeCgroups(name);
  await run("ip", ["netns", "delete", name]).catch(() => {});
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what test processes that were killed left behind; their dockerd died with them, its containers did not. */
async function sweepAbandoned(): Promise<void> {
  for (const folder of await readdir(tmpdir())) {
    const [, name, owner] = /^(ct-engine-(\d+)-[0-9a-f]{8})-\w+$/.exec(folder) ?? [];
    if (name !== undefined && !existsSync(`/proc/${owner}`)) await removeEngine(name, join(tmpdir(), folder));
  }
}

async function requireTools(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("A private engine needs root: run the tests as root");
  for (const [tool, from] of [
    ["dockerd", "`make engine` installs it"],
    ["ip", "install iproute2"],
    ["nsenter", "install util-linux"],
    ["setpriv", "install util-linux"],
  ] as const) {
    const folders = (process.env["PATH"] ?? "").split(":");
    const found = await Promise.all(
      folders.map((folder) =>
        access(join(folder, tool)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (!found.includes(true)) throw new Error(`A private engine needs the command ${tool}: ${from}`);
  }
}

function environmentFor(dockerHost: string | undefined): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && !key.startsWith("DOCKER_")) env[key] = value;
  }
  if (dockerHost !== undefined) env["DOCKER_HOST"] = dockerHost;
  return env;
}

function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => resolve(false));
    ping.end();
  });
}
