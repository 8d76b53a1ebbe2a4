import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { ApplicationStatus, Condition } from "../../controller/api/status.ts";
import { docker, requireEngine, until } from "../support/engine.ts";
import { startImageRegistry, type ImageRegistry } from "../support/image-registry.ts";
import { loginFolders } from "../support/login-folders.ts";
import { createWorld, type World } from "../support/world.ts";

const COMMAND = '["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]';
const ADA = { user: "ada", password: "ada's p@ssword 1815" };
const BOB = { user: "bob", password: "bob-1912" };
/** The user's own, which knows none of the registries. */
const OWN_CONFIG = `${JSON.stringify({ auths: { "registry.example.com": { auth: "YTpi" } } })}\n`;

function service(name: string, what: string): string {
  return `  ${name}:\n    ${what}\n    command: ${COMMAND}\n`;
}

describe("images of private registries", () => {
  let world: World;
  let ada: ImageRegistry;
  let bob: ImageRegistry;
  let home: string;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
    ada = await startImageRegistry(ADA);
    bob = await startImageRegistry(BOB);
    home = join(world.root, "home");
    await mkdir(join(home, ".docker"), { recursive: true });
    await writeFile(join(home, ".docker", "config.json"), OWN_CONFIG);
  });
  afterEach(async () => {
    await world.close();
    await docker(["image", "rm", "--force", `${world.prefix}-shop-web`]); // a build's
    await ada.close();
    await bob.close();
  });

  const start = (): ReturnType<World["start"]> => world.start({ env: { HOME: home } });

  async function keep(name: string, config: string): Promise<void> {
    const secret = {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Secret",
      metadata: { name },
      type: "kubernetes.io/dockerconfigjson",
      stringData: { ".dockerconfigjson": config },
    };
    await writeFile(join(world.manifests, `${name}.yaml`), stringify(secret));
  }

  async function labels(name: string): Promise<readonly string[]> {
    const found = await world.containers(`${world.prefix}-${name}`);
    return found.map(({ Config }) => Config.Labels["conops-test"] ?? "").toSorted();
  }

  async function expectNoTrace(): Promise<void> {
    expect(await loginFolders(world.data)).to.deep.equal([]);
    expect(await readdir(join(home, ".docker"))).to.deep.equal(["config.json"]);
    expect(await readFile(join(home, ".docker", "config.json"), "utf8")).to.equal(OWN_CONFIG);
  }

  it("are pulled with the login of a Secret; a wrong one, or none, is a failed pull that says so and heals", async () => {
    const image = await ada.push("shop/web:1", "first");
    const repo = await world.repo("shop");
    const sha = await repo.commit({ "compose.yaml": `services:\n${service("web", `image: ${image}`)}` });
    const controller = await start();
    await world.manifest("shop", {});
    const alone = await untilPullFailed("shop", "spec.compose.imagePullSecrets");
    expect(alone).to.match(/^Cannot pull the images of "ct-.*-shop": .*no basic auth credentials/);

    await keep("hub", ada.login("wrong-0815-password"));
    await world.manifest("shop", { compose: { imagePullSecrets: [{ name: "hub" }] } });
    const refused = await untilPullFailed("shop", 'the logins are those of the Secret "hub"');
    const wrong = [
      "wrong-0815-password",
      Buffer.from(`${ADA.user}:wrong-0815-password`).toString("base64").replace(/=+$/, ""),
    ];
    for (const text of wrong) expect(controller.log() + refused).not.to.contain(text);
    await expectNoTrace();

    await keep("hub", ada.login());
    await world.untilReady("shop", sha);

    expect(await labels("shop")).to.deep.equal(["first"]);
    await expectNoTrace();
  });

  async function untilPullFailed(name: string, saying: string): Promise<string> {
    const ready = ({ conditions }: ApplicationStatus): Condition | undefined =>
      conditions.find(({ type }) => type === "Ready");
    const status = await world.untilStatus(name, "the pull has failed", (seen) => {
      const { reason, message } = ready(seen) ?? {};
      return reason === "PullFailed" && message?.includes(saying) === true;
    });
    return ready(status)?.message ?? "";
  }

  it("come from two registries with two Secrets, and a tag that moved is taken with pull: always", async () => {
    const [web, db] = [await ada.push("web:1", "web one"), await bob.push("team/db:1", "db one")];
    const repo = await world.repo("shop");
    const compose = `services:\n${service("web", `image: ${web}`)}${service("db", `image: ${db}`)}`;
    const first = await repo.commit({ "compose.yaml": compose });
    await keep("ada", ada.login());
    await keep("bob", bob.login());
    await start();
    await world.manifest("shop", {
      compose: { imagePullSecrets: [{ name: "ada" }, { name: "bob" }], pull: "always" },
    });
    await world.untilReady("shop", first);
    expect(await labels("shop")).to.deep.equal(["db one", "web one"]);

    await bob.push("team/db:1", "db two");
    const second = await repo.commit({ "compose.yaml": `${compose}# again\n` });

    await world.untilReady("shop", second);
    expect(await labels("shop")).to.deep.equal(["db two", "web one"]);
    await expectNoTrace();
  });

  it("are the base of a build with the login of a Secret", async () => {
    const base = await ada.push("base:1", "base");
    const repo = await world.repo("shop");
    const sha = await repo.commit({
      "compose.yaml": `services:\n${service("web", "build: .")}`,
      Dockerfile: `FROM ${base}\nRUN echo built >/built\n`,
    });
    await start();
    await keep("hub", ada.login("wrong"));
    await world.manifest("shop", { compose: { imagePullSecrets: [{ name: "hub" }] } });
    await world.untilStatus("shop", "the build has failed", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "BuildFailed"),
    );

    await keep("hub", ada.login());

    await world.untilReady("shop", sha);
    expect(await labels("shop")).to.deep.equal(["base"]);
    await expectNoTrace();
  });

  it("leave no login behind when the controller is killed during a pull, once another has started", async () => {
    const image = await ada.push("web:1", "web");
    const repo = await world.repo("shop");
    const sha = await repo.commit({ "compose.yaml": `services:\n${service("web", `image: ${image}`)}` });
    await keep("hub", ada.login());
    ada.freeze();
    const controller = await start();
    await world.manifest("shop", { compose: { imagePullSecrets: [{ name: "hub" }] } });
    await until("the pull has its login", async () => (await loginFolders(world.data)).length === 1);
    await controller.kill();

    await start();
    expect(await world.status("shop")).to.not.equal(undefined);
    const before = await loginFolders(world.data);
    ada.thaw();
    await world.untilReady("shop", sha);

    expect(before.length).to.be.lessThan(2);
    expect(await labels("shop")).to.deep.equal(["web"]);
    await expectNoTrace();
  });
});
