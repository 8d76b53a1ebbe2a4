import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { conditionOf } from "../support/conditions.ts";
import { createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, until } from "../support/engine.ts";
import { healings, isRunning, serviceOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

/** A migration that notes each of its runs beside the checkout's files, and whoever waits for it. */
function shop(migration = "up", web: object = {}): Readonly<Record<string, object>> {
  return {
    migrate: { command: ["sh", "-c", `echo ${migration} >> /data/runs`], volumes: ["./data:/data"] },
    web: { depends_on: { migrate: { condition: "service_completed_successfully" } }, ...web },
  };
}

describe("a one-shot", () => {
  let world: World;
  let of: Deployments;
  let controller: Controller;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    of = createDeployments(world);
    controller = await world.start();
  });
  after(() => world.close());

  it("runs once for each change of its own, whatever happens to others and to its container", async () => {
    await of.deploy("shop", shop());
    expect(await runs("shop")).to.deep.equal(["up"]);

    const web = await of.push("shop", shop("up", { environment: { COLOR: "blue" } }));
    await world.untilReady("shop", web);
    expect((await of.container("shop")).Config.Env).to.include("COLOR=blue");
    expect(await runs("shop")).to.deep.equal(["up"]);

    for (const [healed, verb] of [["kill"], ["rm", "-f"]].entries()) {
      await world.docker(...verb, (await of.container("shop")).Id);
      const status = await world.untilStatus(
        "shop",
        "web is healed",
        (now) => healings(now).length === healed + 1,
      );
      expect(status.drift).to.deep.equal([]);
    }
    await world.untilReady("shop");
    expect(await runs("shop")).to.deep.equal(["up"]);

    await world.docker("rm", (await of.container("shop", "migrate")).Id);
    await stays("removed", 2000, async () => (await world.containers(of.project("shop"))).length === 1);
    const again = await of.push("shop", shop("up", { environment: { COLOR: "green" } }));
    const status = await world.untilReady("shop", again);
    expect(status.health.services.find(({ name }) => name === "migrate")?.status).to.equal("Finished");

    expect(await controller.stop()).to.equal(0);
    controller = await world.start();
    await until("the source is looked at again", () => controller.log().includes("controller started"));
    await stays(
      "without a process of Compose",
      2000,
      async () => !controller.log().includes("docker compose ended"),
    );
    expect(await runs("shop")).to.deep.equal(["up"]);

    const changed = await of.push("shop", shop("further", { environment: { COLOR: "green" } }));
    await world.untilReady("shop", changed);
    expect(await runs("shop")).to.deep.equal(["up", "further"]);
  });

  describe("of any kind", () => {
    together({
      async "that fails keeps the Application from being Ready, with its last words, is tried again, and is mended by a commit"() {
        const failing = {
          command: ["sh", "-c", "echo run >> /data/runs; echo Cannot find the till; exit 3"],
        };
        const services = { ...shop(), migrate: { ...shop()["migrate"], ...failing } };
        await of.push("broken", services);
        await world.manifest("broken", {});
        const failed = await world.untilStatus(
          "broken",
          "it failed",
          (now) => conditionOf(now, "Ready").status === "False",
        );
        expect(failed.phase).to.equal("Degraded");
        const [, web] = failed.health.services;
        expect(`${web?.name} ${web?.status}: ${web?.message}`).to.equal(
          'web Progressing: waits for "migrate" to finish',
        );
        expect(conditionOf(failed, "Ready").message)
          .to.contain('"migrate"')
          .and.to.contain("exit 3")
          .and.to.contain("Cannot find the till");
        await until("it is tried again, twice", async () => (await runs("broken")).length === 3, 30_000);
        expect((await world.containers(of.project("broken"))).map(serviceOf)).to.deep.equal(["migrate"]);
        const fixed = await of.push("broken", shop());
        await world.untilReady("broken", fixed);
        expect((await of.container("broken")).State.Status).to.equal("running");
      },

      async "by its label alone that fails is tried again by an apply, never by healing"() {
        const job = {
          labels: { "conops.dev/one-shot": "true" },
          command: ["sh", "-c", "echo run >> /data/runs; echo Cannot find the till; exit 3"],
          volumes: ["./data:/data"],
        };
        await of.push("labelled", { job, web: {} });
        await world.manifest("labelled", {});
        const failed = await world.untilStatus(
          "labelled",
          "it failed",
          (now) => conditionOf(now, "Ready").status === "False",
        );
        expect(conditionOf(failed, "Ready").message).to.equal(
          'service "job": Exited: exit 3; its last words: "Cannot find the till"',
        );
        await until("it is tried again", async () => (await runs("labelled")).length >= 2, 30_000);
        const { Id: web } = await of.container("labelled");
        const fixed = await of.push("labelled", { job: { ...job, command: ["true"] }, web: {} });
        const mended = await world.untilReady("labelled", fixed);
        expect(healings(mended)).to.deep.equal([]);
        expect((await of.container("labelled")).Id).to.equal(web);
      },

      async "is what ends by itself with code 0, if nothing speaks against it"() {
        await of.deploy("task", { web: {}, task: { command: ["sleep", "6"] } });
        const finished = await world.untilStatus("task", "the task is finished", ({ health }) =>
          health.services.some(({ name, status }) => name === "task" && status === "Finished"),
        );
        expect(conditionOf(finished, "Ready").status).to.equal("True");
        await stays("finished", 3000, async () => !isRunning(await of.container("task", "task")));
        expect((await world.status("task"))?.history.length).to.equal(1);
      },

      async "is not what publishes a port: that is healed when it ends with code 0"() {
        const server = "while [ ! -e /enough ]; do sleep 0.1; done; rm /enough";
        await of.deploy("server", { web: { command: ["sh", "-c", server], ports: ["127.0.0.1::8080"] } });
        const { Id: id } = await of.container("server");
        await world.docker("exec", id, "touch", "/enough");
        const ended = await world.untilStatus("server", "it ended", ({ drift }) => drift.length > 0);
        expect(ended.drift[0]?.actual).to.equal("ended by itself, exit 0");
        const healed = await world.untilStatus("server", "it is healed", (now) => healings(now).length > 0);
        expect(healings(healed)[0]?.reason).to.equal("web: Stopped: ended by itself, exit 0");
        expect(isRunning(await of.container("server"))).to.equal(true);
        expect((await of.container("server")).Id).to.equal(id);
      },
    });
  });

  async function runs(name: string): Promise<readonly string[]> {
    const text = await readFile(join(world.data, "checkouts", name, "data", "runs"), "utf8").catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  }
});
