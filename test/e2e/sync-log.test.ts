import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { ApplicationStatus } from "../../controller/api/status.ts";
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
    db: { healthcheck: { test, interval: "1s", timeout: "10s", retries: 1000 }, ...db },
    web: { depends_on: { db: { condition: "service_healthy" } }, ...web },
  };
}

/** For a machine that has much else to do. */
const LIMIT_MS = 90_000;

describe("a sync that is judged", () => {
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

  const waits = ({ health }: ApplicationStatus): boolean =>
    health.services.some(({ message }) => message === 'waits for "db" to be healthy');
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
        const failed = await world.untilStatus(
          "built",
          "it failed",
          ({ history }) => history.length > 0,
          LIMIT_MS,
        );

        const [{ id, log: file, result } = {}] = failed.history;
        expect([result, file]).to.deep.equal(["Failed", `sync-logs/built/${id}.log`]);
        // A try that is under way would take the place of this log.
        await world.manifest("built", { suspend: true });
        await world.untilStatus("built", "it is suspended", ({ phase }) => phase === "Suspended", LIMIT_MS);
        const text = await log("built", String((await world.status("built"))?.history[0]?.id));
        expect(text).to.match(/^\S+Z sync \d+ of [0-9a-f]{40} begins: NewRevision\n/);
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
          LIMIT_MS,
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
        await until(
          "it is started again",
          async () => {
            const { Id: now } = await of.container("sick");
            // After a second failure it is made anew: then this one may be gone by now.
            const times = await of.times(now).catch(() => undefined);
            return times !== undefined && times.startedAt > startedAt;
          },
          LIMIT_MS,
        );
      },

      async "brings up what waits when it may, and leaves Compose's order in the labels"() {
        await of.push("patient", shop());
        await world.manifest("patient", {});
        const waiting = await world.untilStatus("patient", "web waits", waits, LIMIT_MS);
        expect(conditionOf(waiting, "Ready").status).to.equal("Unknown");
        expect(await servicesOf("patient")).to.deep.equal(["db"]);
        const { Id: db } = await of.container("patient", "db");
        await world.docker("exec", db, "touch", "/ready");
        await world.untilReady("patient", undefined, LIMIT_MS);

        expect((await of.container("patient", "db")).Id).to.equal(db);
        expect((await of.container("patient")).Config.Labels["com.docker.compose.depends_on"]).to.equal(
          "db:service_healthy:false",
        );
        expect((await world.status("patient"))?.history.map(({ result }) => result)).to.deep.equal([
          "Succeeded",
        ]);
      },

      async "makes anew what mounts a changed file in the same order, and waits for nothing inside"() {
        const at = { command: ["sh", "-c", `grep ok /conf && touch /ready; ${FOR_EVER[2]}`] };
        const mounts = { volumes: ["./conf:/conf:ro"] };
        const files = (conf: string): Record<string, string> => ({
          "compose.yaml": composeOf(shop(mounts, { ...at, ...mounts })),
          conf,
        });
        const repo = await world.repo("files");
        await repo.commit(files("ok 1\n"));
        await world.manifest("files", {});
        await world.untilReady("files", undefined, LIMIT_MS);
        const ids = async (): Promise<readonly string[]> =>
          Promise.all(["db", "web"].map(async (service) => (await of.container("files", service)).Id));
        const [db, web] = await ids();

        await repo.commit(files("bad\n"));
        await world.untilStatus("files", "web waits", waits, LIMIT_MS);
        const [otherDb, sameWeb] = await ids();
        expect([otherDb === db, sameWeb]).to.deep.equal([false, web]);
        const pushedAt = performance.now();
        const good = await repo.commit(files("ok 2\n"));
        await world.untilReady("files", good, LIMIT_MS);
        expect(performance.now() - pushedAt).to.be.lessThan(LIMIT_MS);
        expect((await ids())[1]).not.to.equal(web);
        expect(await world.docker("exec", (await ids())[1] ?? "", "cat", "/conf")).to.equal("ok 2\n");
      },

      async "restarts who asks for it when what it depends on is made anew by another call"() {
        const restarts = { depends_on: { db: { condition: "service_healthy", restart: true } } };
        const at = { command: ["sh", "-c", `touch /ready; ${FOR_EVER[2]}`] };
        await of.deploy("follows", shop(restarts, at));
        const { Id: web } = await of.container("follows");
        const before = await of.times(web);
        const changed = { ...at, environment: { COLOR: "blue" } };
        const revision = await of.push("follows", shop(restarts, changed));
        await world.untilReady("follows", revision, LIMIT_MS);

        expect((await of.container("follows")).Id).to.equal(web);
        const db = await of.times((await of.container("follows", "db")).Id);
        const after = await of.times(web);
        expect(after.startedAt).to.be.greaterThan(before.startedAt).and.greaterThan(db.startedAt);
      },
    });
  });

  it("holds no place for applies while it waits, though there is only one", async () => {
    expect(await controller.stop()).to.equal(0);
    controller = await world.start({ args: ["--concurrency", "1"] });
    await of.push("first", shop());
    await world.manifest("first", {});
    await until("db runs", async () => (await servicesOf("first")).includes("db"));

    await of.deploy("other", { web: {} });

    expect(await servicesOf("first")).to.deep.equal(["db"]);
    for (const name of ["first", "other"]) await rm(join(world.manifests, `${name}.yaml`));
  });

  it("that waits for ever gives way to a newer commit within seconds, to suspend, and to a deletion", async () => {
    const first = await of.push("stuck", shop());
    await world.manifest("stuck", {});
    await until("db runs", async () => (await servicesOf("stuck")).includes("db"));
    await stays("waiting", 1500, async () => (await servicesOf("stuck")).length === 1);

    const pushedAt = performance.now();
    const second = await of.push("stuck", { web: {} });
    await world.untilStatus("stuck", "it is at the newer", ({ sync }) => sync.applied?.revision === second);
    // Compose alone would wait as long as the health check may fail.
    expect(performance.now() - pushedAt).to.be.lessThan(LIMIT_MS);
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
    await until("it is gone", async () => (await servicesOf("stuck")).length === 0, LIMIT_MS);
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

    controller = await world.start();
    await world.untilReady("killed", undefined, LIMIT_MS);

    const text = await log("killed");
    expect(text).to.match(/begins: NewRevision\n[^]*the controller was ended here; another one goes on\n/);
    expect(text).to.match(/Z every service is healthy\n$/);
    expect((await world.status("killed"))?.history.length).to.equal(1);
  });
});
