import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Condition, ServiceStatus } from "../../../controller/api/status.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { observed } from "../../support/fake-host.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);
const WEB = "registry.example.com/web:1";
const FIRST = `sha256:${WEB}`;
const SECOND = "sha256:second";
const THIRD = "sha256:third";
const ALWAYS = { compose: { pull: "always" } };

describe("a visit of an Application, and its images", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    push(A);
  });
  afterEach(() => world.close());

  function push(sha: string, web: object = {}, db: object = {}): void {
    world.push(sha, { web: { image: WEB, ...web }, db: { image: "db:1", ...db } });
  }

  async function deployed(spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (spec["compose"] !== undefined) world.images.publish(WEB, FIRST);
    world.declare("shop", spec);
    await world.settle("shop", 60_000);
    expect(status()?.phase).to.equal("Synced");
    world.acts.length = 0;
  }

  const status = () => world.statuses.get("shop")?.status;
  const service = (name: string): ServiceStatus | undefined =>
    status()?.health.services.find((one) => one.name === name);
  const container = (name: string): ObservedContainer | undefined =>
    world.containers.find((one) => one.service === name);
  const drift = (): readonly string[] =>
    (status()?.drift ?? []).map(({ service: of, kind }) => `${of}:${kind}`);
  function condition(type: Condition["type"]): string | undefined {
    const found = status()?.conditions.find((one) => one.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  describe("whose name stands for another one by now", () => {
    it("are shown, and no drift", async () => {
      await deployed();

      world.images.tag(WEB, SECOND);
      await world.visit("shop");

      expect(service("web")).to.include({ imageID: FIRST, imageMoved: SECOND, status: "Healthy" });
      expect(service("db")?.imageMoved).to.equal(undefined);
      expect([drift(), world.acts, condition("Ready")]).to.deep.equal([[], [], "True Synced"]);
    });

    it("do not slip in with the change of another service, whatever came before", async () => {
      await deployed();
      const before = container("web")?.id;

      world.images.tag(WEB, SECOND);
      push(B, {}, { command: "two" });
      await world.settle("shop", 60_000);
      world.images.tag(WEB, FIRST);
      world.images.tag(WEB, SECOND);
      push(C, {}, { command: "three" });
      await world.settle("shop", 60_000);

      expect(world.acts).to.deep.equal(["up db", "up db"]);
      expect(container("web")?.id).to.equal(before);
      expect(service("web")).to.include({ imageID: FIRST, imageMoved: SECOND });
    });

    it("do not slip in with a change of their own service, nor does the id by which it was made matter later", async () => {
      await deployed();

      world.images.tag(WEB, SECOND);
      push(B, { command: "two" });
      await world.settle("shop", 60_000);
      const made = container("web");
      expect([made?.imageId, made?.image]).to.deep.equal([FIRST, FIRST]);
      expect(service("web")).to.include({ image: WEB, imageID: FIRST, imageMoved: SECOND });

      push(C, { command: "two" }, { command: "three" });
      await world.settle("shop", 60_000);
      world.images.tag(WEB, FIRST);
      push(A, { command: "two" }, { command: "four" });
      await world.settle("shop", 60_000);

      expect(container("web")?.id).to.equal(made?.id);
      expect([drift(), condition("Ready")]).to.deep.equal([[], "True Synced"]);
      expect(world.acts).to.deep.equal(["up", "up db", "up db"]);
    });

    it("stay what they are while the change of another service fails and is tried again", async () => {
      await deployed();
      const before = container("web")?.id;
      world.images.tag(WEB, SECOND);
      push(B, {}, { command: "two" });
      world.at("up", () => Promise.reject(new Error("Cannot run it")));
      await world.visit("shop");
      world.at("up", undefined);

      await world.settle("shop", 600_000);

      expect(condition("Ready")).to.equal("True Synced");
      expect(container("web")?.id).to.equal(before);
    });

    it("are not taken by healing, also not for what is pruned", async () => {
      await deployed();
      world.images.tag(WEB, SECOND);
      const web = container("web");
      world.containers.splice(world.containers.indexOf(web as ObservedContainer), 1);
      await world.settle("shop", 60_000);
      expect([container("web")?.imageId, drift()]).to.deep.equal([FIRST, []]);

      world.images.tag("db:1", SECOND);
      const before = world.containers.map(({ id }) => id);
      world.containers.push(observed({ id: "old", service: "old", configHash: "h" }));
      await world.settle("shop", 60_000);

      expect(world.containers.map(({ id }) => id)).to.deep.equal(before);
      expect(condition("Ready")).to.equal("True Synced");
    });

    it("are taken by a sync that a person asks for", async () => {
      await deployed();
      world.images.tag(WEB, SECOND);

      world.requests.push({ action: "sync", name: "shop", token: "t", requestedAt: "2026-01-01T00:00:00Z" });
      await world.settle("shop", 60_000);

      expect(service("web")?.imageID).to.equal(SECOND);
      expect(service("web")?.imageMoved).to.equal(undefined);
    });

    it("are taken when the name changes in Git", async () => {
      await deployed();
      world.images.tag(WEB, SECOND);
      world.images.tag("web:2", THIRD);

      push(B, { image: "web:2" });
      await world.settle("shop", 60_000);

      expect(service("web")?.imageID).to.equal(THIRD);
    });
  });

  describe("that are gone from the host", () => {
    it("are pulled again when a container has to be made anew, and recorded anew", async () => {
      await deployed();
      world.images.remove(FIRST);
      world.images.tag(WEB, SECOND);
      world.containers.splice(
        world.containers.findIndex((one) => one.service === "web"),
        1,
      );

      await world.settle("shop", 60_000);

      expect([container("web")?.imageId, drift(), condition("Ready")]).to.deep.equal([
        SECOND,
        [],
        "True Synced",
      ]);
      expect(world.records.get("shop")?.applied?.images?.["web"]?.id).to.equal(SECOND);
    });

    it("are no matter while their containers run", async () => {
      await deployed();
      world.images.remove(FIRST);

      await world.visit("shop");

      expect([drift(), world.acts, service("web")?.imageMoved]).to.deep.equal([[], [], undefined]);
    });
  });

  it("are drift where somebody else made a container of another one, and it is made anew of the recorded one", async () => {
    await deployed();
    const web = container("web");
    world.images.tag(WEB, SECOND);
    world.containers.splice(world.containers.indexOf(web as ObservedContainer), 1, {
      ...(web as ObservedContainer),
      id: "by-hand",
      imageId: SECOND,
    });
    const found: string[] = [];
    world.at(
      "up",
      () => void found.push(...(world.records.get("shop")?.history.map(({ trigger }) => trigger) ?? [])),
    );

    await world.settle("shop", 60_000);

    expect(world.records.get("shop")?.history[0]).to.include({ trigger: "Drift", result: "Succeeded" });
    expect(world.records.get("shop")?.history[0]?.reason).to.match(
      /^web: ImageChanged: made of image sha256:second/,
    );
    expect([container("web")?.imageId, drift()]).to.deep.equal([FIRST, []]);
  });

  describe("that this Application builds", () => {
    const BUILT = { build: { context: "." } };

    it("get their name back", async () => {
      push(A, { image: "web:built", ...BUILT });
      await deployed();
      world.images.tag("web:built", SECOND);

      await world.settle("shop", 60_000);

      expect(world.acts).to.deep.equal(["tag web:built"]);
      expect(world.records.get("shop")?.history[0]?.reason).to.match(
        /^web: ImageChanged: the name stands for/,
      );
      expect([drift(), service("web")?.imageMoved]).to.deep.equal([[], undefined]);
    });

    it("do not fight for a name that another Application gives to what it has built", async () => {
      push(A, { image: "web:built", ...BUILT });
      await deployed();
      world.images.tag("web:built", SECOND);
      world.declare("blog");
      await world.settle("blog", 60_000);
      world.acts.length = 0;

      await world.visit("shop");
      await world.visit("blog");

      expect(world.acts).to.deep.equal([]);
      expect([drift(), service("web")?.imageMoved]).to.deep.equal([[], SECOND]);
    });
  });

  describe("with pull: always", () => {
    it("are pulled when the registry has another one, and only their services are made anew", async () => {
      await deployed(ALWAYS);
      const before = container("db")?.id;
      expect(condition("ImagesChecked")).to.equal("Unknown ImagesNotChecked");

      world.images.publish(WEB, SECOND);
      await world.settle("shop", 60_000);

      expect(world.acts).to.deep.equal(["pull always", "up"]);
      expect([container("web")?.imageId, container("db")?.id]).to.deep.equal([SECOND, before]);
      expect(world.records.get("shop")?.history[0]).to.include({
        trigger: "ImageChanged",
        result: "Succeeded",
      });
      expect(world.events).to.include.members(["Drift ImageChanged", "SyncBegins ImageChanged"]);
      expect([condition("Ready"), drift()]).to.deep.equal(["True Synced", []]);
      expect(service("web")).to.include({ imageID: SECOND, imageDigest: "sha256:d-second" });

      world.images.publish("other", THIRD);
      await world.settle("shop", 60_000);
      expect(world.acts.length).to.equal(2);
      expect(condition("ImagesChecked")).to.equal("True ImagesChecked");
    });

    for (const sync of [{ automated: false }, { selfHeal: false }]) {
      it(`are only shown with ${JSON.stringify(sync)}, and taken by a sync that is asked for`, async () => {
        await deployed(ALWAYS);
        world.declare("shop", { ...ALWAYS, sync });
        world.images.publish(WEB, SECOND);

        await world.settle("shop", 60_000);
        expect([drift(), world.acts]).to.deep.equal([["web:ImageChanged"], []]);
        expect([condition("Synced"), condition("Ready"), condition("Healthy")]).to.deep.equal([
          "False Drift",
          "True Synced",
          "True Healthy",
        ]);

        world.requests.push({
          action: "sync",
          name: "shop",
          token: "t",
          requestedAt: "2026-01-01T00:00:00Z",
        });
        await world.settle("shop", 60_000);
        expect([container("web")?.imageId, drift()]).to.deep.equal([SECOND, []]);
      });
    }

    it("are left alone when the registry cannot be asked, which is said", async () => {
      await deployed(ALWAYS);

      world.images.refuse("Cannot look up it");
      await world.visit("shop");

      expect([drift(), world.acts, condition("Ready")]).to.deep.equal([[], [], "True Synced"]);
      expect(condition("ImagesChecked")).to.equal("False ImageLookupFailed");
    });

    it("are pulled once where a pull does not bring what the registry claims to have", async () => {
      await deployed(ALWAYS);
      world.images.publish(WEB, SECOND);
      world.at("pull", () => world.images.publish(WEB, FIRST));
      world.at("up-done", () => world.images.publish(WEB, SECOND));

      for (let round = 0; round < 3; round += 1) await world.settle("shop", 60_000);

      expect(world.acts).to.deep.equal(["pull always", "up"]);
      expect(drift()).to.deep.equal(["web:ImageChanged"]);
      expect(condition("Healthy")).to.equal("True Healthy");
    });

    it("are tried again at the pace of failures while a pull fails, and at once when there is a newer one", async () => {
      await deployed(ALWAYS);
      world.at("pull", () => Promise.reject(new ReconcileError("Cannot pull", { reason: "PullFailed" })));
      world.images.publish(WEB, SECOND);
      let begun = 0;
      world.at("stage", () => void (begun += 1));

      for (let second = 0; second < 60; second += 1) {
        await world.visit("shop");
        await world.clock.advance(1000);
      }
      expect([begun, condition("Ready"), container("web")?.imageId]).to.deep.equal([
        4,
        "False PullFailed",
        FIRST,
      ]);
      world.images.publish(WEB, THIRD);
      await world.visit("shop");
      expect(begun).to.equal(5);

      world.at("pull", undefined);
      await world.settle("shop", 600_000);
      expect([condition("Ready"), container("web")?.imageId]).to.deep.equal(["True Synced", THIRD]);
    });

    it("run a one-shot of a new image again", async () => {
      world.push(A, {
        migrate: { image: WEB, labels: { "conops.dev/one-shot": "true" } },
        web: { image: WEB, depends_on: { migrate: { condition: "service_completed_successfully" } } },
      });
      world.at("up-done", () => {
        const at = world.containers.findIndex((one) => one.service === "migrate");
        world.containers[at] = {
          ...(world.containers[at] as ObservedContainer),
          state: "exited",
          exitCode: 0,
        };
      });
      await deployed(ALWAYS);

      world.images.publish(WEB, SECOND);
      await world.settle("shop", 60_000);

      expect(world.acts).to.deep.equal(["pull always", "up migrate", "up web"]);
      expect(container("migrate")?.imageId).to.equal(SECOND);
    });
  });
});
