import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { ApplicationStatus, ConditionType } from "../../../controller/api/status.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const MARKER = "hunter2-marker";
const compose = { env: [{ name: "DB", valueFrom: { secretKeyRef: { name: "shop", key: "db" } } }] };
const services = { web: { image: "web:1", environment: { DB: "${DB}" } } };

describe("a visit of an Application that refers to Secrets", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push("c1", services);
  });
  afterEach(() => world.close());

  function status(): ApplicationStatus {
    return world.statuses.get("shop")?.status as ApplicationStatus;
  }
  function condition(type: ConditionType): string {
    const found = status().conditions.find((each) => each.type === type);
    return `${found?.status} ${found?.reason}: ${found?.message}`;
  }
  /** Everything that was written, but for what is sealed. */
  function written(): string {
    const files = readdirSync(world.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".sealed"))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    return [...files, JSON.stringify([...world.statuses])].join("\n");
  }

  it("hands values to the rendering, and writes none of them anywhere", async () => {
    world.keep("shop", { db: MARKER });
    world.declare("shop", { compose });

    await world.settle("shop", 10_000);

    expect(condition("Ready")).to.match(/^True/);
    expect(world.asked.render?.env).to.deep.equal([{ name: "DB", value: MARKER, inject: false }]);
    expect(world.asked.render?.mask?.(`says ${MARKER}`)).to.equal("says ***");
    expect(written()).not.to.contain(MARKER);
    expect(written()).not.to.contain(Buffer.from(MARKER).toString("base64").slice(0, 12));
  });

  it("applies a changed value by itself, once, and says why", async () => {
    world.keep("shop", { db: "one", other: "x" });
    world.declare("shop", { compose });
    await world.settle("shop", 10_000);
    world.acts.length = 0;

    world.keep("shop", { db: "one", other: "changed, but not referred to" });
    await world.settle("shop", 10_000);
    expect(world.acts).to.deep.equal([]);

    world.keep("shop", { db: "two" });
    await world.settle("shop", 10_000);

    expect(world.acts).to.deep.equal(["up"]);
    expect(status().sync.trigger).to.equal("SecretChanged");
    expect(condition("Ready")).to.match(/^True/);
  });

  it("heals what runs while the Secret is gone, applies nothing, and goes on when it returns", async () => {
    world.keep("shop", { db: MARKER });
    world.declare("shop", { compose });
    await world.settle("shop", 10_000);
    world.keep("shop", undefined);
    world.push("c2", { web: { image: "web:2", environment: { DB: "${DB}" } } });
    world.containers.length = 0;
    world.acts.length = 0;

    await world.settle("shop", 10_000);

    expect(world.acts).to.deep.equal(["up web"]);
    expect(world.containers.map(({ image }) => image)).to.deep.equal(["web:1"]);
    const fault = 'Cannot set the variable "DB" of spec.compose.env: there is no Secret "shop"';
    expect(condition("Ready")).to.equal(`False SecretInvalid: ${fault}`);
    expect(condition("Healthy")).to.match(/^True/);
    expect(status().phase).to.equal("Degraded");

    world.keep("shop", { db: MARKER });
    await world.settle("shop", 10_000);

    expect(condition("Ready")).to.match(/^True/);
    expect(world.containers.map(({ image }) => image)).to.deep.equal(["web:2"]);
  });

  describe("when a new controller finds the Secret gone, and a container that tells its value", () => {
    beforeEach(async () => {
      world.keep("shop", { db: MARKER });
      world.declare("shop", { compose });
      await world.settle("shop", 10_000);
      world.keep("shop", undefined);
      const [container] = world.containers;
      if (container === undefined) throw new Error("nothing runs");
      const said = `\n${"x".repeat(190)} it is ${MARKER}`;
      const image = `web:${MARKER}`;
      world.containers[0] = { ...container, image, health: "unhealthy", healthOutput: said };
      world.at("start", () => Promise.reject(new Error(`no ${MARKER}`)));
    });

    it("does not repeat it", async () => {
      await world.restart();
      await world.settle("shop");

      expect(condition("Healthy")).to.match(/unhealthy: x+ it is \*\*\*; its last words: "goodbye"$/);
      expect(status().health.services[0]?.image).to.equal("web:***");
      expect(written()).not.to.contain(MARKER.slice(0, 4));
    });

    it("repeats nothing of what it says where the record does not open either", async () => {
      await rm(join(world.dataDir, "renderings", "shop"), { recursive: true });
      await world.restart();
      await world.settle("shop");

      expect(condition("Healthy")).to.equal(
        'False ServiceNotHealthy: service "web": Unhealthy: unhealthy: ***',
      );
      expect(status().health.services[0]?.image).to.equal("***");
      expect(written()).not.to.contain(MARKER.slice(0, 4));
    });
  });

  it("waits for a Secret that was never there", async () => {
    world.declare("shop", { compose });

    await world.settle("shop", 10_000);
    await world.visit("shop");
    expect(condition("Ready")).to.match(/^False SecretInvalid: .*there is no Secret "shop"/);
    expect(status().phase).to.equal("Error");
    expect(world.acts).to.deep.equal([]);
    expect(world.events).to.deep.equal(["NeedsAttention SecretInvalid"]);

    world.keep("shop", { db: MARKER });
    await world.settle("shop", 10_000);
    expect(condition("Ready")).to.match(/^True/);
    expect(world.events).to.include("GoesOn SecretInvalid");
  });

  it("does not ask the remote without its credential, and asks with it as soon as there is one", async () => {
    const source = { repoURL: "https://git.example.com/shop.git", secretRef: { name: "token" } };
    world.declare("shop", { source });

    await world.settle("shop");
    expect(world.asked.follow).to.equal(undefined);
    expect(condition("SourceReady")).to.match(/^False SecretInvalid: Cannot use spec\.source\.secretRef/);

    world.keep("token", { token: MARKER }, "conops.dev/bearer-token");
    await world.settle("shop", 10_000);
    expect(world.asked.follow?.remote.credential).to.deep.equal({ kind: "bearer", token: MARKER });
    expect(world.asked.stage?.remote.credential).to.deep.equal({ kind: "bearer", token: MARKER });
    expect(condition("Ready")).to.match(/^True/);
    expect(written()).not.to.contain(MARKER);
  });

  it("tries again at once what failed, when its credentials change, and only then", async () => {
    const config = (word: string): string =>
      JSON.stringify({ auths: { "r.example.com": { auth: Buffer.from(`ada:${word}`).toString("base64") } } });
    const type = "kubernetes.io/dockerconfigjson";
    world.keep("registry", { ".dockerconfigjson": config("old") }, type);
    world.declare("shop", { compose: { pull: "always", imagePullSecrets: [{ name: "registry" }] } });
    let tries = 0;
    world.at("pull", () => {
      tries += 1;
      throw new ReconcileError("Cannot pull: denied", { reason: "PullFailed" });
    });
    await world.visit("shop");
    await world.visit("shop");
    expect(tries).to.equal(1);

    world.keep("registry", { ".dockerconfigjson": config("newer") }, type);
    await world.visit("shop");
    await world.visit("shop");
    expect(tries).to.equal(2);

    world.at("pull", undefined);
    world.keep("registry", { ".dockerconfigjson": config("right") }, type);
    await world.settle("shop", 10_000);
    expect(condition("Ready")).to.match(/^True/);
  });

  it("gives a pull the credentials of its registries, and an `up` none", async () => {
    const auths = { "registry.example.com": { auth: Buffer.from(`ada:${MARKER}`).toString("base64") } };
    world.keep(
      "registry",
      { ".dockerconfigjson": JSON.stringify({ auths }) },
      "kubernetes.io/dockerconfigjson",
    );
    world.declare("shop", { compose: { pull: "always", imagePullSecrets: [{ name: "registry" }] } });

    await world.settle("shop", 10_000);

    expect(JSON.parse(world.asked.pull?.dockerConfig ?? "")).to.deep.equal({ auths });
    expect(written()).not.to.contain(auths["registry.example.com"].auth);
  });

  describe("that wants signatures", () => {
    const verify = { mode: "HEAD", secretRef: { name: "signers" } };
    const source = { repoURL: "https://git.example.com/shop.git", verify };

    it("stages nothing without its signers, and says who signed what runs", async () => {
      world.declare("shop", { source });
      await world.settle("shop", 10_000);
      expect(condition("Ready")).to.match(/^False SecretInvalid/);
      expect(world.asked.stage).to.equal(undefined);

      world.keep("signers", { allowed_signers: "ada@example.com ssh-ed25519 AAAA" });
      await world.settle("shop", 10_000);

      expect(world.asked.stage?.verify).to.deep.equal({
        mode: "HEAD",
        allowedSigners: "ada@example.com ssh-ed25519 AAAA",
      });
      expect(condition("SourceVerified")).to.equal(
        "True SourceVerified: commit c1 is signed by ada@example.com (ED25519 SHA256:x)",
      );
      expect(condition("Ready")).to.match(/^True/);
    });

    it("keeps what runs when a commit is not signed, does not try it again by itself, and says so", async () => {
      world.keep("signers", { allowed_signers: "ada@example.com ssh-ed25519 AAAA" });
      world.declare("shop", { source });
      await world.settle("shop", 10_000);
      world.acts.length = 0;
      let tries = 0;
      world.at("stage", () => {
        tries += 1;
        throw new ReconcileError('Cannot verify commit c2 of "shop": it is not signed', {
          reason: "NotSigned",
          terminal: true,
        });
      });
      world.push("c2", { web: { image: "web:2" } });
      await world.settle("shop", 600_000);

      expect(condition("SourceVerified")).to.match(/^False NotSigned/);
      expect(condition("Ready")).to.match(/^False NotSigned/);
      expect(condition("Healthy")).to.match(/^True/);
      expect([tries, world.acts.length, status().sync.applied?.revision]).to.deep.equal([1, 0, "c1"]);

      world.at("stage", undefined);
      world.push("c3", services);
      await world.settle("shop", 10_000);
      expect(condition("SourceVerified")).to.match(/^True SourceVerified: commit c3/);
    });

    it("looks anew when the list of signers changes, and touches nothing that runs", async () => {
      world.keep("signers", { allowed_signers: "ada@example.com ssh-ed25519 AAAA" });
      world.declare("shop", { source });
      await world.settle("shop", 10_000);
      world.acts.length = 0;
      Object.assign(world.asked, { stage: undefined });

      world.keep("signers", { allowed_signers: "bob@example.com ssh-ed25519 BBBB" });
      await world.settle("shop", 10_000);

      expect(world.asked.stage?.verify?.allowedSigners).to.contain("bob");
      expect(world.acts).to.deep.equal([]);
    });

    it("has no condition when that is not asked for any more", async () => {
      world.keep("signers", { allowed_signers: "ada@example.com ssh-ed25519 AAAA" });
      world.declare("shop", { source });
      await world.settle("shop", 10_000);

      world.declare("shop", {});
      await world.settle("shop", 10_000);

      expect(condition("SourceVerified")).to.equal("undefined undefined: undefined");
    });
  });

  it("says what failed without the value that another program repeats", async () => {
    world.keep("shop", { db: MARKER });
    world.declare("shop", { compose });
    world.at("up", () => {
      throw new ReconcileError(`Cannot bring up "shop": invalid proto: ${MARKER}`, { reason: "UpFailed" });
    });

    await world.visit("shop");

    expect(condition("Ready")).to.equal('False UpFailed: Cannot bring up "shop": invalid proto: ***');
    expect(status().history[0]?.reason).to.contain("***");
    expect(written()).not.to.contain(MARKER);
  });
});
