import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { requireEngine, until } from "../support/engine.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

describe("a manifest in the registry", () => {
  let world: World;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
  });
  afterEach(() => world.close());

  it("is deployed, follows a push, takes an edit at once, and is torn down when it is deleted", async () => {
    const repo = await world.repo("shop");
    const first = await repo.commit({ "compose.yaml": sleeper("web") }, "first");
    await world.start();
    await world.manifest("shop", {});
    const deployed = await world.untilReady("shop", first);
    expect(deployed.phase).to.equal("Synced");
    expect(deployed.sync.message).to.equal("first");
    const project = `${world.prefix}-shop`;
    expect((await world.containers(project)).map(({ State }) => State.Status)).to.deep.equal(["running"]);

    await rm(join(world.manifests, "shop.status.yaml"));
    expect(await world.untilReady("shop", first, 5000)).to.deep.equal(deployed);

    const second = await repo.commit(
      { "compose.yaml": sleeper("web", ['environment: {COLOR: "blue"}']) },
      "second",
    );
    await world.untilReady("shop", second);
    const [pushed] = await world.containers(project);
    expect(pushed?.Config.Env).to.include("COLOR=blue");

    await world.manifest("shop", { compose: { env: [{ name: "EXTRA", value: "yes", inject: true }] } });
    await until("the edit is applied", async () =>
      (await world.containers(project))[0]?.Config.Env.includes("EXTRA=yes"),
    );
    await world.untilReady("shop", second);

    await rm(join(world.manifests, "shop.yaml"));
    await until("the project is gone", async () => (await world.containers(project)).length === 0);
    await until("the status file is gone", async () => (await world.status("shop")) === undefined);
    expect(await world.record("shop")).to.equal(undefined);
  });

  it("recreates exactly the service whose mounted file changed, and leaves its data alone", async () => {
    const compose = [
      sleeper("web", ["volumes: [./conf/web.conf:/web.conf, ./data:/data]", "stop_grace_period: 1s"]),
      ...sleeper("other", ["stop_grace_period: 1s"]).split("\n").slice(1),
    ].join("\n");
    const repo = await world.repo("conf");
    await repo.commit({ "compose.yaml": compose, "conf/web.conf": "one" });
    await world.start();
    await world.manifest("conf", {});
    await world.untilReady("conf");
    const project = `${world.prefix}-conf`;
    const idOf = async (service: string): Promise<string> =>
      (await world.docker("ps", "-q", "--no-trunc", "--filter", `name=${project}-${service}-1`)).trim();
    const [web, other] = [await idOf("web"), await idOf("other")];
    await world.docker("exec", web, "sh", "-c", "echo precious > /data/kept");

    const second = await repo.commit({ "conf/web.conf": "two" });
    await world.untilReady("conf", second);

    expect(await idOf("other")).to.equal(other);
    expect(await idOf("web")).not.to.equal(web);
    expect(await world.docker("exec", await idOf("web"), "cat", "/web.conf", "/data/kept")).to.equal(
      "twoprecious\n",
    );
  });
});
