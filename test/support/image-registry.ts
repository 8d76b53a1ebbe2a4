/** A real registry of images (Debian's docker-registry) on a free port of loopback, with one user, that holds nothing at first. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { docker, TEST_IMAGE } from "./engine.ts";
import { accepts, freePort } from "./git-servers.ts";

const run = promisify(execFile);
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

export interface ImageRegistry {
  /** `127.0.0.1:PORT`: engines speak plain http to loopback. */
  readonly host: string;
  /** A `config.json` of Docker with the login, or with this password in the place of the right one. */
  login(password?: string): string;
  /**
   * Pushes the tests' image with the label `conops-test` as `HOST/NAME`, and removes it from the engine. Returns the whole
   * name.
   */
  push(name: string, label: string): Promise<string>;
  /** The same without a trace on the engine, as when another machine pushes: `NAME:TAG` of the registry is another image. */
  publish(name: string, label: string): Promise<string>;
  /** What was asked of it so far: `HEAD /v2/shop/web/manifests/1`. */
  requests(): readonly string[];
  /** Answers nothing until it is thawed; connections are taken all the same. */
  freeze(): void;
  thaw(): void;
  /** Ends it, until it is up again at the same address with the same images. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends it, and removes its images from the engine: no container may have one any more. */
  close(): Promise<void>;
}

export interface RegistryUser {
  readonly user: string;
  readonly password: string;
}

export async function startImageRegistry({ user, password }: RegistryUser): Promise<ImageRegistry> {
  const dir = await mkdtemp(join(tmpdir(), "conops-registry-"));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  let pushes = 0;
  await writeFile(join(dir, "htpasswd"), `${user}:${await bcrypt(password)}\n`);
  await writeFile(
    join(dir, "config.yml"),
    JSON.stringify({
      version: 0.1,
      log: { level: "error", accesslog: { disabled: false } },
      storage: { filesystem: { rootdirectory: join(dir, "data") } },
      http: { addr: host },
      auth: { htpasswd: { realm: "conops-test", path: join(dir, "htpasswd") } },
    }),
  );
  let said = "";
  async function launch(): Promise<ChildProcess> {
    const child = spawn("docker-registry", ["serve", join(dir, "config.yml")], {
      env: { PATH: process.env["PATH"], HOME: dir, OTEL_TRACES_EXPORTER: "none" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const collect = (chunk: Buffer): void => void (said += chunk.toString());
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return child;
  }
  async function end(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await ended;
  }
  let child = await launch();
  const login = (secret = password): string =>
    JSON.stringify({
      auths: { [host]: { auth: Buffer.from(`${user}:${secret}`).toString("base64") } },
    });

  async function copy(name: string, from: string, to: string): Promise<void> {
    const headers = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      accept: MANIFEST,
    };
    const at = (tag: string): string => `http://${host}/v2/${name}/manifests/${tag}`;
    const found = await fetch(at(from), { headers });
    const put = await fetch(at(to), {
      method: "PUT",
      headers: { ...headers, "content-type": found.headers.get("content-type") ?? MANIFEST },
      body: await found.text(),
    });
    if (!put.ok) throw new Error(`Cannot tag "${name}:${to}": the registry answered ${put.status}`);
  }

  const registry: ImageRegistry = {
    host,
    login,
    async publish(name, label) {
      const [repository = "", tag = ""] = name.split(":");
      await registry.push(`${repository}:next-${tag}`, label);
      await copy(repository, `next-${tag}`, tag);
      return `${host}/${name}`;
    },
    requests: () =>
      [...said.matchAll(/"([A-Z]+ \/v2\/\S*) HTTP\/1\.1" \d+/g)].map(([, request = ""]) => request),
    async push(name, label) {
      const image = `${host}/${name}`;
      const folder = join(dir, `push-${++pushes}`);
      await mkdir(folder);
      await writeFile(join(folder, "Dockerfile"), `FROM ${TEST_IMAGE}\nLABEL conops-test="${label}"\n`);
      await writeFile(join(folder, "config.json"), login());
      await docker(["build", "--quiet", "--tag", image, folder]);
      await docker(["--config", folder, "push", "--quiet", image]);
      await docker(["image", "rm", image]);
      return image;
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    down: end,
    async up() {
      child = await launch();
    },
    async close() {
      await end();
      for (const id of await imagesOf(host)) {
        await docker(["image", "rm", "--force", id]).catch(() => undefined); // two names of one are one
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
  return registry;
}

/** Of its images those, too, that lost their tag to a newer one. */
async function imagesOf(host: string): Promise<readonly string[]> {
  const rows = (await docker(["image", "ls", "--format", "{{.Repository}} {{.ID}}"])).split("\n");
  return rows.filter((row) => row.startsWith(`${host}/`)).map((row) => row.split(" ")[1] ?? "");
}

/** As htpasswd writes it; the registry takes no other kind. */
async function bcrypt(password: string): Promise<string> {
  const script = String.raw`print crypt($ENV{PASSWORD}, "\$2b\$05\$abcdefghijklmnopqrstuv")`;
  const { stdout } = await run("perl", ["-e", script], { env: { PASSWORD: password } });
  return stdout;
}
