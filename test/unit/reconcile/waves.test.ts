import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { ApplicationStatus } from "../../../controller/api/status.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { createReconcileWorld, errorOf, type ReconcileWorld } from "../../support/reconcile-world.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

/** A database, and what has to wait until it is healthy. */
const shop = (image = "web:1", condition = "service_healthy") =>
  ({
    db: { image: "db:1", healthcheck: { test: ["CMD", "true"] } },
    web: { image, depends_on: { db: { condition } } },
  }) as const;

describe("a sync in waves", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, shop() as never);
    let seen = 0;
    // As the engine has it: a container with a health check is "starting" at first.
    world.at("up-done", () => {
      for (const [at, one] of world.containers.entries()) {
        if (one.service === "db" && one.startedAt >= seen && one.health === "none")
          world.containers[at] = { ...one, health: "starting" };
      }
      seen = world.clock.now();
    });
  });
  afterEach(() => world.close());

  const status = (): ApplicationStatus => {
    const found = world.statuses.get("shop")?.status;
    if (found === undefined) throw new Error("there is no status");
    return found;
  };
  const ready = (): string => {
    const { status: is, reason, message } = status().conditions.find(({ type }) => type === "Ready") ?? {};
    return `${is} ${reason}: ${message}`;
  };
  const results = (): readonly string[] =>
    status().history.map(
      ({ id, result, reason, count }) =>
        `${id} ${result} ${reason}${count === undefined ? "" : ` x${count}`}`,
    );
  function set(service: string, patch: Partial<ObservedContainer>): void {
    const at = world.containers.findIndex((one) => one.service === service);
    const one = world.containers[at];
    if (one === undefined) throw new Error(`there is no ${service}`);
    world.containers[at] = { ...one, ...patch };
  }
  const logOf = (id: number): Promise<string> =>
    readFile(join(world.dataDir, "sync-logs", "shop", `${id}.log`), "utf8");

  it("brings up what waits for a health check once it is healthy, and holds no place until then", async () => {
    world.declare("shop");

    await world.visit("shop");
    expect(world.acts).to.deep.equal(["up db"]);
    expect(ready()).to.contain("Unknown Progressing: waits until");
    expect(status().health.services[1]?.message).to.equal('waits for "db" to be healthy');
    expect(status().conditions.find(({ type }) => type === "Synced")?.status).to.equal("False");
    expect(world.applySlots.take("other", () => undefined)).not.to.equal(undefined);
    world.applySlots.leave("other");

    await world.visit("shop");
    expect(world.acts).to.deep.equal(["up db"]);
  });

  it("goes on by the engine's word, and passes its gate when all has settled", async () => {
    world.declare("shop");
    await world.visit("shop");
    await world.clock.advance(60_000);
    set("db", { health: "healthy" });

    await world.settle("shop", 10_000);

    expect(world.acts).to.deep.equal(["up db", "up web db"]);
    expect(ready()).to.contain("True Synced");
    expect(results()).to.deep.equal(["1 Succeeded Synced"]);
    expect(status().history[0]?.durationSeconds).to.equal(63);
  });

  it("asks Compose once where nothing waits, or what is waited for is so already", async () => {
    world.push(A, shop("web:1", "service_started") as never);
    world.declare("shop");
    await world.visit("shop");
    expect(world.acts).to.deep.equal(["up"]);

    set("db", { health: "healthy" });
    await world.settle("shop", 10_000);
    world.push(B, shop("web:2") as never);
    await world.settle("shop", 10_000);
    expect(world.acts).to.deep.equal(["up", "up db", "up web db"]);
    expect(world.records.get("shop")?.applied?.revision).to.equal(B);
  });

  it("gives the time of the gate anew with the last wave", async () => {
    world.declare("shop", { sync: { timeout: "10s" } });
    await world.visit("shop");
    await world.clock.advance(9000);
    set("db", { health: "healthy" });
    await world.visit("shop");
    set("web", { health: "starting" });

    await world.clock.advance(9000);
    await world.visit("shop");
    expect(ready()).to.contain("Unknown Progressing");
    await world.clock.advance(1000);
    await world.visit("shop");
    expect(ready()).to.equal(
      'False HealthGateFailed: not healthy within 10s: service "web": its health check has not answered yet',
    );
  });

  it("fails after the timeout where the dependency never becomes healthy, and goes on when it does at last", async () => {
    world.declare("shop", { sync: { timeout: "10s" } });
    await world.visit("shop");
    await world.clock.advance(10_000);
    await world.visit("shop");

    expect(ready()).to.equal(
      'False HealthGateFailed: not healthy within 10s: service "db": its health check has not answered yet',
    );
    expect(results().length).to.equal(1);
    set("db", { health: "healthy" });
    await world.settle("shop", 10_000);
    expect(world.acts).to.deep.equal(["up db", "up web db"]);
    expect(ready()).to.contain("True Synced");
    expect(results()).to.deep.equal([
      "2 Succeeded Synced",
      '1 Failed HealthGateFailed: not healthy within 10s: service "db": its health check has not answered yet',
    ]);
  });

  it("does not fail for an engine that did not answer meanwhile: the gate has its whole time anew", async () => {
    world.declare("shop", { sync: { timeout: "10s" } });
    await world.visit("shop");
    world.engine.down = "it is being restarted";
    await world.visit("shop");
    await world.clock.advance(60_000);
    world.engine.down = undefined;

    await world.visit("shop");
    expect(ready()).to.contain("Unknown Progressing");
    await world.clock.advance(9000);
    await world.visit("shop");
    expect(ready()).to.contain("Unknown Progressing");
    await world.clock.advance(1000);
    await world.visit("shop");
    expect(ready()).to.contain("False HealthGateFailed: not healthy within 10s");
  });

  it("is superseded at once by a newer commit, which the history tells", async () => {
    world.declare("shop");
    await world.visit("shop");
    world.push(B, shop("web:2") as never);

    await world.visit("shop");

    expect(world.records.get("shop")?.applied?.revision).to.equal(B);
    expect(results()).to.deep.equal([
      "1 Superseded Superseded: bbbbbbbbbbbb took its place before it was known to be healthy",
    ]);
    expect(await logOf(1)).to.contain("Superseded: bbbbbbbbbbbb took its place");
    set("db", { health: "healthy" });
    await world.settle("shop", 10_000);
    expect(results()[0]).to.equal("2 Succeeded Synced");
    expect(world.containers.map(({ image }) => image).toSorted()).to.deep.equal(["db:1", "web:2"]);
  });

  it("is not superseded by a commit that cannot be pulled: it goes on meanwhile", async () => {
    world.declare("shop");
    await world.visit("shop");
    world.push(B, shop("web:2") as never);
    world.missingImages.add("web:2");
    expect(errorOf(await world.visit("shop"))?.reason).to.equal("PullFailed");
    set("db", { health: "healthy" });

    await world.visit("shop");

    expect(world.containers.map(({ image }) => image).toSorted()).to.deep.equal(["db:1", "web:1"]);
    expect(results()).to.deep.equal([
      '2 Failed PullFailed: Cannot use image "web:2" of service "web": it is not on this host after the pull',
    ]);
  });

  it("goes on under another controller", async () => {
    world.declare("shop");
    await world.visit("shop");
    await world.restart();
    world.sources.set("shop", {});
    set("db", { health: "healthy" });

    await world.settle("shop", 10_000);

    expect(world.acts).to.deep.equal(["up db", "up web db"]);
    expect(ready()).to.contain("True Synced");
    expect(await logOf(1)).to.contain("the controller was ended here; another one goes on");
  });

  it("brings up nothing while it is suspended or stopped, fails no gate for that, and goes on afterwards", async () => {
    world.declare("shop");
    await world.visit("shop");
    for (const spec of [{ suspend: true }, { state: "Stopped" }]) {
      world.declare("shop", spec);
      set("db", { health: "healthy" });
      await world.clock.advance(400_000);
      await world.visit("shop");
      expect(world.acts.filter((act) => act.includes("web"))).to.deep.equal([]);
      expect(status().history.filter(({ result }) => result !== "Succeeded")).to.deep.equal([]);
    }
    world.declare("shop");
    await world.visit("shop");
    set("db", { state: "running", health: "healthy" });

    await world.settle("shop", 10_000);

    expect(world.containers.map(({ service }) => service).toSorted()).to.deep.equal(["db", "web"]);
    expect(ready()).to.contain("True Synced");
  });

  it("ends with a deletion", async () => {
    world.declare("shop");
    await world.visit("shop");
    world.declarations.set("shop", { kind: "deleted" });

    expect((await world.visit("shop")).kind).to.equal("gone");
    expect(world.acts).to.deep.equal(["up db", "down shop"]);
    expect(await readdir(join(world.dataDir, "sync-logs"))).to.deep.equal([]);
  });

  it("runs a one-shot that failed again by an apply, at its pace, before what waits for it", async () => {
    world.push(A, {
      job: { image: "job:1" },
      web: { image: "web:1", depends_on: { job: { condition: "service_completed_successfully" } } },
    });
    const ends = (exitCode: number): void =>
      world.at("up-done", () => {
        if (world.containers.some(({ service }) => service === "job"))
          set("job", { state: "exited", exitCode });
      });
    ends(3);
    world.declare("shop");

    const outcome = await world.visit("shop");

    expect(world.acts).to.deep.equal(["up job"]);
    expect(ready()).to.equal(
      'False HealthGateFailed: service "job": Exited: exit 3; its last words: "goodbye"',
    );
    expect(status().phase).to.equal("Degraded");
    expect(outcome).to.deep.equal({ kind: "synced", recheckAfterMs: 2000 });
    await world.clock.advance(1000);
    await world.visit("shop");
    expect(world.acts).to.deep.equal(["up job"]);
    ends(0);
    await world.settle("shop", 10_000);
    expect(world.acts).to.deep.equal(["up job", "up job", "up web"]);
    expect(ready()).to.contain("True Synced");
    expect(results().map((line) => line.slice(0, 11))).to.deep.equal(["2 Succeeded", "1 Failed He"]);
  });

  it("that cannot be gone on with is tried again in full, less and less often", async () => {
    world.declare("shop");
    await world.visit("shop");
    set("db", { health: "healthy" });
    const cannot = new ReconcileError("Cannot bring up the rest", { reason: "UpFailed" });
    world.at("up", () => {
      throw cannot;
    });

    expect(errorOf(await world.visit("shop"))?.reason).to.equal("UpFailed");
    const writes = world.writes();
    for (let round = 0; round < 5; round += 1) await world.visit("shop");
    expect(world.writes() - writes).to.be.lessThan(2);
    expect(ready()).to.equal("False UpFailed: Cannot bring up the rest");
    expect(results()).to.deep.equal(["1 Failed UpFailed: Cannot bring up the rest"]);

    world.at("up", undefined);
    await world.settle("shop", 20_000);
    expect(ready()).to.contain("True Synced");
    expect(results()[0]).to.equal("2 Succeeded Synced");
  });
});
