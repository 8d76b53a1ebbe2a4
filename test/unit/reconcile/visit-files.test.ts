import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import { createReconcileWorld, errorOf, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);

const bind = (source: string) => ({ type: "bind", source, target: `/${source}` });

/** `web` has the folder `conf`, `proxy` the file `conf/proxy`, `db` nothing. */
function services(labels: Readonly<Record<string, string>> = {}): RenderedProject["services"] {
  return {
    db: { image: "db:1" },
    proxy: { image: "proxy:1", volumes: [bind("conf/proxy")], labels },
    web: { image: "web:1", volumes: [bind("conf")], labels },
  };
}
const FILES = { "conf/web": "1", "conf/proxy": "1", "elsewhere/x": "1" };
const LABEL = "conops.dev/on-file-change";

describe("a visit of an Application whose files change", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
  });
  afterEach(() => world.close());

  async function deployed(labels: Readonly<Record<string, string>> = {}, spec = {}): Promise<void> {
    world.push(A, services(labels), FILES);
    world.declare("shop", spec);
    await world.settle("shop", 60_000);
    expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
    world.acts.length = 0;
  }

  /** What was done, after the `up` of everything. */
  async function actsAfter(files: Readonly<Record<string, string>>, labels = {}): Promise<readonly string[]> {
    world.push(B, services(labels), { ...FILES, ...files });
    await world.clock.advance(1000);
    await world.settle("shop", 60_000);
    expect(world.statuses.get("shop")?.status.sync.applied?.revision).to.equal(B);
    return world.acts.filter((act) => act !== "up");
  }
  const idOf = (service: string): string =>
    world.containers.find((container) => container.service === service)?.id ?? "";

  it("recreates the services that have them mounted, and only these", async () => {
    await deployed();
    expect(await actsAfter({ "conf/web": "2" })).to.deep.equal(["up --force-recreate web"]);
  });

  it("recreates several in one go", async () => {
    await deployed();
    expect(await actsAfter({ "conf/proxy": "2" })).to.deep.equal(["up --force-recreate proxy web"]);
  });

  it("does so without selfHeal, too: it is a part of the sync", async () => {
    await deployed({}, { sync: { selfHeal: false } });
    expect(await actsAfter({ "conf/web": "2" })).to.deep.equal(["up --force-recreate web"]);
  });

  it("recreates nothing a second time", async () => {
    await deployed();
    await actsAfter({ "conf/web": "2" });
    world.acts.length = 0;
    await world.restart();
    await world.settle("shop", 60_000);

    expect(world.acts).to.deep.equal([]);
    expect(world.statuses.get("shop")?.status.drift).to.deep.equal([]);
  });

  it("recreates only what was not recreated when the controller dies, and takes no other file for the new one", async () => {
    await deployed();
    let ups = 0;
    world.at("up", () => {
      ups += 1;
      if (ups === 2) throw new Error("the controller dies");
    });
    world.push(B, services(), { ...FILES, "conf/web": "2" });
    await world.clock.advance(1000);
    await world.visit("shop");
    expect(world.acts).to.deep.equal(["up"]);
    world.at("up", undefined);
    world.push(C, services(), { ...FILES, "conf/web": "2", "conf/proxy": "2" });
    await world.restart();
    await world.settle("shop", 60_000);

    expect(world.acts).to.deep.equal(["up", "up", "up --force-recreate proxy web"]);
    expect(world.statuses.get("shop")?.status.sync.applied?.revision).to.equal(C);
  });

  it("recreates nothing for a try that failed when Git goes back to what the containers have", async () => {
    await deployed();
    const web = idOf("web");
    world.at("up", () => {
      throw new Error("it fails");
    });
    world.push(B, services(), { ...FILES, "conf/web": "2" });
    await world.clock.advance(1000);
    await world.visit("shop");
    world.at("up", undefined);
    expect(await actsAfter({})).to.deep.equal([]);

    expect(idOf("web")).to.equal(web);
  });

  it("finds drift where a container has other files than the applied target, says which, and heals that one", async () => {
    await deployed();
    const record = world.records.get("shop");
    const web = idOf("web");
    if (record?.files === undefined) throw new Error("nothing is recorded");
    const startedAt = world.containers.find(({ id }) => id === web)?.startedAt ?? 0;
    await world.records.put({
      ...record,
      files: { ...record.files, given: { [web]: { startedAt, mounts: { conf: "folder conf:other" } } } },
    });
    world.at("up", () => {
      throw new ReconcileError("not yet", { reason: "UpFailed" });
    });
    await world.visit("shop");

    expect(world.statuses.get("shop")?.status.drift.map(({ since: _since, ...fact }) => fact)).to.deep.equal([
      { service: "web", kind: "FilesChanged", expected: "conf as in Git", actual: "was given another conf" },
    ]);
    expect(world.events).to.include("Drift FilesChanged");
    world.at("up", undefined);
    await world.settle("shop", 60_000);
    expect(world.acts).to.deep.equal(["up --force-recreate web"]);
    expect(world.statuses.get("shop")?.status.drift).to.deep.equal([]);
  });

  const labels: readonly (readonly [string, Readonly<Record<string, string>>, () => readonly string[]])[] = [
    ["restart", { "conf/web": "2" }, () => [`restart ${idOf("web")}`]],
    ["restart", { "conf/proxy": "2" }, () => [`restart ${idOf("proxy")}`, `restart ${idOf("web")}`]],
    ["signal=HUP", { "conf/web": "2" }, () => [`kill HUP ${idOf("web")}`]],
    ["signal=USR1", { "conf/proxy": "2" }, () => [`restart ${idOf("proxy")}`, `kill USR1 ${idOf("web")}`]],
    ["ignore", { "conf/proxy": "2" }, () => []],
  ];
  for (const [value, files, acts] of labels) {
    it(`does what the label ${value} says for ${Object.keys(files).join()}, once`, async () => {
      await deployed({ [LABEL]: value });
      const ids = world.containers.map(({ id }) => id);

      expect(await actsAfter(files, { [LABEL]: value })).to.deep.equal(acts());
      expect(world.containers.map(({ id }) => id)).to.deep.equal(ids);
      world.acts.length = 0;
      await world.restart();
      await world.settle("shop", 60_000);
      expect(world.acts).to.deep.equal([]);
      expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
    });
  }

  it("says of a service whose label ignores it that it has other files", async () => {
    await deployed({ [LABEL]: "ignore" });
    await actsAfter({ "conf/web": "2" }, { [LABEL]: "ignore" });

    const status = world.statuses.get("shop")?.status;
    expect(status?.drift).to.deep.equal([]);
    expect(status?.health.services.map(({ name, message = "" }) => [name, message])).to.deep.equal([
      ["db", ""],
      ["proxy", ""],
      ["web", `has another conf than Git, by its label ${LABEL}: ignore`],
    ]);
  });

  it("refuses a label whose value means nothing before anything changes", async () => {
    await deployed();
    world.push(B, services({ [LABEL]: "signal=HUB" }), { ...FILES, "conf/web": "2" });
    const outcome = await world.visit("shop");

    expect(errorOf(outcome)?.reason).to.equal("InvalidCompose");
    expect(errorOf(outcome)?.message).to.contain(
      `services.proxy.labels: ${LABEL}: "signal=HUB" names no signal; did you mean "signal=HUP"?`,
    );
    expect(world.acts).to.deep.equal([]);
    expect(world.records.get("shop")?.attempt?.made).to.equal(undefined);
  });

  describe("on this host", () => {
    const path = (name: string): string => join(world.dataDir, "checkouts/shop", name);
    const drift = () => world.statuses.get("shop")?.status.drift.map(({ since: _since, ...fact }) => fact);
    const CHANGE = {
      service: "web",
      kind: "LocalChange",
      expected: '"conf/web" as in Git',
      actual: '"conf/web": it was changed on disk since ConOps wrote it',
    };

    async function conflict(): Promise<void> {
      world.push(B, services(), { ...FILES, "conf/web": "2" });
      const outcome = await world.visit("shop");
      expect(errorOf(outcome)?.reason).to.equal("CheckoutConflict");
    }

    it("does not look at them while it has nothing to write there", async () => {
      await deployed();
      await writeFile(path("conf/web"), "mine");
      await world.settle("shop", 60_000);

      expect(drift()).to.deep.equal([]);
    });

    it("shows which one stops a sync, leaves it alone, and goes on healing the applied target", async () => {
      await deployed();
      await writeFile(path("conf/web"), "mine");
      await conflict();

      expect(drift()).to.deep.equal(
        // everything is used by every service here
        ["db", "proxy", "web"].map((service) => ({ ...CHANGE, service })),
      );
      expect(world.records.get("shop")?.attempt?.made).to.equal(undefined);
      expect(world.acts).to.deep.equal([]);
      world.containers.splice(0, 1);
      await world.visit("shop");
      expect(world.acts).to.deep.equal(["up db"]);
    });

    it("shows it until it is as Git has it, or had it, or is gone, also when Git goes back", async () => {
      for (const bytes of ["1", "2"]) {
        await deployed();
        await writeFile(path("conf/web"), "mine");
        await conflict();
        world.push(A, services(), FILES);
        await world.visit("shop");
        expect(drift()).to.have.length(3);
        await writeFile(path("conf/web"), "still mine");
        await world.visit("shop");
        expect(drift()).to.have.length(3);

        await writeFile(path("conf/web"), bytes);
        await world.visit("shop");
        expect(drift()).to.deep.equal([]);
        expect(world.statuses.get("shop")?.status.phase).to.equal("Synced");
        await writeFile(path("conf/web"), "1");
      }
    });

    it("shows the one that a label keeps, and is Synced all the same", async () => {
      const label = { "conops.dev/on-local-change": "keep" };
      const kept = { web: { image: "web:1", volumes: [bind("conf")], labels: label } };
      world.push(A, kept, FILES);
      world.declare("shop");
      await world.settle("shop", 60_000);
      await writeFile(path("conf/web"), "mine");
      world.push(B, kept, { ...FILES, "conf/web": "2" });
      await world.settle("shop", 60_000);

      const status = world.statuses.get("shop")?.status;
      expect(drift()).to.deep.equal([CHANGE]);
      expect([status?.phase, status?.sync.status, status?.sync.applied?.revision]).to.deep.equal([
        "Synced",
        "Synced",
        B,
      ]);
    });
  });
});
