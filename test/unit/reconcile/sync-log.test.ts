import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { HistoryEntry } from "../../../controller/api/status.ts";
import { HISTORY_LIMIT } from "../../../controller/status/history.ts";
import { until } from "../../support/engine.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const begins = (line: string): boolean => line.startsWith("sync 1 of");
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /gm;

describe("the log of a sync", function () {
  this.timeout(30_000);
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, { web: { image: "web:1" } });
  });
  afterEach(() => world.close());

  const history = (): readonly HistoryEntry[] => world.statuses.get("shop")?.status.history ?? [];
  const logs = async (): Promise<readonly string[]> =>
    (await readdir(join(world.dataDir, "sync-logs", "shop"))).toSorted();
  /** Without its times. */
  async function linesOf(id: number): Promise<readonly string[]> {
    const text = await readFile(join(world.dataDir, "sync-logs", "shop", `${id}.log`), "utf8");
    return text.replace(AT, "").trimEnd().split("\n");
  }
  function end(exitCode: number): void {
    const [one] = world.containers;
    if (one === undefined) throw new Error("nothing runs");
    world.containers[0] = { ...one, state: "exited", exitCode };
    world.endings.set(one.id, { byHand: false, at: world.clock.now() } as never);
  }

  it("tells the steps of a sync until its gate has passed, and the history where it is", async () => {
    world.missingImages.add("web:1");
    world.at("pull", () => void world.missingImages.delete("web:1"));
    world.declare("shop");

    await world.settle("shop", 10_000);

    expect(await linesOf(1)).to.deep.equal([
      `sync 1 of ${A} begins: NewRevision`,
      `checked out and rendered: "commit ${A}"`,
      "pulls web:1",
      'service "web" is created: it is not there',
      "brings up web",
      "docker compose up ended: exit 0",
      "all is brought up",
      "waits until all is healthy and settled: every service is healthy",
      "every service is healthy",
    ]);
    expect(history()[0]).to.include({ id: 1, subject: `commit ${A}`, log: "sync-logs/shop/1.log" });
  });

  it("has the last lines of a container that failed, and why the sync failed", async () => {
    world.declare("shop");
    await world.visit("shop");
    end(3);

    await world.visit("shop");

    expect((await linesOf(1)).slice(-3)).to.deep.equal([
      'the last lines of service "web":',
      "web | goodbye",
      'failed: HealthGateFailed: service "web": Exited: exit 3; its last words: "goodbye"',
    ]);
  });

  it("of a healing is one of its own", async () => {
    world.declare("shop");
    await world.settle("shop", 10_000);
    world.containers.splice(0);

    await world.settle("shop", 10_000);

    expect(await linesOf(2)).to.deep.equal([
      `healing 2 of ${A} begins: web: Missing: no container`,
      "docker compose up ended: exit 0",
      "healed",
    ]);
    expect(history().map(({ id, trigger }) => `${id} ${trigger}`)).to.deep.equal([
      "2 Drift",
      "1 NewRevision",
    ]);
  });

  it("is kept once for each entry of the history, of a repetition that of the last time", async () => {
    world.declare("shop");
    await world.settle("shop", 10_000);
    world.push(B, { web: { image: "web:2" } });
    world.missingImages.add("web:2");
    for (let round = 0; round < 4; round += 1) {
      await world.visit("shop");
      await world.clock.advance(300_000);
    }

    expect(history().map(({ id, count }) => [id, count])).to.deep.equal([
      [5, 4],
      [1, undefined],
    ]);
    expect(await logs()).to.deep.equal(["1.log", "5.log"]);
  });

  it("goes with its entry, and is never missing beside one", async () => {
    world.declare("shop");
    for (let round = 0; round < HISTORY_LIMIT + 5; round += 1) {
      world.push(String(round).padStart(40, "c"), { web: { image: `web:${round}` } });
      await world.settle("shop", 10_000);
    }

    expect(history().length).to.equal(HISTORY_LIMIT);
    const ids = history().map(({ id }) => `${id}.log`);
    expect(await logs()).to.deep.equal(ids.toSorted());
    expect(history().map(({ log }) => log)).to.deep.equal(ids.map((file) => `sync-logs/shop/${file}`));
  });

  it("is not kept of a commit that changed nothing that runs, and its number is given again", async () => {
    world.declare("shop");
    await world.settle("shop", 10_000);
    world.push(B, { web: { image: "web:1" } });
    await world.visit("shop");
    expect(await logs()).to.deep.equal(["1.log"]);

    world.push("c".repeat(40), { web: { image: "web:2" } });
    await world.settle("shop", 10_000);
    expect((await linesOf(2))[0]).to.equal(`sync 2 of ${"c".repeat(40)} begins: NewRevision`);
  });

  it("goes on under the same number after a shutdown, and is Superseded where a newer target came meanwhile", async () => {
    world.declare("shop");
    for (const step of ["stage", "render"] as const) {
      const stop = new AbortController();
      world.at(step, () => {
        stop.abort(new Error("the controller stops"));
        throw new Error("broken off");
      });
      await world.visit("shop", stop.signal).catch(() => undefined);
      world.at(step, undefined);
      await world.clock.advance(1000);
      const begun = step === "stage" ? 1 : 2;
      await until(
        "it is on disk",
        async () => (await linesOf(1).catch(() => [])).filter(begins).length === begun,
      );
      await world.restart();
    }
    expect((await linesOf(1)).filter(begins)).to.have.length(2);
    world.push(B, { web: { image: "web:2" } });

    await world.settle("shop", 10_000);

    expect(
      history().map(({ id, result, revision }) => `${id} ${result} ${revision.slice(0, 1)}`),
    ).to.deep.equal(["2 Succeeded b", "1 Superseded a"]);
    expect((await linesOf(1)).at(-1)).to.equal(
      "Superseded: bbbbbbbbbbbb took its place before it was known to be healthy",
    );
  });

  describe("with Secrets", () => {
    const VALUE = "correct horse battery staple";
    const spec = {
      compose: { env: [{ name: "PW", valueFrom: { secretKeyRef: { name: "db", key: "pw" } } }] },
    };

    beforeEach(() => {
      world.push(A, { web: { image: "web:1", environment: { PW: "${PW}" } } });
      world.keep("db", { pw: VALUE });
    });

    it("has none of their values, whoever says them", async () => {
      world.missingImages.add("web:1");
      world.at("pull", () => {
        world.missingImages.delete("web:1");
        world.asked.pull?.onLine?.(`Pulling with ${VALUE}`);
      });
      world.declare("shop", spec);

      await world.settle("shop", 10_000);

      expect(await linesOf(1)).to.include("pull | Pulling with ***");
      expect((await linesOf(1)).join("\n")).not.to.contain("horse");
    });

    it("has nothing that containers say where nobody knows which values they hold", async () => {
      world.declare("shop", spec);
      await world.visit("shop");
      await rm(join(world.dataDir, "renderings"), { recursive: true });
      await world.restart();
      world.keep("db", { pw: "another value" });
      world.declare("shop", { ...spec, suspend: true });
      end(3);

      await world.visit("shop");

      const lines = await linesOf(1);
      expect(lines).to.include(
        'left out are the last lines of service "web", in which values of Secrets may stand',
      );
      expect(lines.join("\n")).not.to.contain("goodbye");
      expect(history()[0]?.reason).to.match(/^HealthGateFailed: /);
    });
  });
});
