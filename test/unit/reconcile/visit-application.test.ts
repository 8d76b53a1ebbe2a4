import { readdir } from "node:fs/promises";
import { expect } from "chai";
import { observed } from "../../support/fake-host.ts";
import type { Condition } from "../../../controller/api/status.ts";
import { createReconcileWorld, errorOf, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);
const web = (image = "web:1"): Readonly<Record<string, { readonly image: string }>> => ({ web: { image } });

describe("a visit of an Application", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, web());
  });
  afterEach(() => world.close());

  function condition(type: Condition["type"], name = "shop"): string | undefined {
    const found = world.statuses.get(name)?.status.conditions.find((one) => one.type === type);
    return found && `${found.status} ${found.reason}`;
  }
  const phase = (name = "shop"): string | undefined => world.statuses.get(name)?.status.phase;

  async function deployed(name = "shop", spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    world.declare(name, spec);
    await world.settle(name, 60_000);
    expect(phase(name)).to.equal("Synced");
    world.acts.length = 0;
  }

  function ask(action: "sync" | "retry", token = action): void {
    world.requests.push({ action, name: "shop", token, requestedAt: "2026-01-01T00:00:00Z" });
  }

  it("deploys, waits for the gate, and is then Ready", async () => {
    world.declare("shop");

    const first = await world.visit("shop");
    expect(first).to.deep.equal({ kind: "synced", recheckAfterMs: 3000 });
    expect([phase(), condition("Ready"), condition("Reconciling")]).to.deep.equal([
      "Syncing",
      "Unknown Progressing",
      "True Progressing",
    ]);
    await world.clock.advance(3000);
    expect(await world.visit("shop")).to.deep.equal({ kind: "synced" });

    expect([phase(), condition("Ready")]).to.deep.equal(["Synced", "True Synced"]);
    expect(world.acts).to.deep.equal(["up"]);
    expect(world.records.get("shop")?.history.map(({ result }) => result)).to.deep.equal(["Succeeded"]);
  });

  it("does and writes nothing where everything is as it should be, also after a restart", async () => {
    await deployed();
    const writes = world.writes();
    const record = world.records.get("shop");

    for (let round = 0; round < 3; round += 1) {
      await world.clock.advance(60_000);
      expect(await world.visit("shop")).to.deep.equal({ kind: "synced" });
    }
    await world.restart();
    world.sources.set("shop", {});
    await world.visit("shop");
    world.sources.delete("shop");
    await world.visit("shop");

    expect(world.acts).to.deep.equal([]);
    expect(world.writes()).to.equal(writes);
    expect(world.records.get("shop")).to.deep.equal(record);
  });

  it("records a commit that changes nothing that runs as synced, without touching a container", async () => {
    await deployed();
    world.push(B, web());

    await world.visit("shop");

    expect(world.acts).to.deep.equal([]);
    expect(world.statuses.get("shop")?.status.sync.applied?.revision).to.equal(B);
    expect(condition("Ready")).to.equal("True Synced");
  });

  it("applies a commit that arrives during a sync after it", async () => {
    world.declare("shop");
    world.at("up", () => {
      world.push(B, web("web:2"));
      world.at("up", undefined);
    });

    await world.settle("shop", 60_000);

    expect(world.records.get("shop")?.applied?.revision).to.equal(B);
    expect(world.containers.map(({ image }) => image)).to.deep.equal(["web:2"]);
  });

  it("stays Ready=False, with the reason, while the newest target fails, and while it is tried again", async () => {
    await deployed();
    world.push(B, web("web:2"));
    world.missingImages.add("web:2");
    const said = new Set<string | undefined>();

    for (let round = 0; round < 3; round += 1) {
      world.at("stage", () => void said.add(condition("Ready")));
      const outcome = await world.visit("shop");
      said.add(condition("Ready"));
      expect(errorOf(outcome)?.reason).to.equal("PullFailed");
      await world.clock.advance(300_000);
    }

    expect([...said]).to.deep.equal(["Unknown Progressing", "False PullFailed"]);
    expect([phase(), condition("Healthy")]).to.deep.equal(["Degraded", "True Healthy"]);
    expect(world.records.get("shop")?.history[0]?.count).to.equal(3);
  });

  it("waits for the retry as long as the failures ask, and names the time", async () => {
    world.declare("shop");
    world.missingImages.add("web:1");
    const waits: unknown[] = [];

    for (let round = 0; round < 4; round += 1) {
      const outcome = await world.visit("shop");
      const waitMs = outcome.kind === "gone" ? 0 : (outcome.recheckAfterMs ?? 0);
      waits.push(waitMs);
      expect((await world.visit("shop")).kind).to.equal("synced");
      await world.clock.advance(waitMs);
    }

    expect(waits).to.deep.equal([2000, 6000, 18_000, 54_000]);
  });

  it("is Ready again when Git goes back to what runs after a commit that failed", async () => {
    await deployed();
    world.push(B, web("web:2"));
    world.missingImages.add("web:2");
    await world.visit("shop");
    expect(condition("Ready")).to.equal("False PullFailed");

    world.push(A, web());
    await world.visit("shop");

    expect([phase(), condition("Ready")]).to.deep.equal(["Synced", "True Synced"]);
    expect(world.statuses.get("shop")?.status.sync.attempted).to.equal(undefined);
  });

  it("takes over somebody else's project only once the manifest says so, and then without another commit", async () => {
    world.containers.push(observed({ service: "old", workingDir: "/home/ada/shop", configHash: "h" }));
    world.declare("shop");
    expect(errorOf(await world.visit("shop"))?.reason).to.equal("AdoptionRequired");
    expect(world.statuses.get("shop")?.status.adoption?.removes.length).to.equal(1);
    await world.clock.advance(3_600_000);
    expect((await world.visit("shop")).kind).to.equal("synced");
    expect(world.acts).to.deep.equal([]);

    world.declare("shop", { compose: { adopt: true } });
    await world.settle("shop", 60_000);

    expect([phase(), condition("Ready")]).to.deep.equal(["Synced", "True Synced"]);
    expect(world.statuses.get("shop")?.status.adoption).to.equal(undefined);
  });

  it("gives one project to one of two Applications that ask for it at the same time, and to the other when it is free", async () => {
    await world.restart({ places: 2 });
    world.declare("shop", { compose: { projectName: "web" } });
    world.declare("blog", { compose: { projectName: "web" } });

    await Promise.all([world.visit("shop"), world.visit("blog")]);
    await world.clock.advance(60_000);
    await world.visit("shop");
    await world.visit("blog");

    const owners = ["shop", "blog"].filter((name) => world.records.get(name)?.project === "web");
    expect(owners.length).to.equal(1);
    const [owner = ""] = owners;
    const other = owner === "shop" ? "blog" : "shop";
    expect([condition("Ready", other), phase(other)]).to.deep.equal(["False ProjectNameTaken", "Error"]);

    world.named.length = 0;
    world.declarations.delete(owner);
    expect((await world.visit(owner)).kind).to.equal("gone");
    expect(world.named).to.deep.equal([other]);
    await world.settle(other, 60_000);
    expect(phase(other)).to.equal("Synced");
  });

  it("touches nothing on another engine before a person asks for a sync", async () => {
    await deployed();
    world.engine.id = "engine-2";
    world.containers.length = 0;

    expect(await world.visit("shop")).to.deep.equal({ kind: "synced" });
    expect([condition("Ready"), condition("Stalled"), world.acts.length]).to.deep.equal([
      "False EngineChanged",
      "True EngineChanged",
      0,
    ]);

    ask("sync");
    world.sources.set("shop", { revision: A, checkedAt: 1, polledAt: world.clock.now() + 1 });
    await world.settle("shop", 60_000);
    expect([condition("Ready"), world.records.get("shop")?.engineId]).to.deep.equal([
      "True Synced",
      "engine-2",
    ]);
  });

  it("says while the engine does not answer that it does not, and nothing else changes", async () => {
    await deployed();
    world.engine.down = "no answer";

    expect(await world.visit("shop")).to.deep.equal({ kind: "waiting", reason: "EngineUnavailable" });
    expect([phase(), condition("Ready"), condition("Healthy"), condition("Synced")]).to.deep.equal([
      "Error",
      "Unknown EngineUnavailable",
      "Unknown EngineUnavailable",
      "True Synced",
    ]);

    world.engine.down = undefined;
    await world.visit("shop");
    expect([phase(), condition("Ready"), world.acts.length]).to.deep.equal(["Synced", "True Synced", 0]);
  });

  describe("that is broken off", () => {
    it("by suspend while it prepares fails nothing, and goes on when it is resumed", async () => {
      await deployed();
      world.push(B, web("web:2"));
      world.at("stage", () => void world.declare("shop", { suspend: true }));

      expect((await world.visit("shop")).kind).to.equal("waiting");
      expect(world.records.get("shop")?.attempt?.failures).to.equal(0);
      world.at("stage", undefined);
      expect(await world.visit("shop")).to.deep.equal({ kind: "synced" });
      expect([phase(), condition("Ready"), condition("Synced")]).to.deep.equal([
        "Suspended",
        "True Synced",
        "False Suspended",
      ]);
      expect(world.acts).to.deep.equal([]);

      world.declare("shop");
      await world.settle("shop", 60_000);
      expect([phase(), world.records.get("shop")?.applied?.revision]).to.deep.equal(["Synced", B]);
    });

    it("by suspend while `up` runs lets it end, and records what it made", async () => {
      await deployed();
      world.push(B, web("web:2"));
      world.at("up", () => void world.declare("shop", { suspend: true }));

      await world.visit("shop");
      await world.clock.advance(3000);
      await world.visit("shop");

      const record = world.records.get("shop");
      expect(record?.applied?.revision).to.equal(B);
      expect([record?.attempt, record?.process]).to.deep.equal([undefined, undefined]);
      expect([phase(), condition("Ready"), condition("Synced")]).to.deep.equal([
        "Suspended",
        "True Synced",
        "True Synced",
      ]);
    });

    it("by a deletion between checkout and `up` begins no `up`", async () => {
      await deployed();
      world.push(B, web("web:2"));
      world.at("refresh", () => {
        world.declarations.delete("shop");
        world.reconciler.interrupt("shop");
      });

      await world.visit("shop");
      world.at("refresh", undefined);
      expect(world.acts).to.deep.equal([]);
      expect((await world.visit("shop")).kind).to.equal("gone");
      expect(world.acts).to.deep.equal(["down shop"]);
    });

    it("by suspend while it heals is no fault", async () => {
      await deployed();
      const [container] = world.containers;
      const stopped = { ...observed(), ...container, state: "exited" as const };
      world.containers[0] = stopped;
      world.endings.set(stopped.id, { exitCode: 0, byHand: true, at: 1 });
      world.at("start", () => void world.declare("shop", { suspend: true }));

      const outcome = await world.visit("shop");

      expect(outcome).to.deep.equal({ kind: "waiting", reason: "SyncInterrupted" });
      expect(world.acts).to.deep.equal([]);
    });

    it("by the worker's own signal throws that signal's reason", async () => {
      await deployed();
      world.push(B, web("web:2"));
      const stop = new AbortController();
      world.at("stage", () => stop.abort(new Error("the controller stops")));

      const outcome = await world.visit("shop", stop.signal);

      expect(outcome.kind).to.equal("waiting");
      expect(world.records.get("shop")?.attempt?.result).to.equal("running");
      expect(world.records.get("shop")?.history.length).to.equal(1);
    });
  });

  describe("that finds no place", () => {
    it("heals what runs, and is called when a place is free", async () => {
      await deployed();
      const giveBack = world.applySlots.take("slow", () => undefined);
      world.push(B, web("web:2"));
      world.containers.length = 0;

      const outcome = await world.visit("shop");
      expect(outcome.kind === "waiting" && outcome.recheckAfterMs).to.equal(undefined);
      expect(world.acts).to.deep.equal(["up web"]);
      expect(world.containers.map(({ image }) => image)).to.deep.equal(["web:1"]);
      expect(condition("Ready")).to.equal("True Synced");

      world.named.length = 0;
      giveBack?.();
      expect(world.named).to.deep.equal(["shop"]);
      await world.settle("shop", 60_000);
      expect(world.records.get("shop")?.applied?.revision).to.equal(B);
    });

    for (const [how, fate] of [
      ["is deleted", (): void => void world.declarations.delete("shop")],
      ["is suspended", (): void => void world.declare("shop", { suspend: true })],
      ["finds the engine gone", (): void => void (world.engine.down = "no answer")],
      [
        "throws",
        (): void =>
          world.at("refresh", () => {
            throw new Error("a bug");
          }),
      ],
    ] as const) {
      it(`gives up the place that is kept for it when it ${how}`, async () => {
        await deployed();
        const giveBack = world.applySlots.take("slow", () => undefined);
        world.push(B, web("web:2"));
        await world.visit("shop");

        fate();
        if (how === "throws") world.containers.length = 0;
        giveBack?.();
        await world.visit("shop").catch(() => undefined);

        expect(world.applySlots.take("other", () => undefined) === undefined).to.equal(false);
      });
    }
  });

  describe("with a request", () => {
    it("looks at the remote first, applies again what runs already, and answers then", async () => {
      await deployed();
      ask("sync");
      world.sources.set("shop", { revision: A, checkedAt: 1, polledAt: 1 });

      await world.visit("shop");
      expect([world.acts, world.requests.length]).to.deep.equal([["poll shop"], 0]);
      expect(world.statuses.get("shop")?.status.lastHandledRequests).to.equal(undefined);

      world.sources.set("shop", { revision: A, checkedAt: 2, polledAt: world.clock.now() });
      await world.visit("shop");
      expect(world.acts).to.deep.equal(["poll shop", "up"]);
      expect(world.statuses.get("shop")?.status.lastHandledRequests).to.deep.equal({ sync: "sync" });
      expect(world.records.get("shop")?.pendingSync).to.equal(undefined);
    });

    it("answers it also when the sync fails", async () => {
      await deployed();
      world.push(B, web("web:2"));
      world.missingImages.add("web:2");
      ask("sync");

      await world.visit("shop");

      expect(world.statuses.get("shop")?.status.lastHandledRequests).to.deep.equal({ sync: "sync" });
      expect(world.records.get("shop")?.pendingSync).to.equal(undefined);
    });

    it("refuses it while suspended, and does not carry it out later", async () => {
      await deployed("shop", { suspend: false, sync: { automated: false } }).catch(() => undefined);
      world.declare("shop", { suspend: true });
      ask("sync");
      ask("retry");

      await world.visit("shop");
      expect(world.statuses.get("shop")?.status.requestAnswers).to.deep.equal({
        sync: "Refused: Suspended",
        retry: "Refused: Suspended",
      });
      world.acts.length = 0;
      world.declare("shop", { sync: { automated: false } });
      await world.settle("shop", 60_000);
      expect(world.acts).to.deep.equal([]);
    });

    it("does not carry out later what was accepted, and then suspended before it could begin", async () => {
      await deployed();
      world.push(B, web("web:2"));
      ask("sync");
      world.at("stage", () => void world.declare("shop", { suspend: true }));
      await world.visit("shop");
      world.at("stage", undefined);
      expect(world.records.get("shop")?.pendingSync?.token).to.equal("sync");

      await world.visit("shop");

      expect(world.records.get("shop")?.pendingSync).to.equal(undefined);
      expect(world.statuses.get("shop")?.status.requestAnswers).to.deep.equal({ sync: "Refused: Suspended" });
      expect(world.statuses.get("shop")?.status.lastHandledRequests).to.deep.equal({ sync: "sync" });
    });

    it("retries at once what waits, or was refused for good", async () => {
      world.declare("shop");
      world.missingImages.add("web:1");
      await world.visit("shop");
      world.missingImages.clear();
      ask("retry");

      await world.settle("shop", 60_000);

      expect(phase()).to.equal("Synced");
    });
  });

  it("replaces a target that is tried again and again by a new one at once", async () => {
    await deployed();
    world.push(B, web("web:2"));
    world.missingImages.add("web:2");
    await world.visit("shop");

    world.push(C, web("web:3"));
    await world.settle("shop", 60_000);

    expect(world.records.get("shop")?.applied?.revision).to.equal(C);
    expect(phase()).to.equal("Synced");
  });

  it("keeps the renderings of the applied and of the last healthy target, and no other, once a gate has passed", async () => {
    await deployed();
    world.push(B, web("web:2"));
    await world.settle("shop", 60_000);
    const files = await readdir(`${world.dataDir}/renderings/shop`);

    expect(files).to.deep.equal([`${world.records.get("shop")?.applied?.rendering}.sealed`]);
  });
});
