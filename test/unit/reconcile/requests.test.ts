import { expect } from "chai";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const SERVICES = { web: { image: "busybox:1" } };

describe("a request", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
  });
  afterEach(() => world.close());

  function ask(name: string, token = "token"): void {
    world.requests.push({ action: "sync", name, token, requestedAt: "2026-01-01T00:00:00Z" });
  }

  it("to sync is refused once its source was asked and has nothing, and does not fire when the source is back", async () => {
    world.declare("shop", { sync: { automated: false } });
    world.sources.set("shop", {});
    ask("shop");
    await world.visit("shop");
    expect(world.records.get("shop")?.pendingSync?.token).to.equal("token");

    const error = { reason: "RepositoryNotFound", message: "there is none", since: 0 } as const;
    world.sources.set("shop", { error, polledAt: world.clock.now() - 1 });
    await world.visit("shop");
    expect(world.records.get("shop")?.pendingSync?.token).to.equal("token");

    world.sources.set("shop", { error, polledAt: world.clock.now() });
    await world.visit("shop");
    const record = world.records.get("shop");
    expect(record?.pendingSync).to.equal(undefined);
    expect(record?.lastHandledRequests).to.deep.equal({ sync: "token" });
    expect(record?.requestAnswers).to.deep.equal({ sync: "Refused: RepositoryNotFound" });

    world.push("a".repeat(40), SERVICES);
    await world.settle("shop");
    expect(world.acts).to.deep.equal(["poll shop"]);
  });

  it("to sync is refused where nothing may be applied at all", async () => {
    world.push("a".repeat(40), SERVICES);
    world.declare("first", { compose: { projectName: "shared" } });
    await world.settle("first");
    world.declare("second", { compose: { projectName: "shared" } });
    await world.visit("second");
    ask("second");
    await world.visit("second");
    expect(world.records.get("second")?.requestAnswers).to.deep.equal({ sync: "Refused: ProjectNameTaken" });
    expect(world.records.get("second")?.pendingSync).to.equal(undefined);
  });
});
