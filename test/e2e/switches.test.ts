import { expect } from "chai";
import { conditionOf } from "../support/conditions.ts";
import { createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, until } from "../support/engine.ts";
import { healings, isRunning, metricOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

describe("a switch of the manifest", () => {
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

  together({
    async "to Stopped keeps the containers stopped through starts by hand and commits, until it says Running"() {
      await of.deploy("resting", { web: {}, db: {} });
      const before = (await of.container("resting")).Id;
      await world.manifest("resting", { state: "Stopped" });
      const stopped = await world.untilStatus("resting", "it is stopped", isStopped);
      expect(stopped.phase).to.equal("Stopped");
      expect(await running("resting")).to.equal(0);
      expect((await of.container("resting")).Id).to.equal(before);

      await world.docker("start", before);
      await until("it is stopped again", async () => (await running("resting")) === 0);
      const again = await world.untilStatus(
        "resting",
        "the stop is told",
        (now) => isStopped(now) && healings(now).length > 0,
      );
      expect(healings(again).some(({ reason }) => reason === "Running")).to.equal(true);
      expect(
        await metricOf(controller, 'conops_drift_total{name="resting",kind="Running"}'),
      ).to.be.greaterThan(0);

      const commit = await of.push("resting", { web: { environment: { COLOR: "blue" } }, db: {} });
      await world.untilStatus("resting", "the commit is seen", ({ source }) => source?.revision === commit);
      await world.docker("rm", `${of.project("resting")}-db-1`);
      await stays("stopped", 3000, async () => (await running("resting")) === 0);
      expect((await of.container("resting")).Id).to.equal(before);
      const asked = await world.cli("sync", "resting", "--wait");
      expect(asked.code).to.equal(1);
      expect(`${asked.stdout}${asked.stderr}`).to.contain("Refused: Stopped");

      await world.manifest("resting", { state: "Running" });
      await world.untilReady("resting", commit, 60_000);
      expect(await running("resting")).to.equal(2);
      expect((await of.container("resting")).Config.Env).to.include("COLOR=blue");
    },

    async "to Stopped and back is obeyed without selfHeal, too, which leaves to a person what a person starts"() {
      await of.deploy("obeyed", { web: {} }, { sync: { selfHeal: false } });
      await world.manifest("obeyed", { state: "Stopped", sync: { selfHeal: false } });
      await world.untilStatus("obeyed", "it is stopped", isStopped);
      await world.docker("start", (await of.container("obeyed")).Id);
      const seen = await world.untilStatus("obeyed", "it is seen running", ({ drift }) => drift.length > 0);
      expect(seen.drift[0]?.kind).to.equal("Running");
      await stays("running", 2000, async () => (await running("obeyed")) === 1);
      await world.docker("kill", (await of.container("obeyed")).Id);
      await world.manifest("obeyed", { sync: { selfHeal: false } });
      await world.untilStatus("obeyed", "it runs", ({ phase }) => phase === "Synced");
      expect(await running("obeyed")).to.equal(1);
    },

    async "to suspend stops healing and applying, and refuses a request for good, but goes on looking"() {
      const automated = { sync: { automated: false } };
      const first = await of.push("held", { web: {} });
      await world.manifest("held", automated);
      await world.untilStatus("held", "it waits for a person", ({ phase }) => phase === "PendingSync");
      expect((await world.cli("sync", "held", "--wait")).code).to.equal(0);
      await world.untilReady("held", first);

      await world.manifest("held", { ...automated, suspend: true });
      await world.untilStatus("held", "it is suspended", ({ phase }) => phase === "Suspended");
      const { Id: id } = await of.container("held");
      await world.docker("kill", id);
      const seen = await world.untilStatus("held", "the drift is seen", ({ drift }) => drift.length > 0);
      expect(seen.phase).to.equal("Suspended");
      const second = await of.push("held", { web: { environment: { COLOR: "blue" } } });
      await world.untilStatus("held", "the commit is seen", ({ source }) => source?.revision === second);
      const asked = await world.cli("sync", "held", "--wait");
      expect(asked.code).to.equal(1);
      expect(`${asked.stdout}${asked.stderr}`).to.contain("Refused: Suspended");
      await stays("down", 2000, async () => (await running("held")) === 0);

      await world.manifest("held", automated);
      const resumed = await world.untilStatus(
        "held",
        "it is healed and waits for a person again",
        (now) =>
          conditionOf(now, "Synced").reason === "AwaitingSync" &&
          conditionOf(now, "Healthy").status === "True",
      );
      expect(resumed.phase).to.equal("OutOfSync");
      await stays("at the first commit", 2000, async () => (await of.container("held")).Id === id);
      expect((await world.status("held"))?.sync.applied?.revision).to.equal(first);
      expect((await world.cli("sync", "held", "--wait")).code).to.equal(0);
      expect((await world.status("held"))?.sync.applied?.revision).to.equal(second);
    },
  });

  async function running(name: string): Promise<number> {
    return (await world.containers(of.project(name))).filter(isRunning).length;
  }
});

function isStopped(status: Parameters<typeof conditionOf>[0]): boolean {
  const { status: ready, reason } = conditionOf(status, "Ready");
  return ready === "True" && reason === "Stopped";
}
