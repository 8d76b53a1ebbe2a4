import { expect } from "chai";
import { readdir } from "node:fs/promises";
import type { Condition } from "../../../controller/api/status.ts";
import { createReconcileWorld, errorOf, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

describe("a visit of a deletion", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, { web: { image: "web:1" } }, { "conf/app.conf": "1" });
  });
  afterEach(() => world.close());

  async function deployed(spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    world.declare("shop", spec);
    await world.settle("shop", 60_000);
    world.acts.length = 0;
  }
  const conditions = (): readonly Condition[] => world.statuses.get("shop")?.status.conditions ?? [];
  const said = (type: Condition["type"]): string | undefined =>
    conditions().find((one) => one.type === type)?.reason;

  it("removes the project, the checkout's unchanged files, the renderings, the record and the status", async () => {
    await deployed();
    world.declarations.delete("shop");

    expect(await world.visit("shop")).to.deep.equal({ kind: "gone" });

    expect(world.acts).to.deep.equal(["down shop"]);
    expect([world.records.get("shop"), world.statuses.get("shop")]).to.deep.equal([undefined, undefined]);
    expect(await readdir(`${world.dataDir}/checkouts`)).to.deep.equal([]);
    expect(await readdir(`${world.dataDir}/renderings`)).to.deep.equal([]);
    expect(await readdir(`${world.dataDir}/ledgers`)).to.deep.equal([]);
  });

  it("removes nothing of what runs, and no file, with the policy Orphan", async () => {
    await deployed({ deletionPolicy: "Orphan" });
    world.declarations.delete("shop");

    expect((await world.visit("shop")).kind).to.equal("gone");

    expect([world.acts, world.containers.length]).to.deep.equal([[], 1]);
    expect(await readdir(`${world.dataDir}/checkouts/shop`)).to.contain("compose.yaml");
    expect(world.records.get("shop")).to.equal(undefined);
  });

  it("needs no engine where nothing was ever brought up", async () => {
    world.declare("shop", { suspend: true });
    await world.visit("shop");
    world.declarations.delete("shop");
    world.engine.down = "no answer";

    expect((await world.visit("shop")).kind).to.equal("gone");
  });

  it("tears down what an interrupted sync has claimed", async () => {
    world.declare("shop");
    world.at("up", () => {
      throw new Error("the controller dies");
    });
    await world.visit("shop").catch(() => undefined);
    world.at("up", undefined);
    expect([world.records.get("shop")?.applied, world.records.get("shop")?.project]).to.deep.equal([
      undefined,
      "shop",
    ]);
    world.declarations.delete("shop");

    expect((await world.visit("shop")).kind).to.equal("gone");
    expect(world.acts).to.deep.equal(["down shop"]);
  });

  it("is obeyed while suspended", async () => {
    await deployed({ suspend: false });
    world.declare("shop", { suspend: true });
    await world.visit("shop");
    world.declarations.delete("shop");

    expect((await world.visit("shop")).kind).to.equal("gone");
    expect(world.acts).to.deep.equal(["down shop"]);
  });

  it("is ended by a manifest that returns before the first destructive step, which keeps uid and history", async () => {
    await deployed();
    const before = world.records.get("shop");
    world.declarations.delete("shop");
    world.engine.down = "no answer";
    expect(errorOf(await world.visit("shop"))?.reason).to.equal("DeletionBlocked");

    world.engine.down = undefined;
    world.declare("shop");
    await world.visit("shop");

    const after = world.records.get("shop");
    expect([after?.uid, after?.history, after?.deletion]).to.deep.equal([
      before?.uid,
      before?.history,
      undefined,
    ]);
    expect(world.acts).to.deep.equal([]);
    expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
  });

  it("goes to its end once something is destroyed, and a manifest that returned begins with a new uid", async () => {
    await deployed();
    const { uid } = world.records.get("shop") ?? {};
    world.declarations.delete("shop");
    world.at("down", () => void world.declare("shop"));

    expect((await world.visit("shop")).kind).to.equal("gone");
    world.at("down", undefined);
    await world.settle("shop", 60_000);

    const after = world.records.get("shop");
    expect(after?.uid === uid).to.equal(false);
    expect(after?.generation).to.equal(1);
    expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
  });

  it("says what blocks it, once, however often it is tried", async () => {
    await deployed();
    world.declarations.delete("shop");
    world.engine.down = "no answer";
    await world.visit("shop");
    const writes = world.writes();
    const shown = conditions();

    for (let round = 0; round < 3; round += 1) {
      await world.clock.advance(60_000);
      expect(errorOf(await world.visit("shop"))?.reason).to.equal("DeletionBlocked");
    }

    expect([said("Ready"), said("Stalled"), said("Reconciling")]).to.deep.equal([
      "DeletionBlocked",
      "DeletionBlocked",
      undefined,
    ]);
    expect(world.writes()).to.equal(writes);
    expect(conditions()).to.deep.equal(shown);
  });

  it("never tears down on another engine, nor before the engine has said which it is", async () => {
    await deployed();
    world.declarations.delete("shop");
    for (const [id, why] of [
      ["engine-2", "it was applied to another Docker engine"],
      [undefined, "the engine has not answered yet"],
    ] as const) {
      world.engine.id = id;
      expect(errorOf(await world.visit("shop"))?.message).to.contain(why);
    }
    expect(world.acts).to.deep.equal([]);
    expect(world.containers.length).to.equal(1);
  });

  it("forgets, and leaves what is there, when a person has removed the status file", async () => {
    await deployed();
    world.declarations.delete("shop");
    world.engine.down = "no answer";
    await world.visit("shop");
    world.removedByHand = true;

    expect((await world.visit("shop")).kind).to.equal("gone");
    expect([world.acts, world.containers.length, world.records.get("shop")]).to.deep.equal([
      [],
      1,
      undefined,
    ]);
  });

  it("goes on after a crash at any step", async () => {
    await deployed();
    world.push(B, { web: { image: "web:2" } });
    world.declarations.delete("shop");
    world.at("down", () => {
      throw new Error("the controller dies");
    });
    await world.visit("shop").catch(() => undefined);
    expect(world.records.get("shop")?.deletion?.destructive).to.equal(true);
    world.at("down", undefined);
    await world.restart();

    expect((await world.visit("shop")).kind).to.equal("gone");
    expect([world.containers.length, world.records.list().length]).to.deep.equal([0, 0]);
  });
});
