import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { conditionOf } from "../support/conditions.ts";
import { composeOf, createDeployments, FOR_EVER, type Deployments } from "../support/deployments.ts";
import { requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { serviceOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

/** A database whose health check succeeds as soon as there is `/ready`, and what waits for it. */
function shop(web: object = {}, db: object = {}): Readonly<Record<string, object>> {
  const test = ["CMD", "sh", "-c", "echo is it ready; [ -e /ready ]"];
  return {
    db: { healthcheck: { test, interval: "300ms", timeout: "5s", retries: 1000 }, ...db },
    web: { depends_on: { db: { condition: "service_healthy" } }, ...web },
  };
}

describe("a sync that is judged", () => {
  let world: World;
  let of: Deployments;
  let controller: Controller;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    of = createDeployments(world);
    // One place for applies: whoever waits must not hold it.
    controller = await world.start({ args: ["--concurrency", "1"] });
  });
  after(() => world.close());

  const servicesOf = async (name: string): Promise<readonly string[]> =>
    (await world.containers(of.project(name))).map(serviceOf).toSorted();

  async function log(name: string, ...id: string[]): Promise<string> {
    const { code, stdout, stderr } = await world.cli("history", name, "--log", ...id);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  describe("at once", () => {
    together({
      async "shows the words of a build that failed in its log, and so does describe"() {
        const repo = await world.repo("built");
        await repo.commit({
          "compose.yaml": composeOf({ web: { image: `${world.prefix}-built:1`, build: "." } }),
          Dockerfile: `FROM ${TEST_IMAGE}\nRUN echo "Cannot find the cellar" && exit 7\n`,
        });
        await world.manifest("built", {});
        const failed = await world.untilStatus("built", "it failed", ({ history }) => history.length > 0);

        expect(failed.history[0]).to.include({ id: 1, result: "Failed", log: "sync-logs/built/1.log" });
        const text = await log("built", "1");
        expect(text).to.match(/^\S+Z sync 1 of [0-9a-f]{40} begins: NewRevision\n/);
        expect(text).to.match(/Z build \| #\d+ .*Cannot find the cellar/);
        expect(text).to.match(/Z failed: BuildFailed: .*exit code: 7/);
        expect((await world.cli("describe", "built")).stdout).to.contain("Cannot find the cellar");
        const table = (await world.cli("history", "built")).stdout.split("\n");
        expect(table[0]).to.match(/^ID +AGE +REVISION +RESULT/);
        expect(table[1]).to.match(/^\d+ +\S+ +[0-9a-f]{10} +Failed +NewRevision/);
      },

      async "keeps what a container said whose health check fails, and starts it again at its pace"() {
        const command = ["sh", "-c", `echo Opening the shop; echo No key for the till; ${FOR_EVER[2]}`];
        const test = ["CMD", "sh", "-c", "echo The till is shut; exit 1"];
        await of.push("sick", { web: { command, healthcheck: { test, interval: "200ms", retries: 2 } } });
        await world.manifest("sick", {});
        const failed = await world.untilStatus(
          "sick",
          "its gate failed",
          (now) => conditionOf(now, "Ready").reason === "HealthGateFailed",
        );

        expect(conditionOf(failed, "Ready").message).to.equal(
          'service "web": Unhealthy: unhealthy: The till is shut; its last words: "No key for the till"',
        );
        expect(failed.history.at(-1)).to.include({ id: 1, result: "Failed", subject: "Change" });
        const text = await log("sick", "1");
        expect(text).to.match(/Z up \| .*Started/);
        expect(text).to.match(/Z the last lines of service "web":\n\S+Z web \| Opening the shop\n/);
        expect(text).to.match(/Z failed: HealthGateFailed: service "web": Unhealthy/);
        const { startedAt } = await of.times((await of.container("sick")).Id);
        await until("it is restarted", async () => {
          const now = await of.times((await of.container("sick")).Id);
          return now.startedAt > startedAt;
        });
      },

      async "brings up what waits when it may, and leaves Compose's order in the labels"() {
        await of.push("patient", shop());
        await world.manifest("patient", {});
        const waiting = await world.untilStatus("patient", "web waits", ({ health }) =>
          health.services.some(({ message }) => message === 'waits for "db" to be healthy'),
        );
        expect(conditionOf(waiting, "Ready").status).to.equal("Unknown");
        expect(await servicesOf("patient")).to.deep.equal(["db"]);
        const { Id: db } = await of.container("patient", "db");
        await world.docker("exec", db, "touch", "/ready");
        await world.untilReady("patient");

        expect((await of.container("patient", "db")).Id).to.equal(db);
        expect((await of.container("patient")).Config.Labels["com.docker.compose.depends_on"]).to.equal(
          "db:service_healthy:false",
        );
        expect((await world.status("patient"))?.history.map(({ result }) => result)).to.deep.equal([
          "Succeeded",
        ]);
      },

      async "restarts who asks for it when what it depends on is made anew by another call"() {
        const restarts = { depends_on: { db: { condition: "service_healthy", restart: true } } };
        const at = { command: ["sh", "-c", `touch /ready; ${FOR_EVER[2]}`] };
        await of.deploy("follows", shop(restarts, at));
        const { Id: web } = await of.container("follows");
        const before = await of.times(web);
        const changed = { ...at, environment: { COLOR: "blue" } };
        const revision = await of.push("follows", shop(restarts, changed));
        await world.untilReady("follows", revision, 60_000);

        expect((await of.container("follows")).Id).to.equal(web);
        const db = await of.times((await of.container("follows", "db")).Id);
        const after = await of.times(web);
        expect(after.startedAt).to.be.greaterThan(before.startedAt).and.greaterThan(db.startedAt);
      },
    });
  });

  it("that waits for ever gives way to a newer commit within seconds, to suspend, and to a deletion", async () => {
    const first = await of.push("stuck", shop());
    await world.manifest("stuck", {});
    await until("db runs", async () => (await servicesOf("stuck")).includes("db"));
    await stays("waiting", 1500, async () => (await servicesOf("stuck")).length === 1);

    const pushedAt = performance.now();
    const second = await of.push("stuck", { web: {} });
    await world.untilStatus("stuck", "it is at the newer", ({ sync }) => sync.applied?.revision === second);
    expect(performance.now() - pushedAt).to.be.lessThan(10_000);
    const { history } = await world.untilReady("stuck", second);
    expect(history.map(({ result, revision }) => `${result} ${revision}`)).to.deep.equal([
      `Succeeded ${second}`,
      `Superseded ${first}`,
    ]);
    expect(await servicesOf("stuck")).to.deep.equal(["web"]);
    expect(await log("stuck", "1")).to.contain(`Superseded: ${second.slice(0, 12)} took its place`);

    await of.push("stuck", shop({ environment: { COLOR: "blue" } }));
    await until("db runs again", async () => (await servicesOf("stuck")).includes("db"));
    await world.manifest("stuck", { suspend: true });
    await world.untilStatus("stuck", "it is suspended", ({ phase }) => phase === "Suspended");
    await world.docker("exec", (await of.container("stuck", "db")).Id, "touch", "/ready");
    await stays(
      "suspended",
      2000,
      async () => !(await of.container("stuck")).Config.Env.includes("COLOR=blue"),
    );
    await world.manifest("stuck", {});
    await world.untilReady("stuck");
    expect((await of.container("stuck")).Config.Env).to.include("COLOR=blue");

    await of.push("stuck", shop({}, { environment: { NEW: "1" } }));
    await until("db is made anew", async () =>
      (await of.container("stuck", "db")).Config.Env.includes("NEW=1"),
    );
    await rm(join(world.manifests, "stuck.yaml"));
    await until("it is gone", async () => (await servicesOf("stuck")).length === 0, 10_000);
    await until(
      "its logs are gone",
      async () => !(await readdir(join(world.data, "sync-logs"))).includes("stuck"),
    );
  });

  it("goes on, with its log, when the controller is killed while it waits", async () => {
    await of.push("killed", shop());
    await world.manifest("killed", {});
    await until("db runs", async () => (await servicesOf("killed")).includes("db"));
    await until("its log is there", async () => (await world.cli("history", "killed", "--log")).code === 0);
    await controller.kill();
    await world.docker("exec", (await of.container("killed", "db")).Id, "touch", "/ready");

    controller = await world.start({ args: ["--concurrency", "1"] });
    await world.untilReady("killed", undefined, 60_000);

    const text = await log("killed");
    expect(text).to.match(/begins: NewRevision\n[^]*the controller was ended here; another one goes on\n/);
    expect(text).to.match(/Z every service is healthy\n$/);
    expect((await world.status("killed"))?.history.length).to.equal(1);
  });
});
