import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createDocker } from "../../../controller/docker/engine.ts";
import type { Docker } from "../../../controller/docker/docker.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { sha256 } from "../../../controller/lib/hash.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { parseDockerConfig } from "../../../controller/secret/docker-config.ts";
import { authHeader, loginFor } from "../../../controller/secret/registry-auth.ts";
import { createDockerInformer } from "../../../controller/watch/docker-informer.ts";
import { createImageInformer } from "../../../controller/watch/image-informer.ts";
import type { DockerInformer, ImageInformer } from "../../../controller/watch/watch.ts";
import { docker as cli, requireEngine, TEST_IMAGE, uniqueProject, until } from "../../support/engine.ts";
import { startImageRegistry, type ImageRegistry } from "../../support/image-registry.ts";

const ADA = { user: "ada", password: "ada's p@ssword/1815?" };
const INTERVAL_MS = 500;

describe("createImageInformer() on a real engine and a real registry", function () {
  this.timeout(60_000);
  const signal = new AbortController().signal;
  let docker: Docker;
  let registry: ImageRegistry;
  let image: string;
  let images: ImageInformer;
  let engine: DockerInformer;
  let told: string[];
  let lookUps: string[];
  let ownLogin: string;

  before(async () => {
    await requireEngine();
    registry = await startImageRegistry(ADA);
    image = await registry.push("shop/web:1", "one");
    docker = createDocker({
      dockerHost: process.env["DOCKER_HOST"],
      clock: systemClock,
      log: silentLog,
      fingerprint: sha256,
      limits: { lookUpMs: 2000 },
    });
  });
  after(async () => {
    await registry?.close();
  });

  beforeEach(async () => {
    [told, lookUps, ownLogin] = [[], [], ""];
    images = createImageInformer({
      docker,
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      intervalMs: INTERVAL_MS,
      ownLogin: () => Promise.resolve(ownLogin),
      enqueue: (name) => told.push(name),
      onLookUp: (result) => lookUps.push(result),
    });
    engine = createDockerInformer({
      docker,
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      onChange: () => undefined,
      onEngine: () => void images.refresh(),
      onImages: () => images.changed(),
      signal,
    });
    await until("the engine answers", () => engine.hasSynced());
  });
  afterEach(async () => {
    await Promise.all([engine.close(), images.close()]);
  });

  const login = (config = registry.login()): string => {
    const read = parseDockerConfig(config);
    if (read.kind !== "ok") throw new Error(read.message);
    return authHeader(loginFor(read.value, registry.host), registry.host);
  };
  const heads = (name: string): number =>
    registry.requests().filter((request) => request === `HEAD /v2/${name}/manifests/1`).length;
  const digest = (): string | undefined => images.registry("shop-0", "web")?.digest;

  it("looks an image up once for fifty Applications, and sees the tag move", async () => {
    const before = heads("shop/web");
    for (let n = 0; n < 50; n += 1)
      images.follow(`shop-${n}`, { web: { image, lookUp: { login: login() } } });
    const first = await until("the digest is known", digest);
    expect(heads("shop/web") - before).to.equal(lookUps.length);
    await until("there were three look-ups", () => lookUps.length >= 3);
    told.length = 0;

    await registry.publish("shop/web:1", "two");
    await until("another digest is known", () => digest() !== first);

    expect(heads("shop/web") - before).to.be.within(lookUps.length, lookUps.length + 1);
    expect(lookUps).to.not.include("error");
    expect(new Set(told).size).to.equal(50);
    await cli(["--config", await configFolder(), "pull", "--quiet", image]);
    const pulled = await docker.image(image, signal);
    expect(pulled?.digests).to.deep.equal([`${registry.host}/shop/web@${digest()}`]);
    await cli(["image", "rm", image]);
  });

  it("says who refused, and looks up again with a login", async () => {
    images.follow("shop-0", { web: { image, lookUp: { login: "own" } } });
    const refused = await until("it was refused", () => images.registry("shop-0", "web")?.error);
    expect(refused).to.deep.equal({
      reason: "AuthenticationFailed",
      message: `Cannot look up image "${image}" in its registry: the registry refuses the login, or asks for one`,
    });

    ownLogin = login();
    await until("the digest is known", digest);

    expect(images.registry("shop-0", "web")?.error).to.equal(undefined);
  });

  it("says that there is no such image, and that nothing listens there", async () => {
    const nothing = image.replace("web:1", "nothing:1");
    const nobody = `127.0.0.1:9/web:1`;
    images.follow("shop-0", {
      web: { image: nothing, lookUp: { login: login() } },
      db: { image: nobody, lookUp: { login: "" } },
    });

    const errors = await Promise.all(
      ["web", "db"].map((service) =>
        until(`"${service}" has failed`, () => images.registry("shop-0", service)?.error?.message),
      ),
    );

    expect(errors).to.deep.equal([
      `Cannot look up image "${nothing}" in its registry: the registry has no such image`,
      `Cannot look up image "${nobody}" in its registry: the registry refuses the connection`,
    ]);
  });

  it("gives up on a registry that does not answer, asks it again, and goes on with the engine meanwhile", async () => {
    registry.freeze();
    try {
      images.follow("shop-0", { web: { image, lookUp: { login: login() } } });
      const error = await until(
        "it has failed",
        () => images.registry("shop-0", "web")?.error?.message,
        30_000,
      );
      expect(error).to.equal(`Cannot look up image "${image}" in its registry: the registry does not answer`);
      expect(engine.down()).to.equal(undefined);
      expect(await docker.imageId(TEST_IMAGE, signal)).to.match(/^sha256:/);
    } finally {
      registry.thaw();
    }
    await until("the digest is known", digest);
  });

  it("follows what names stand for on this host by events alone", async () => {
    const name = `${uniqueProject()}/web`;
    images.follow("shop-0", { web: { image: name } });
    const first = await docker.imageId(TEST_IMAGE, signal);
    expect(images.local("shop-0", "web")).to.equal(undefined);

    await cli(["tag", TEST_IMAGE, name]);
    await until("the name stands for the first", () => images.local("shop-0", "web")?.id === first);
    await cli(["tag", await built(), name]);
    await until("the name stands for another", () => {
      const { id } = images.local("shop-0", "web") ?? {};
      return id !== undefined && id !== first;
    });
    const second = images.local("shop-0", "web")?.id ?? "";
    expect(images.byId(second)?.tags).to.include(`${name}:latest`);
    await docker.tagImage(first ?? "", name, signal);
    await until("the name stands for the first again", () => images.local("shop-0", "web")?.id === first);
    await cli(["image", "rm", name]);
    await until("the name stands for nothing", () => images.local("shop-0", "web") === undefined);

    await cli(["image", "rm", "--force", second]);
    expect(new Set(told)).to.deep.equal(new Set(["shop-0"]));
  });

  async function built(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "ct-image-"));
    await writeFile(
      join(folder, "Dockerfile"),
      `FROM ${TEST_IMAGE}\nLABEL conops-test="${uniqueProject()}"\n`,
    );
    const id = (await cli(["build", "--quiet", folder])).trim();
    await rm(folder, { recursive: true });
    return id;
  }

  async function configFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "ct-login-"));
    folders.push(folder);
    await writeFile(join(folder, "config.json"), registry.login());
    return folder;
  }
  const folders: string[] = [];
  after(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });
});
