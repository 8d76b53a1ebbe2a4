import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { ApplicationStatus, ServiceStatus } from "../../controller/api/status.ts";
import { docker, requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { createDeployments, FOR_EVER, type Deployments } from "../support/deployments.ts";
import { startImageRegistry, type ImageRegistry } from "../support/image-registry.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

const ADA = { user: "ada", password: "ada-1815" };
const ALWAYS = { compose: { pull: "always", imagePullSecrets: [{ name: "hub" }] } };

describe("the images of services", function () {
  this.timeout(120_000);
  let world: World;
  let registry: ImageRegistry;
  let apps: Deployments;
  let home: string;
  const tags: string[] = [];

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
    apps = createDeployments(world);
    registry = await startImageRegistry(ADA);
    home = join(world.root, "home");
    await mkdir(join(home, ".docker"), { recursive: true });
    await writeFile(join(home, ".docker", "config.json"), registry.login());
    await writeFile(
      join(world.manifests, "hub.yaml"),
      stringify({
        apiVersion: "conops.dev/v1alpha1",
        kind: "Secret",
        metadata: { name: "hub" },
        type: "kubernetes.io/dockerconfigjson",
        stringData: { ".dockerconfigjson": registry.login() },
      }),
    );
  });
  afterEach(async () => {
    await world.close();
    for (const tag of tags.splice(0)) await docker(["image", "rm", "--force", tag]).catch(() => undefined);
    await registry.close();
  });

  const start = (interval = "1s"): Promise<Controller> =>
    world.start({ env: { HOME: home }, args: ["--image-interval", interval] });
  const service = (status: ApplicationStatus | undefined, name: string): ServiceStatus | undefined =>
    status?.health.services.find((one) => one.name === name);
  const label = async (name: string, of = "web"): Promise<string | undefined> =>
    (await apps.container(name, of)).Config.Labels["conops-test"];
  const ups = (controller: Controller): number =>
    controller.lines().filter(({ command }) => command === "up").length;

  /** An image of its own, under this name of the host alone. */
  async function tagged(name: string, text: string): Promise<string> {
    const folder = join(world.root, `image-${text}`);
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, "Dockerfile"),
      `FROM ${TEST_IMAGE}\nLABEL conops-test="${world.prefix} ${text}"\n`,
    );
    tags.push(name);
    return (await docker(["build", "--quiet", "--tag", name, folder])).trim();
  }

  it("follow a tag that is pushed anew, with pull: always, and no other container is touched", async () => {
    const web = await registry.push("shop/web:1", "one");
    const db = await registry.push("shop/db:1", "db");
    await start();
    await apps.deploy(
      "shop",
      { web: { image: web }, db: { image: db }, job: { pull_policy: "never" } },
      ALWAYS,
    );
    const before = await Promise.all(["db", "job"].map((name) => apps.container("shop", name)));
    const status = await world.untilStatus("shop", "the registry was asked", ({ conditions }) =>
      conditions.some(({ type, status: is }) => type === "ImagesChecked" && is === "True"),
    );
    expect(service(status, "web")?.imageDigest).to.match(/^sha256:/);

    await registry.publish("shop/web:1", "two");
    await world.untilStatus(
      "shop",
      "the new image is healthy",
      ({ history, phase }) => history[0]?.trigger === "ImageChanged" && phase === "Synced",
    );

    expect(await label("shop")).to.equal("two");
    const after = await Promise.all(["db", "job"].map((name) => apps.container("shop", name)));
    expect(after.map(({ Id }) => Id)).to.deep.equal(before.map(({ Id }) => Id));
    const now = await world.status("shop");
    expect([now?.drift, now?.history[0]?.result]).to.deep.equal([[], "Succeeded"]);
    expect(service(now, "web")?.imageMoved).to.equal(undefined);
    await quiet("shop");
  });

  const isHealed = ({ history, drift, phase }: ApplicationStatus): boolean =>
    history[0]?.trigger === "Drift" && drift.length === 0 && phase === "Synced";

  /** For four intervals nothing is done. */
  async function quiet(name: string): Promise<void> {
    const before = await world.status(name);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(await world.status(name)).to.deep.equal(before);
  }

  it("are looked up once for all Applications, and taken by each of them, by the user's own login", async () => {
    const web = await registry.push("web:1", "one");
    const controller = await start();
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names)
      await apps.deploy(name, { web: { image: web } }, { compose: { pull: "always" } });
    const heads = (): number =>
      registry.requests().filter((request) => request === "HEAD /v2/web/manifests/1").length;
    const metric = async (): Promise<number> => {
      const text = await (await fetch(`${controller.http}/metrics`)).text();
      return Number(/conops_image_lookups_total\{result="success"\} (\d+)/.exec(text)?.[1]);
    };
    await until("there was a look-up", async () => (await metric()) > 0);
    const [headsBefore, countBefore] = [heads(), await metric()];
    await until("there were three more", async () => (await metric()) >= countBefore + 3);
    expect(heads() - headsBefore).to.be.within(2, 5);

    await registry.publish("web:1", "two");
    for (const name of names)
      await world.untilStatus(
        name,
        "it has the new image",
        ({ history }) => history[0]?.trigger === "ImageChanged",
      );

    for (const name of names) expect(await label(name)).to.equal("two");
  });

  it("stay what they are while the registry is down, which is said and no drift", async () => {
    const web = await registry.push("web:1", "one");
    await start();
    await apps.deploy("shop", { web: { image: web } }, ALWAYS);
    const before = await apps.container("shop");

    await registry.down();
    const status = await world.untilStatus(
      "shop",
      "the look-ups have failed",
      ({ conditions }) =>
        conditions.some(({ type, status: is }) => type === "ImagesChecked" && is === "False"),
      90_000,
    );
    await registry.up();

    expect([status.phase, status.drift]).to.deep.equal(["Synced", []]);
    expect((await apps.container("shop")).Id).to.equal(before.Id);
    await world.untilStatus(
      "shop",
      "the registry is back",
      ({ conditions }) =>
        conditions.some(({ type, status: is }) => type === "ImagesChecked" && is === "True"),
      90_000,
    );
  });

  it("are not changed by a pull by hand, with pull: missing; it is shown, and a sync takes it", async () => {
    const web = await registry.push("web:1", "one");
    await start();
    await apps.deploy("shop", { web: { image: web }, db: {} });
    const before = await apps.container("shop");

    await registry.publish("web:1", "two");
    await docker(["--config", join(home, ".docker"), "pull", "--quiet", web]);
    const moved = await world.untilStatus(
      "shop",
      "the move is shown",
      (status) => service(status, "web")?.imageMoved !== undefined,
    );
    expect([moved.phase, moved.drift]).to.deep.equal(["Synced", []]);
    const described = await world.cli("describe", "shop");
    expect(described.stdout).to.contain((service(moved, "web")?.imageMoved ?? "").slice(7, 19));
    await world.untilReady("shop", await apps.push("shop", { web: { image: web }, db: { user: "0" } }));
    expect((await apps.container("shop")).Id).to.equal(before.Id);
    await quiet("shop");

    expect((await world.cli("sync", "shop")).code).to.equal(0);
    await world.untilStatus(
      "shop",
      "the image is taken",
      (status) => service(status, "web")?.imageMoved === undefined,
    );
    expect(await label("shop")).to.equal("two");
  });

  it("go by the id where a container must be made anew, without loops and without a needless change later", async () => {
    const name = `${world.prefix}/web:1`;
    await tagged(name, "one");
    const controller = await start();
    await apps.deploy("shop", { web: { image: name }, db: {} });
    const first = (await apps.container("shop")).Image;
    const second = await tagged(name, "two");
    expect(second).to.not.equal(first);

    await docker(["rm", "--force", (await apps.container("shop")).Id]);
    await world.untilStatus("shop", "it is healed", isHealed);
    const healed = await apps.container("shop");
    expect(healed.Image).to.equal(first);
    await quiet("shop");

    await world.untilReady("shop", await apps.push("shop", { web: { image: name, user: "0" }, db: {} }));
    const changed = await apps.container("shop");
    expect(changed.Id).to.not.equal(healed.Id);
    expect(changed.Image).to.equal(first);
    expect(service(await world.status("shop"), "web")?.image).to.equal(name);

    await world.untilReady(
      "shop",
      await apps.push("shop", { web: { image: name, user: "0" }, db: { user: "0" } }),
    );
    await docker(["tag", first, name]);
    await world.untilReady(
      "shop",
      await apps.push("shop", { web: { image: name, user: "0" }, db: { user: "1" } }),
    );
    expect((await apps.container("shop")).Id).to.equal(changed.Id);
    await quiet("shop");
    expect(ups(controller)).to.be.greaterThan(0);
  });

  it("are pulled again when they are gone and a container must be made anew", async () => {
    const web = await registry.push("web:1", "one");
    await start();
    await apps.deploy("shop", { web: { image: web } });
    await registry.publish("web:1", "two");
    const { Id, Image } = await apps.container("shop");

    await docker(["image", "rm", "--force", web]);
    await quiet("shop");
    expect((await apps.container("shop")).Id).to.equal(Id);
    await docker(["rm", "--force", Id]);
    await docker(["image", "rm", "--force", Image]).catch(() => undefined); // the removal may be under way
    await world.untilStatus("shop", "it is healed", isHealed, 60_000);

    await until("it runs again", async () => (await apps.container("shop")).State.Status === "running");
    await quiet("shop");
  });

  it("that the Application builds get their name back, and nothing is made anew", async () => {
    const name = `${world.prefix}/built:1`;
    tags.push(name);
    const repo = await world.repo("shop");
    const sha = await repo.commit({
      "compose.yaml": stringify({
        services: { web: { image: name, build: ".", command: FOR_EVER } },
      }),
      Dockerfile: `FROM ${TEST_IMAGE}\nLABEL conops-test="${world.prefix}"\n`,
    });
    await start();
    await world.manifest("shop", {});
    await world.untilReady("shop", sha);
    const before = await apps.container("shop");

    await docker(["tag", TEST_IMAGE, name]);
    await world.untilStatus("shop", "it is healed", isHealed);

    expect((await docker(["image", "inspect", "--format", "{{.Id}}", name])).trim()).to.equal(before.Image);
    expect((await apps.container("shop")).Id).to.equal(before.Id);
    await quiet("shop");
  });

  it("of a container that somebody made of another image are put right", async () => {
    const name = `${world.prefix}/web:1`;
    await tagged(name, "one");
    await start();
    await apps.deploy("shop", { web: { image: name } });
    const first = (await apps.container("shop")).Image;

    await tagged(name, "two");
    const recordOf = await world.record("shop");
    const dir = recordOf?.applied?.projectDir ?? "";
    await docker([
      "compose",
      "-p",
      apps.project("shop"),
      "--project-directory",
      dir,
      "-f",
      join(dir, "compose.yaml"),
      "up",
      "-d",
    ]);
    // Healing may begin while Compose is still at work, and be undone by it.
    await until(
      "it is made of the recorded image",
      async () => (await apps.container("shop")).Image === first,
    );
    await world.untilStatus(
      "shop",
      "it is well",
      ({ phase, drift }) => phase === "Synced" && drift.length === 0,
    );

    await quiet("shop");
    expect((await apps.container("shop")).Image).to.equal(first);
  });
});
