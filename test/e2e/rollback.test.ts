import { expect } from "chai";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { composeOf, createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine } from "../support/engine.ts";
import { metricOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

const ASKED = { sync: { rollbackOnFailure: true, timeout: "20s" } };
/** Never answers well. */
const ILL = { test: ["CMD", "false"], interval: "500ms", retries: 2, start_period: "0s" };

describe("a rollback of what failed", () => {
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

  /** Waits until it says that it was rolled back, and is healthy. */
  const rolledBack = (name: string, failed: string) =>
    world.untilStatus(
      name,
      "it is rolled back",
      (status) =>
        reasonOf(status, "Ready") === "RolledBack" &&
        conditionOf(status, "Healthy").status === "True" &&
        status.sync.attempted?.revision === failed &&
        conditionOf(status, "Reconciling").status === undefined,
      90_000,
    );

  together({
    async "brings back the very images, files and settings of the last healthy commit, and leaves volumes alone"() {
      const name = "exact";
      const services = (round: number, extra: object = {}) => ({
        web: {
          environment: { ROUND: String(round) },
          volumes: ["data:/volume", "./data:/bind", "./www:/www", "./one:/one"],
          ...extra,
        },
        same: { volumes: ["./two:/two"] },
      });
      const compose = (round: number, extra?: object): string =>
        `${composeOf(services(round, extra))}volumes: {data: {}}\n`;
      const repo = await world.repo(name);
      const good = await repo.commit({
        "compose.yaml": compose(1),
        "www/page": "1",
        "www/gone": "1",
        one: "1",
        two: "1",
      });
      await world.manifest(name, ASKED);
      await world.untilReady(name, good);
      const before = await world.containers(of.project(name));
      const web = await of.container(name);
      await world.docker(
        "exec",
        web.Id,
        "sh",
        "-c",
        "echo precious > /volume/data; echo precious > /bind/data",
      );

      const bad = await repo.commit({
        "compose.yaml": compose(2, { healthcheck: ILL }),
        "www/page": "2",
        "www/new": "2",
        "www/gone": null,
        one: "2",
        two: "2",
      });
      const status = await rolledBack(name, bad);

      const after = await of.container(name);
      expect(after.Config.Env).to.include("ROUND=1");
      expect(after.Image).to.equal(web.Image);
      const read = await world.docker(
        "exec",
        after.Id,
        "sh",
        "-c",
        "cat /volume/data /bind/data; cat /www/page /www/gone /one; ls /www",
      );
      expect(read).to.equal("precious\nprecious\n111gone\npage\n");
      expect(await world.docker("exec", (await of.container(name, "same")).Id, "cat", "/two")).to.equal("1");
      expect((await world.containers(of.project(name))).length).to.equal(before.length);
      expect(status.sync.applied?.revision).to.equal(good);
      expect(status.drift).to.deep.equal([]);
      expect(conditionOf(status, "Ready").message).to.match(
        new RegExp(
          `^${bad.slice(0, 12)} failed and was rolled back to ${good.slice(0, 12)}: service "web": Unhealthy`,
        ),
      );
      expect(status.history.slice(0, 2).map(({ result, revision }) => [result, revision])).to.deep.equal([
        ["RolledBack", good],
        ["Failed", bad],
      ]);
      expect(
        await metricOf(controller, `conops_rollbacks_total{name="${name}",result="Succeeded"}`),
      ).to.equal(1);

      await stays("untouched", 4000, async () => (await of.container(name)).Id === after.Id);
      const same = await repo.commit({ unused: "x" });
      await world.untilStatus(
        name,
        "the same content is seen",
        ({ sync }) => sync.attempted?.revision === same,
      );
      await stays("untouched", 2000, async () => (await of.container(name)).Id === after.Id);
      const mended = await repo.commit({ "compose.yaml": compose(3) });
      await world.untilReady(name, mended);
    },
  });
});
