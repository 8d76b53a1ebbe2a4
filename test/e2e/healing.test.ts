import { expect } from "chai";
import { conditionOf } from "../support/conditions.ts";
import { createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, until } from "../support/engine.ts";
import { healedCount, healings, isRunning, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type World } from "../support/world.ts";

describe("healing that fits the kind", () => {
  let world: World;
  let of: Deployments;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    of = createDeployments(world);
    await world.start();
  });
  after(() => world.close());

  describe("by a controller that watches", () => {
    together({
      async "leaves alone what a backup stops or pauses, for as long as the label says, and shows until when"() {
        const labels = { "conops.dev/heal-delay": "8s" };
        await of.deploy("backup", { cold: { labels }, frozen: { labels }, web: {} });
        const cold = await of.container("backup", "cold");
        const frozen = await of.container("backup", "frozen");
        await world.docker("stop", cold.Id);
        await world.docker("pause", frozen.Id);
        const status = await world.untilStatus("backup", "both are shown", ({ drift }) => drift.length === 2);

        for (const { since, until: end = "" } of status.drift)
          expect(Date.parse(end) - Date.parse(since)).to.equal(8000);
        expect(status.drift.map(({ service, kind, actual }) => [service, kind, actual])).to.deep.equal([
          ["cold", "Stopped", "stopped from outside, exit 0 (conops.dev/heal-delay: 8s)"],
          ["frozen", "Paused", "paused (conops.dev/heal-delay: 8s)"],
        ]);
        await world.docker("kill", (await of.container("backup", "web")).Id);
        await until("what has no label is healed at once", async () =>
          isRunning(await of.container("backup", "web")),
        );
        await stays("stopped and paused", 3000, async () => {
          const states = [await of.container("backup", "cold"), await of.container("backup", "frozen")];
          return states.map(({ State }) => State.Status).join() === "exited,paused";
        });
        await world.untilReady("backup");
        expect((await of.container("backup", "cold")).Id).to.equal(cold.Id);
        expect((await of.container("backup", "frozen")).State.StartedAt).to.equal(frozen.State.StartedAt);
      },

      async "restarts what is unhealthy, makes it anew when that does not help, and leaves what depends on it alone"() {
        const probe = { test: ["CMD", "test", "!", "-e", "/ill"], interval: "500ms", retries: 1 };
        await of.deploy("ill", {
          db: { healthcheck: probe },
          web: { depends_on: { db: { condition: "service_healthy" } } },
        });
        const db = await of.container("ill", "db");
        const web = await of.container("ill", "web");
        // A file in the container outlasts a restart.
        await world.docker("exec", db.Id, "touch", "/ill");
        await until("it is made anew", async () => (await of.container("ill", "db")).Id !== db.Id, 60_000);
        const status = await world.untilReady("ill");

        expect(healedCount(status)).to.equal(2);
        expect(healings(status)[0]?.reason).to.match(/^db: Unhealthy: unhealthy/);
        const after = await of.container("ill", "web");
        expect([after.Id, after.State.StartedAt]).to.deep.equal([web.Id, web.State.StartedAt]);
      },

      async "calls a crash loop one without a break, and leaves it to the engine"() {
        await of.deploy("looping", {
          web: {
            restart: "always",
            command: [
              "sh",
              "-c",
              "[ -e /good ] || touch /good; while [ ! -e /bad ]; do sleep 0.1; done; sleep 0.3; echo Out of ideas; exit 5",
            ],
          },
        });
        const { Id: id } = await of.container("looping", "web");
        await world.docker("exec", id, "touch", "/bad");
        const looping = await world.untilStatus("looping", "it is a crash loop", ({ drift }) =>
          drift.some(({ kind }) => kind === "Restarting"),
        );
        expect(looping.drift[0]?.actual).to.equal("restarting again and again, last exit 5");
        expect(conditionOf(looping, "Ready").message).to.contain("Out of ideas");
        const since = conditionOf(looping, "Ready").lastTransitionTime;
        await stays("a crash loop", 6000, async () => {
          const now = await world.status("looping");
          return now?.drift.length === 1 && conditionOf(now, "Ready").lastTransitionTime === since;
        });
        expect(healings((await world.status("looping")) ?? looping)).to.deep.equal([]);
        await world.docker("rm", "--force", id);
        await world.untilReady("looping");
      },
    });
  });

  describe("by a controller that was away", () => {
    it("knows after a restart of the controller how what is left ended had ended, when the engine has forgotten it", async () => {
      await of.deploy("left", { web: {}, side: {}, noise: {} }, { sync: { selfHeal: false } });
      await world.docker("stop", (await of.container("left", "web")).Id);
      await world.docker("kill", (await of.container("left", "side")).Id);
      const before = await world.untilStatus("left", "both are shown", ({ drift }) => drift.length === 2);
      await world.killAll();
      // More events than the engine keeps.
      const { Id: other, Name: name } = await of.container("left", "noise");
      for (let event = 0; event < 130; event += 1) {
        await world.docker("rename", other, `${world.prefix}-noisy`);
        await world.docker("rename", other, name.replace(/^\//, ""));
      }
      await world.start();
      await stays(
        "told so",
        3000,
        async () => JSON.stringify((await world.status("left"))?.drift) === JSON.stringify(before.drift),
      );

      expect(before.drift.map(({ service, kind, actual }) => [service, kind, actual])).to.deep.equal([
        ["side", "Stopped", "stopped from outside, exit 137"],
        ["web", "Stopped", "stopped from outside, exit 0"],
      ]);
    });
  });
});
