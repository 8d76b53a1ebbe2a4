import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Condition } from "../../../controller/api/status.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const [A, B, C, D] = ["a", "b", "c", "d"].map((letter) => letter.repeat(40)) as [
  string,
  string,
  string,
  string,
];
const FIVE_MINUTES = 300_000;
const ASKED = { sync: { rollbackOnFailure: true } };

type Extra = Readonly<Record<string, unknown>>;
const web = (image: string, extra: Extra = {}) => ({ web: { image, ...extra } });

describe("a visit of an Application whose target fails", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    // What is made of a bad image ends at once.
    world.at("up-done", () => {
      for (const [at, one] of world.containers.entries()) {
        if (!one.image.startsWith("bad") || one.state !== "running") continue;
        world.containers[at] = { ...one, state: "exited", exitCode: 3 };
        world.endings.set(one.id, { exitCode: 3, byHand: false, at: world.clock.now() });
      }
    });
  });
  afterEach(() => world.close());

  function condition(type: Condition["type"]): string | undefined {
    const found = world.statuses.get("shop")?.status.conditions.find((one) => one.type === type);
    return found && `${found.status} ${found.reason}`;
  }
  const message = (): string | undefined =>
    world.statuses.get("shop")?.status.conditions.find(({ type }) => type === "Ready")?.message;
  const sync = () => world.statuses.get("shop")?.status.sync;
  const images = (): readonly string[] => world.containers.map(({ image }) => image);
  const results = (): readonly string[] =>
    (world.statuses.get("shop")?.status.history ?? []).map(({ result, trigger, revision }) =>
      [result, trigger, revision[0]].join(" "),
    );
  const page = (): Promise<string> => readFile(join(world.dataDir, "checkouts", "shop", "page"), "utf8");

  async function deployed(services = web("web:1"), spec: Extra = ASKED): Promise<void> {
    world.push(A, services, { page: "old" });
    world.declare("shop", spec);
    await world.settle("shop", 60_000);
    expect(condition("Ready")).to.equal("True Synced");
    world.acts.length = 0;
    world.events.length = 0;
  }

  async function settle(): Promise<void> {
    await world.settle("shop", 60_000);
  }

  it("brings the last healthy one back, says so, and tries the other one no more", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });

    await settle();

    expect(images()).to.deep.equal(["web:1"]);
    expect(await page()).to.equal("old");
    expect([
      condition("Ready"),
      condition("Healthy"),
      condition("Stalled"),
      condition("Synced"),
    ]).to.deep.equal(["False RolledBack", "True Healthy", "True RolledBack", "False RolledBack"]);
    expect(message()).to.equal(
      `${B.slice(0, 12)} failed and was rolled back to ${A.slice(0, 12)}: service "web": Exited: exit 3; its last words: "goodbye"`,
    );
    expect(world.statuses.get("shop")?.status.phase).to.equal("Degraded");
    expect([sync()?.applied?.revision, sync()?.attempted?.revision, sync()?.trigger]).to.deep.equal([
      A,
      B,
      "Rollback",
    ]);
    expect(results()).to.deep.equal([
      "RolledBack Rollback a",
      "Failed NewRevision b",
      "Succeeded NewRevision a",
    ]);
    expect(world.events).to.include.members(["RollbackBegins Rollback", "RolledBack RolledBack"]);

    const { length } = world.acts;
    const writes = world.writes();
    await world.clock.advance(FIVE_MINUTES);
    await settle();
    await world.restart();
    await settle();
    expect(world.acts.length).to.equal(length);
    expect(world.writes()).to.equal(writes);
    expect(condition("Ready")).to.equal("False RolledBack");
  });

  it("leaves a failed target as it is where nobody asked for a rollback, and rolls back when somebody does", async () => {
    await deployed(web("web:1"), {});
    world.push(B, web("bad:2"), { page: "new" });
    await world.visit("shop");
    expect([images(), condition("Ready")]).to.deep.equal([["bad:2"], "False ServiceNotHealthy"]);

    world.declare("shop", ASKED);
    await settle();

    expect([images(), condition("Ready")]).to.deep.equal([["web:1"], "False RolledBack"]);
  });

  it("has nothing to bring back before anything was healthy", async () => {
    world.push(A, web("bad:1"));
    world.declare("shop", ASKED);

    await world.visit("shop");

    expect(condition("Ready")).to.equal("False ServiceNotHealthy");
    expect(world.records.get("shop")?.rollback).to.equal(undefined);
  });

  it("keeps in quarantine what holds the same, and applies what does not", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    await settle();
    world.acts.length = 0;

    world.push(C, web("bad:2"), { page: "new" });
    await settle();
    expect([world.acts, sync()?.attempted?.revision, condition("Ready")]).to.deep.equal([
      [],
      C,
      "False RolledBack",
    ]);
    expect(message()).to.contain(`${C.slice(0, 12)} holds the same as ${B.slice(0, 12)}, which failed`);

    world.push(D, web("web:3"), { page: "newest" });
    await settle();
    expect([images(), condition("Ready"), sync()?.attempted]).to.deep.equal([
      ["web:3"],
      "True Synced",
      undefined,
    ]);
    expect(world.records.get("shop")?.rollback).to.equal(undefined);

    world.push(C, web("bad:2"), { page: "new" });
    await settle();
    expect([images(), condition("Ready"), sync()?.attempted?.revision]).to.deep.equal([
      ["web:3"],
      "False RolledBack",
      C,
    ]);
  });

  it("is Ready again without touching a container when Git goes back to what runs", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    await settle();
    world.acts.length = 0;

    world.push(C, web("web:1"), { page: "old" });
    await settle();

    expect([world.acts, condition("Ready"), sync()?.applied?.revision]).to.deep.equal([[], "True Synced", C]);
  });

  for (const action of ["retry", "sync"] as const) {
    it(`tries a quarantined target again on ${action}, and believes it when it is healthy now`, async () => {
      await deployed();
      world.push(B, web("bad:2"), { page: "new" });
      await settle();
      world.at("up-done", undefined);

      world.requests.push({ action, name: "shop", token: "t", requestedAt: "2026-01-01T00:00:00Z" });
      await settle();

      expect([images(), condition("Ready"), sync()?.applied?.revision]).to.deep.equal([
        ["bad:2"],
        "True Synced",
        B,
      ]);
      expect(world.records.get("shop")?.quarantine).to.equal(undefined);
    });

    it(`rolls it back again when it fails again after ${action}`, async () => {
      await deployed();
      world.push(B, web("bad:2"), { page: "new" });
      await settle();

      world.requests.push({ action, name: "shop", token: "t", requestedAt: "2026-01-01T00:00:00Z" });
      await settle();

      expect([images(), condition("Ready")]).to.deep.equal([["web:1"], "False RolledBack"]);
      expect(results()[0]).to.equal("RolledBack Rollback a");
      expect(world.records.get("shop")?.quarantine?.length).to.equal(1);
    });
  }

  it("does not roll back what a pull, a build, the host or a person did", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    world.missingImages.add("bad:2");
    await world.visit("shop");
    expect([condition("Ready"), images()]).to.deep.equal(["False PullFailed", ["web:1"]]);
    world.missingImages.clear();

    world.at("up-done", () => {
      for (const [at, one] of world.containers.entries()) {
        if (one.image !== "bad:2" || one.state !== "running") continue;
        world.containers[at] = { ...one, state: "exited", exitCode: 137 };
        world.endings.set(one.id, { exitCode: 137, byHand: true, at: world.clock.now() });
      }
    });
    world.requests.push({ action: "retry", name: "shop", token: "t", requestedAt: "2026-01-01T00:00:00Z" });
    await world.visit("shop");
    expect(world.records.get("shop")?.rollback).to.equal(undefined);
    expect(images()).to.deep.equal(["bad:2"]);
  });

  it("is refused, loudly, where a one-shot has run, unless its label says that this is safe", async () => {
    const withJob = (image: string, job: string, labels: Readonly<Record<string, string>> = {}) => ({
      job: { image: job, labels: { "conops.dev/one-shot": "true", ...labels } },
      web: { image },
    });
    const finish = (): void => {
      for (const [at, one] of world.containers.entries()) {
        if (one.service === "job") world.containers[at] = { ...one, state: "exited", exitCode: 0 };
        if (one.image.startsWith("bad")) world.containers[at] = { ...one, state: "exited", exitCode: 3 };
      }
    };
    world.at("up-done", finish);
    await deployed(withJob("web:1", "job:1"));
    world.push(B, withJob("bad:2", "job:2"), { page: "new" });

    await world.visit("shop");
    expect(condition("Stalled")).to.equal("True RollbackUnsafe");
    expect(condition("Ready")?.startsWith("False ")).to.equal(true);
    expect(images()).to.include("bad:2");
    expect(world.events.filter((event) => event.includes("Unsafe")).length).to.equal(1);

    world.push(C, withJob("bad:3", "job:3", { "conops.dev/rollback": "safe" }), { page: "newer" });
    world.acts.length = 0;
    await settle();
    expect(condition("Ready")).to.equal("False RolledBack");
    // The one-shot of the old revision has run, and runs no more.
    expect(world.acts.at(-1)).to.equal("up web");
  });

  it("ends where what is brought back fails, too, and goes on healing that", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    world.at("up-done", () => {
      for (const [at, one] of world.containers.entries()) {
        if (one.state !== "running") continue;
        world.containers[at] = { ...one, state: "exited", exitCode: 3 };
        world.endings.set(one.id, { exitCode: 3, byHand: false, at: world.clock.now() });
      }
    });

    for (let round = 0; round < 3; round += 1) await world.visit("shop");

    expect(images()).to.deep.equal(["web:1"]);
    expect([condition("Ready"), condition("Stalled")]).to.deep.equal([
      "False RollbackFailed",
      "True RollbackFailed",
    ]);
    expect(message()).to.contain("fails too");
    expect(results().filter((one) => one.includes("Rollback"))).to.deep.equal(["Failed Rollback a"]);

    // What healing starts again stays up.
    await settle();
    expect(world.acts.filter((act) => act.startsWith("up")).length).to.equal(2);
    expect(world.acts.some((act) => act.startsWith("start shop-web"))).to.equal(true);
    expect(condition("Ready")).to.equal("False RolledBack");
  });

  it("tries a rollback again that the host does not let through, and says why", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    world.at("stage", () => {
      if (world.asked.stage?.sha === A) throw new Error("no space left");
    });

    await world.visit("shop");
    await world.visit("shop");
    expect([condition("Ready"), condition("Stalled")]).to.deep.equal([
      "False RollbackFailed",
      "True RollbackFailed",
    ]);
    expect(message()).to.contain("no space left");
    expect(images()).to.deep.equal(["bad:2"]);

    world.at("stage", undefined);
    await settle();
    expect([images(), condition("Ready")]).to.deep.equal([["web:1"], "False RolledBack"]);
  });

  it("gives a newer revision way while it is under way", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    await world.visit("shop");
    expect(world.records.get("shop")?.rollback?.state).to.equal("running");

    world.push(C, web("web:3"), { page: "newest" });
    await settle();

    expect([images(), condition("Ready"), results()[0]]).to.deep.equal([
      ["web:3"],
      "True Synced",
      "Succeeded NewRevision c",
    ]);
  });

  it("goes on without the source, the Secrets and the gate's own revision after a restart", async () => {
    const spec = {
      ...ASKED,
      compose: { env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "shop", key: "key" } } }] },
    };
    world.keep("shop", { key: "value" });
    await deployed(web("web:1", { environment: { KEY: "${KEY}" } }), spec);
    world.push(B, web("bad:2"), { page: "new" });
    await world.visit("shop");
    world.keep("shop", undefined);
    world.sources.set("shop", {});
    await world.restart();

    await settle();

    expect(images()).to.deep.equal(["web:1"]);
    expect(await page()).to.equal("old");
    expect(world.records.get("shop")?.rollback?.state).to.equal("done");
  });

  it("waits while it is suspended, and goes on when it is not", async () => {
    await deployed();
    world.push(B, web("bad:2"), { page: "new" });
    await world.visit("shop");
    world.declare("shop", { ...ASKED, suspend: true });
    await settle();
    expect(images()).to.deep.equal(["bad:2"]);

    world.declare("shop", ASKED);
    await settle();
    expect([images(), condition("Ready")]).to.deep.equal([["web:1"], "False RolledBack"]);
  });
});
