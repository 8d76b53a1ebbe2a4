import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const MINUTE = 60_000;

describe("a visit of an Application that is to be healed", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, {
      db: { image: "db:1", labels: { "conops.dev/heal-delay": "10m" } },
      web: { image: "web:1", ports: ["80"], depends_on: { db: { condition: "service_started" } } },
    });
    world.declare("shop");
    await world.settle("shop", MINUTE);
    world.acts.length = 0;
  });
  afterEach(() => world.close());

  const of = (service: string): ObservedContainer => {
    const found = world.containers.find((one) => one.service === service);
    if (found === undefined) throw new Error(`no container of "${service}"`);
    return found;
  };
  function change(service: string, patch: Partial<ObservedContainer>): void {
    world.containers[world.containers.indexOf(of(service))] = { ...of(service), ...patch };
  }
  function stop(service: string): void {
    const at = world.clock.now();
    change(service, { state: "exited", exitCode: 0, finishedAt: at });
    world.endings.set(of(service).id, { exitCode: 0, byHand: true, at });
  }
  const drift = () => world.statuses.get("shop")?.status.drift;

  it("leaves what was stopped for as long as its label says, shows until when, and then starts it", async () => {
    const stoppedAt = world.clock.now();
    stop("db");
    const outcome = await world.visit("shop");

    expect(outcome).to.deep.equal({ kind: "synced", recheckAfterMs: 10 * MINUTE });
    expect(drift()).to.deep.equal([
      {
        service: "db",
        kind: "Stopped",
        expected: "running",
        actual: "stopped from outside, exit 0 (conops.dev/heal-delay: 10m)",
        since: new Date(stoppedAt).toISOString().replace(".000", ""),
        until: new Date(stoppedAt + 10 * MINUTE).toISOString().replace(".000", ""),
      },
    ]);
    await world.clock.advance(9 * MINUTE);
    const writes = world.writes();
    expect(await world.visit("shop")).to.deep.equal({ kind: "synced", recheckAfterMs: MINUTE });
    expect(world.writes()).to.equal(writes);
    expect(world.acts).to.deep.equal([]);
    await world.clock.advance(MINUTE);
    await world.visit("shop");
    expect(world.acts).to.deep.equal([`start ${of("db").id}`]);
    expect(drift()).to.deep.equal([]);
  });

  it("counts that from when it was shown, also across a restart of the controller, and for a clock that was set back", async () => {
    stop("db");
    await world.visit("shop");
    await world.clock.advance(8 * MINUTE);
    await world.restart();
    expect(await world.visit("shop")).to.deep.include({ recheckAfterMs: 2 * MINUTE });

    const record = world.records.get("shop");
    if (record === undefined) throw new Error("no record");
    await world.records.put({ ...record, driftSince: { "db/Stopped": "2999-01-01T00:00:00Z" } });
    expect(await world.visit("shop")).to.deep.include({ recheckAfterMs: 10 * MINUTE });
  });

  it("leaves what was paused so, too, and heals at once what has no label, or another fault", async () => {
    change("db", { state: "paused" });
    change("web", { state: "paused" });
    await world.visit("shop");
    // It waits for what it depends on.
    expect(world.acts).to.deep.equal([]);

    change("db", { state: "running" });
    await world.visit("shop");
    expect(world.acts).to.deep.equal([`unpause ${of("web").id}`]);

    world.containers.splice(world.containers.indexOf(of("db")), 1);
    await world.visit("shop");
    expect(world.acts.at(-1)).to.equal("up db");
  });

  it("restarts what is unhealthy, makes it anew the next time, and begins again after a minute of health", async () => {
    const acts: (string | undefined)[] = [];
    for (const wellForMs of [1000, 1000, 61_000, 1000]) {
      change("web", { health: "unhealthy" });
      await world.settle("shop", 5 * MINUTE);
      acts.push(world.acts.at(-1)?.replace(/ shop-web-\d+/, ""));
      await world.clock.advance(wellForMs);
    }

    expect(acts).to.deep.equal(["restart", "up --force-recreate web", "restart", "restart"]);
    expect(world.acts).to.have.length(4);
  });

  it("remembers across a restart of the controller how what is left ended had ended, and forgets it with the next start", async () => {
    world.declare("shop", { sync: { selfHeal: false } });
    stop("web");
    await world.visit("shop");
    expect(drift()?.map(({ kind, actual }) => [kind, actual])).to.deep.equal([
      ["Stopped", "stopped from outside, exit 0"],
    ]);
    world.endings.clear();
    await world.restart();
    await world.visit("shop");
    expect(drift()?.map(({ kind, actual }) => [kind, actual])).to.deep.equal([
      ["Stopped", "stopped from outside, exit 0"],
    ]);
    const { id, finishedAt } = of("web");
    expect(world.records.get("shop")?.endings).to.deep.equal({
      [id]: { exitCode: 0, byHand: true, at: finishedAt },
    });

    change("web", { state: "exited", exitCode: 7, finishedAt: finishedAt + 5000 });
    await world.visit("shop");
    expect(drift()?.map(({ kind, actual }) => [kind, actual])).to.deep.equal([["Exited", "exit 7"]]);
    change("web", { state: "running" });
    await world.visit("shop");
    expect(world.records.get("shop")).not.to.have.property("endings");
  });

  it("calls a crash loop one until the container has run for a minute, with the same words, and looks again then", async () => {
    const at = world.clock.now();
    world.endings.set(of("web").id, { exitCode: 1, byHand: false, at, quick: 3 });
    change("web", { state: "restarting", restartPolicy: "always", exitCode: 1, finishedAt: at });
    await world.visit("shop");
    expect(drift()?.map(({ kind, actual }) => [kind, actual])).to.deep.equal([
      ["Restarting", "restarting again and again, last exit 1"],
    ]);
    const writes = world.writes();
    change("web", { state: "running", exitCode: 0, startedAt: at });

    expect(await world.visit("shop")).to.deep.equal({ kind: "synced", recheckAfterMs: MINUTE });
    expect(world.writes() - writes).to.be.at.most(1); // the number of replicas
    expect(drift()).to.have.length(1);
    expect(world.events.filter((event) => event === "Drift Restarting")).to.have.length(1);
    await world.clock.advance(MINUTE);
    await world.visit("shop");
    expect(drift()).to.deep.equal([]);
    expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
    expect(world.acts).to.deep.equal([]);
  });

  it("does not let a service wait for the failures of another", async () => {
    for (let failure = 0; failure < 6; failure += 1) {
      const at = world.clock.now();
      change("web", { state: "exited", exitCode: 1, finishedAt: at });
      world.endings.set(of("web").id, { exitCode: 1, byHand: false, at });
      await world.settle("shop", 10 * MINUTE);
    }
    world.acts.length = 0;
    change("web", { state: "exited", exitCode: 1 });
    await world.visit("shop");
    const at = world.clock.now();
    change("db", { state: "exited", exitCode: 1, finishedAt: at });
    world.endings.set(of("db").id, { exitCode: 1, byHand: false, at });

    expect(await world.visit("shop")).to.deep.include({ recheckAfterMs: 2000 });
    await world.clock.advance(2000);
    await world.visit("shop");
    expect(world.acts).to.deep.equal([`start ${of("db").id}`]);
  });
});
