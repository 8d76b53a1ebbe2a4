import { join } from "node:path";
import { expect } from "chai";
import { conditionOf } from "../support/conditions.ts";
import { composeOf, createDeployments, FOR_EVER, type Deployments } from "../support/deployments.ts";
import { composeUp, requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { healedCount, healings, isReady, isRunning, metricOf, serviceOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

/** A machine that is busy with other tests is slow; a person waits for two seconds. */
const HEALED_WITHIN_MS = 10_000;

describe("drift", () => {
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

  it("that somebody makes from outside is undone within seconds, told in words and counted", async () => {
    await of.deploy("quick", { web: {} });
    const took: number[] = [];
    for (const [verb, kind] of [
      [["kill"], "Stopped"],
      [["stop"], "Stopped"],
      [["rm", "-f"], "Missing"],
      [["pause"], "Paused"],
    ] as const) {
      const series = `conops_drift_total{name="quick",kind="${kind}"}`;
      for (let round = 1; round <= 2; round += 1) {
        const counted = await metricOf(controller, series);
        const before = await of.container("quick");
        await world.docker(...verb, before.Id);
        const at = performance.now();
        await until(
          `the service is back after docker ${verb[0]}`,
          async () => (await world.containers(of.project("quick"))).find(isRunning),
          HEALED_WITHIN_MS,
        );
        took.push(performance.now() - at);
        const status = await world.untilStatus(
          "quick",
          "it is Ready again and says why",
          (now) => isReady(now) && healedCount(now) === took.length,
        );
        expect(await metricOf(controller, series)).to.equal(counted + 1);
        const [newest] = healings(status);
        expect(newest?.result).to.equal("Succeeded");
        expect(newest?.reason).to.match(new RegExp(`^web: ${kind}: \\w`));
        expect((await of.container("quick")).Id === before.Id).to.equal(kind !== "Missing");
      }
    }
    const median = took.toSorted((a, b) => a - b)[took.length / 2] ?? 0;
    process.stdout.write(`      healed in ${Math.round(median)} ms (median of ${took.length})\n`);
  });

  describe("of any kind", () => {
    together({
      async "is only shown, with its evidence, where selfHeal is false"() {
        await of.deploy("shown", { web: {} }, { sync: { selfHeal: false } });
        await world.docker("kill", (await of.container("shown")).Id);
        const status = await world.untilStatus(
          "shown",
          "the drift is shown",
          ({ drift }) => drift.length > 0,
        );
        expect(status.drift.map(({ since: _since, ...fact }) => fact)).to.deep.equal([
          { service: "web", kind: "Stopped", expected: "running", actual: "stopped from outside, exit 137" },
        ]);
        expect(status.sync.status).to.equal("OutOfSync");
        expect(status.phase).to.equal("Degraded");
        expect(conditionOf(status, "Ready").reason).to.equal("ServiceNotHealthy");
        expect(conditionOf(status, "Synced").reason).to.equal("Drift");
        await stays("stopped", 3000, async () => !isRunning(await of.container("shown")));
        expect(healings((await world.status("shown")) ?? status)).to.deep.equal([]);
      },

      async "by which a service is unhealthy is healed by a restart after a wait, and shows what the probe said"() {
        await of.deploy("ill", {
          web: {
            command: ["sh", "-c", "trap exit TERM; touch /well; while :; do sleep 0.2; done"],
            healthcheck: { test: ["CMD", "cat", "/well"], interval: "500ms", retries: 2 },
          },
        });
        const { Id: id } = await of.container("ill");
        const startedAt = (await of.container("ill")).State.StartedAt;
        await world.docker("exec", id, "rm", "/well");
        const ill = await world.untilStatus(
          "ill",
          "it is ill",
          ({ drift }) => drift[0]?.kind === "Unhealthy",
        );
        const illAt = performance.now();
        expect(conditionOf(ill, "Ready").status).to.equal("False");
        expect(conditionOf(ill, "Ready").message).to.contain("can't open '/well'");
        await until("it is restarted", async () => (await of.container("ill")).State.StartedAt !== startedAt);
        expect(performance.now() - illAt).to.be.greaterThan(1000);
        const well = await world.untilReady("ill");
        expect((await of.container("ill")).Id).to.equal(id);
        expect(healings(well)[0]?.reason).to.match(/^web: Unhealthy: unhealthy: .*can't open/);
      },

      async "by which a service ends by itself again and again is healed after 2 and then 6 seconds, and shows its last words"() {
        const failing = "while [ ! -e /fail ]; do sleep 0.1; done; echo Cannot open the till; exit 7";
        const repo = await of.deploy("failing", { web: { command: ["sh", "-c", failing] } });
        const { Id: id } = await of.container("failing");
        await world.docker("exec", id, "touch", "/fail");
        const status = await world.untilStatus(
          "failing",
          "its end is shown",
          ({ drift }) => drift[0]?.kind === "Exited",
        );
        expect(status.drift[0]?.actual).to.equal("exit 7");
        const told = await world.untilStatus(
          "failing",
          "its last words are shown",
          (now) => conditionOf(now, "Ready").message?.includes("Cannot open the till") === true,
        );
        expect(conditionOf(told, "Ready").status).to.equal("False");
        expect(conditionOf(told, "Healthy").message).to.equal(
          'service "web": Exited: exit 7; its last words: "Cannot open the till"',
        );
        const waitsOfTwo = (): readonly number[] | undefined => {
          const [found, healed] = ["drift found", "healed"].map((what) => momentsOf(what, "failing"));
          return (healed ?? []).length < 2
            ? undefined
            : healed?.map((at, round) => at - (found?.[round] ?? 0));
        };
        const waits = await until("it is healed twice", waitsOfTwo, 60_000);
        // How much longer it takes is the machine's.
        expect(waits[0]).to.be.greaterThan(1900);
        expect(waits[1]).to.be.greaterThan(5900);
        const mended = await repo.commit({ "compose.yaml": composeOf({ web: {} }) });
        await world.untilReady("failing", mended);
      },

      async "by which the network is gone as well is repaired by Compose"() {
        await of.deploy("net", { web: {}, side: {} });
        await of.whileSuspended("net", async () => {
          await world.docker("kill", ...(await world.containers(of.project("net"))).map(({ Id }) => Id));
          await world.docker("network", "rm", `${of.project("net")}_default`);
        });
        await until(
          "both run again",
          async () => (await world.containers(of.project("net"))).filter(isRunning).length === 2,
        );
        await world.untilReady("net");
        const members = await world.docker(
          "network",
          "inspect",
          `${of.project("net")}_default`,
          "--format",
          "{{range .Containers}}{{.Name}} {{end}}",
        );
        expect(members.trim().split(" ").toSorted()).to.deep.equal([
          `${of.project("net")}-side-1`,
          `${of.project("net")}-web-1`,
        ]);
      },

      async "by which somebody took the whole project down is undone"() {
        await of.deploy("downed", { web: {}, side: {} });
        const before = (await of.container("downed")).Id;
        await world.docker("compose", "-p", of.project("downed"), "down", "--remove-orphans").catch(() => "");
        await until("both run again", async () => {
          const containers = (await world.containers(of.project("downed"))).filter(isRunning);
          return containers.length === 2 && containers.every(({ Id }) => Id !== before);
        });
        const status = await world.untilStatus(
          "downed",
          "it is Ready again",
          (now) => isReady(now) && healedCount(now) > 0,
        );
        expect(status.drift).to.deep.equal([]);
      },

      async "of a service with a restart policy is left to the engine, unless somebody stopped it"() {
        const failing = "trap exit TERM; while [ ! -e /fail ]; do sleep 0.1; done; rm /fail; exit 7";
        await of.deploy("policy", { web: { command: ["sh", "-c", failing], restart: "unless-stopped" } });
        const { Id: id } = await of.container("policy");
        await world.docker("exec", id, "touch", "/fail");
        await until(
          "the engine restarts it",
          async () => (await world.docker("inspect", id, "--format", "{{.RestartCount}}")).trim() === "1",
        );
        for (const [healed, verb] of [["kill"], ["stop"]].entries()) {
          await world.docker(...verb, id);
          await world.untilStatus(
            "policy",
            "it is healed",
            (now) => isReady(now) && healedCount(now) === healed + 1,
          );
          expect(isRunning(await of.container("policy"))).to.equal(true);
        }
        const status = await world.untilReady("policy");
        for (const { reason } of healings(status))
          expect(reason).to.contain("web: Stopped: stopped from outside");
      },

      async "by a service that left the Compose file is removed, unless prune is false"() {
        const [pruned, kept] = await Promise.all([
          of.deploy("pruned", { web: {}, old: {} }),
          of.deploy("kept", { web: {}, old: {} }, { sync: { prune: false } }),
        ]);
        const removed = await pruned.commit({ "compose.yaml": composeOf({ web: {} }) });
        const left = await kept.commit({ "compose.yaml": composeOf({ web: {} }) });
        await world.untilReady("pruned", removed);
        expect((await world.containers(of.project("pruned"))).map(serviceOf)).to.deep.equal(["web"]);
        const status = await world.untilReady("kept", left);
        expect(status.drift.map(({ service, kind }) => ({ service, kind }))).to.deep.equal([
          { service: "old", kind: "Orphan" },
        ]);
        expect(status.phase).to.equal("Synced");
        const old = (await world.containers(of.project("kept"))).find(
          (container) => serviceOf(container) === "old",
        );
        expect(old?.State.Status).to.equal("running");
      },

      async "by a container that somebody made from another file is put back"() {
        await of.deploy("remade", { web: { environment: { COLOR: "blue" } } });
        await composeUp(of.project("remade"), composeOf({ web: { environment: { COLOR: "red" } } })).catch(
          () => undefined,
        );
        const status = await world.untilStatus("remade", "the change is undone", (now) =>
          healings(now).some(({ reason }) => reason.includes("web: ConfigChanged: configuration ")),
        );
        expect(healings(status)[0]?.result).to.equal("Succeeded");
        await world.untilReady("remade");
        expect((await of.container("remade")).Config.Env).to.include("COLOR=blue");
      },

      async "by a paused container does not hold up a commit"() {
        const repo = await of.deploy("paused", { web: {}, side: {} }, { sync: { selfHeal: false } });
        for (const service of ["web", "side"])
          await world.docker("pause", `${of.project("paused")}-${service}-1`);
        await world.untilStatus("paused", "both are seen paused", ({ drift }) => drift.length === 2);
        const commit = await repo.commit({
          "compose.yaml": composeOf({ web: { environment: { A: "1" } }, side: {} }),
        });
        await world.untilReady("paused", commit, 60_000);
        expect((await world.containers(of.project("paused"))).map(({ State }) => State.Status)).to.deep.equal(
          ["running", "running"],
        );
      },

      async "of several services is healed in the order of their dependencies"() {
        await of.deploy("ordered", {
          db: {
            command: [
              "sh",
              "-c",
              "trap exit TERM; rm -f /well; sleep 1; touch /well; while :; do sleep 0.2; done",
            ],
            healthcheck: { test: ["CMD", "test", "-e", "/well"], interval: "500ms", retries: 20 },
          },
          web: { depends_on: { db: { condition: "service_healthy" } } },
        });
        await of.whileSuspended("ordered", () =>
          world.docker("kill", `${of.project("ordered")}-web-1`, `${of.project("ordered")}-db-1`),
        );
        await until(
          "both run again",
          async () => (await world.containers(of.project("ordered"))).filter(isRunning).length === 2,
        );
        await world.untilReady("ordered");
        const db = await of.times(`${of.project("ordered")}-db-1`);
        const web = await of.times(`${of.project("ordered")}-web-1`);
        expect(web.startedAt - db.startedAt).to.be.greaterThan(1000);
      },

      async "of a service whose network others share is healed together with theirs"() {
        await of.deploy("shared", { vpn: {}, app: { network_mode: "service:vpn" } });
        const vpn = `${of.project("shared")}-vpn-1`;
        const app = `${of.project("shared")}-app-1`;
        const network = (container: string): Promise<string> =>
          world.docker("exec", container, "readlink", "/proc/self/ns/net").catch(() => container);
        for (const verb of [["kill"], ["rm", "-f"]]) {
          await world.docker(...verb, vpn);
          await until(
            "they share a network again",
            async () => (await network(vpn)) === (await network(app)),
          );
          await world.untilReady("shared");
        }
      },

      async "is not what one-off and foreign containers are"() {
        await of.deploy("guests", { web: {} });
        const name = of.project("guests");
        const stable = join(world.data, "checkouts", "guests", "compose.yaml");
        await world.docker(
          "compose",
          "-p",
          name,
          "-f",
          stable,
          "run",
          "-d",
          "--name",
          `${name}-once`,
          "web",
          ...FOR_EVER,
        );
        await world.docker(
          "run",
          "-d",
          "--name",
          `${name}-guest`,
          "--label",
          `com.docker.compose.project=${name}`,
          "--label",
          "com.docker.compose.service=guest",
          TEST_IMAGE,
        );
        await world.docker("kill", `${name}-once`);
        await world.docker("kill", `${name}-guest`);
        // What happens to the service itself is healed after all that was seen.
        await world.docker("kill", `${name}-web-1`);
        const status = await world.untilStatus(
          "guests",
          "the service is healed",
          (now) => isReady(now) && healings(now).length > 0,
        );
        expect(healings(status).map(({ reason }) => reason)).to.deep.equal([
          "web: Stopped: stopped from outside, exit 137",
        ]);
        expect(status.drift).to.deep.equal([]);
        const states = (await world.containers(name)).map(
          ({ Name, State }) => `${Name.slice(1)} ${State.Status}`,
        );
        expect(states.toSorted()).to.deep.equal([
          `${name}-guest exited`,
          `${name}-once exited`,
          `${name}-web-1 running`,
        ]);
        await world.docker("rm", `${name}-once`, `${name}-guest`);
      },

      async "by which one of two replicas is missing is undone, and the other one left alone"() {
        await of.deploy("pair", { web: { deploy: { replicas: 2 } } });
        const before = await world.containers(of.project("pair"));
        const [gone, left] = before;
        await world.docker("rm", "-f", gone?.Id ?? "");
        const status = await world.untilStatus(
          "pair",
          "it is healed",
          (now) => isReady(now) && healings(now).length > 0,
        );
        expect(healings(status)[0]?.reason).to.equal("web: Scaled: 1 container");
        expect(status.health.services[0]?.replicas).to.equal("2/2");
        const after = (await world.containers(of.project("pair"))).find(({ Id }) => Id === left?.Id);
        expect(after?.State.StartedAt).to.equal(left?.State.StartedAt);
      },
    });
  });

  /** When the controller logged this of the Application, wall milliseconds. */
  function momentsOf(message: string, application: string): readonly number[] {
    return controller
      .lines()
      .filter((line) => line["msg"] === message && line["application"] === application)
      .map((line) => Date.parse(String(line["timestamp"])));
  }
});
