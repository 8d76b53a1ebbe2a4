import { expect } from "chai";
import type { Condition, SecretDocument } from "../../../controller/api/status.ts";
import type { Sealing } from "../../../controller/reconcile/secret-care.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";
import { secretOf, type SecretParts } from "../../support/secrets.ts";

const KEY = "secret/shop";
const SEALED = "conops-v1.3f9a1c2b.20260101T000000Z.AAAA";
const place = { file: "shop.yaml", document: 1 };

describe("a visit of a Secret", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.secretCare.fingerprint = ({ fields }) => JSON.stringify(fields);
    world.secretCare.inspect = ({ fields }) => ({
      fields: Object.entries(fields).map(([name, { form, text }]) =>
        form === "plain" ? { name } : { name, keyID: "3f9a1c2b", sealedAt: text },
      ),
      faults: [],
    });
  });
  afterEach(() => world.close());

  const declare = (parts: SecretParts): void => {
    world.declarations.set(KEY, { kind: "declared", resource: secretOf(parts), place });
  };
  const document = (): SecretDocument => {
    const found = world.documents.get(KEY);
    if (found?.kind !== "Secret") throw new Error("it has no status");
    return found;
  };
  const conditions = (): readonly string[] =>
    document().status.conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
  const conditionOf = (type: Condition["type"]): Condition | undefined =>
    document().status.conditions.find((condition) => condition.type === type);

  it("publishes type, fields, who uses it, and that all is well", async () => {
    world.secretCare.usersOf = () => ["shop", "receiver/github"];
    declare({ type: "kubernetes.io/basic-auth", sealedData: { password: SEALED } });

    expect(await world.visit(KEY)).to.deep.equal({ kind: "synced" });
    expect(document().metadata).to.deep.include({
      name: "shop",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
    });
    expect(document().status).to.deep.include({
      observedGeneration: 1,
      type: "kubernetes.io/basic-auth",
      fields: [{ name: "password", keyID: "3f9a1c2b", sealedAt: SEALED }],
      usedBy: ["Application/shop", "Receiver/github"],
    });
    expect(conditions()).to.deep.equal(["Ready True Usable", "Encrypted True Sealed"]);
  });

  it("says what is wrong, and how much, and stalls", async () => {
    world.secretCare.inspect = () => ({ fields: [], faults: ["the field is wrong", "so is the other"] });
    declare({});
    await world.visit(KEY);

    expect(conditions()).to.deep.equal([
      "Ready False SecretInvalid",
      "Stalled True SecretInvalid",
      "Encrypted True Sealed",
    ]);
    expect(conditionOf("Ready")?.message).to.equal("the field is wrong (and 1 more)");
  });

  it("writes nothing where nothing changed, also after a restart", async () => {
    declare({ sealedData: { a: SEALED } });
    await world.visit(KEY);
    const writes = world.writes();
    await world.clock.advance(60_000);

    await world.visit(KEY);
    await world.restart();
    await world.visit(KEY);

    expect(world.writes()).to.equal(writes);
  });

  it("seals what is plain, and says nothing of the file before it was read again", async () => {
    const asked: string[] = [];
    world.secretCare.seal = (secret, at) => {
      asked.push(`${secret.name} ${at.file}#${at.document}`);
      return Promise.resolve({ kind: "sealed" });
    };
    declare({ stringData: { a: "x" } });

    expect(await world.visit(KEY)).to.deep.equal({
      kind: "waiting",
      reason: "Progressing",
      recheckAfterMs: 1000,
    });
    expect(asked).to.deep.equal(["shop shop.yaml#1"]);
    expect(world.documents.has(KEY)).to.equal(false);
  });

  it("never asks to seal what is sealed", async () => {
    world.secretCare.seal = () => Promise.reject(new Error("nobody asked for it"));
    declare({ sealedData: { a: SEALED } });

    expect(await world.visit(KEY)).to.deep.equal({ kind: "synced" });
  });

  for (const sealing of [
    { kind: "plain", reason: "NoEncryptionKey", message: "it stays so" },
    { kind: "plain", reason: "PlaintextInGit", message: "it stays so" },
    { kind: "plain", reason: "SealFailed", message: "it stays so", retryMs: 30_000 },
  ] as const satisfies readonly Sealing[]) {
    it(`is usable, and says ${sealing.reason} where it stays plain`, async () => {
      world.secretCare.seal = () => Promise.resolve(sealing);
      declare({ stringData: { a: "x" } });

      expect(await world.visit(KEY)).to.deep.equal({
        kind: "synced",
        ...("retryMs" in sealing && { recheckAfterMs: sealing.retryMs }),
      });
      expect(conditions()).to.deep.equal(["Ready True Usable", `Encrypted False ${sealing.reason}`]);
      expect(conditionOf("Encrypted")?.message).to.equal("it stays so");
    });
  }

  describe("counts a generation", () => {
    const generations: number[] = [];
    const visit = async (parts: SecretParts): Promise<void> => {
      declare(parts);
      await world.visit(KEY);
      generations.push(document().status.observedGeneration);
    };
    beforeEach(() => {
      generations.length = 0;
      world.secretCare.seal = () =>
        Promise.resolve({ kind: "plain", reason: "NoEncryptionKey", message: "no key" });
    });

    it("for each change of a value", async () => {
      await visit({ stringData: { a: "x" } });
      await visit({ stringData: { a: "x" } });
      await visit({ stringData: { a: "y" } });

      expect(generations).to.deep.equal([1, 1, 2]);
    });

    it("for none that only seals", async () => {
      world.secretCare.fingerprint = () => "the same";
      await visit({ stringData: { a: "x" } });
      await visit({ sealedData: { a: SEALED } });

      expect(generations).to.deep.equal([1, 1]);
    });

    it("across a restart for what the status tells apart, and not for a value that was plain", async () => {
      await visit({ stringData: { a: "x" } });
      await world.restart();
      await visit({ stringData: { a: "y" } });
      await world.restart();
      await visit({ stringData: { a: "y", b: "z" } });
      await world.restart();
      await visit({ sealedData: { a: SEALED }, stringData: { b: "z" } });

      expect(generations).to.deep.equal([1, 1, 2, 3]);
    });

    it("and keeps uid and age meanwhile", async () => {
      await visit({ stringData: { a: "x" } });
      const { uid, creationTimestamp } = document().metadata;
      await world.clock.advance(60_000);
      await world.restart();
      await visit({ stringData: { b: "x" } });

      expect(document().metadata).to.deep.equal({ name: "shop", uid, creationTimestamp, generation: 2 });
    });
  });

  it("keeps what is known of it through an invalid edit, but not that its file holds no plain text", async () => {
    declare({ sealedData: { a: SEALED } });
    await world.visit(KEY);
    const { metadata, status } = document();
    const faults = [{ file: "shop.yaml", line: 3, column: 1, field: "", message: "unknown field" }];
    world.declarations.set(KEY, { kind: "invalid", faults, place });

    expect(await world.visit(KEY)).to.deep.equal({ kind: "synced" });
    expect(document().metadata).to.deep.equal(metadata);
    expect(document().status).to.deep.include({ type: status.type, fields: status.fields });
    expect(conditions()).to.deep.equal([
      "Ready False InvalidManifest",
      "Stalled True InvalidManifest",
      "Encrypted Unknown InvalidManifest",
    ]);
    expect(conditionOf("Ready")?.message).to.equal("shop.yaml:3:1: unknown field");

    declare({ sealedData: { a: SEALED } });
    await world.visit(KEY);

    expect([document().metadata, conditions()]).to.deep.equal([
      metadata,
      ["Ready True Usable", "Encrypted True Sealed"],
    ]);
  });

  it("has a status without a generation while it never was valid", async () => {
    world.declarations.set(KEY, { kind: "invalid", faults: [], place });
    await world.visit(KEY);

    expect(document().metadata).to.deep.equal({ name: "shop" });
    expect(document().status).to.deep.include({ observedGeneration: 0, type: "Unknown", fields: [] });
  });

  it("changes nothing while it is absent, and goes when that is a deletion", async () => {
    declare({});
    await world.visit(KEY);
    const before = document();
    world.declarations.set(KEY, { kind: "absent", message: "away" });
    const absent = await world.visit(KEY);
    const kept = document();
    world.declarations.delete(KEY);

    expect([absent, kept]).to.deep.equal([{ kind: "synced" }, before]);
    expect(await world.visit(KEY)).to.deep.equal({ kind: "gone" });
    expect(world.documents.has(KEY)).to.equal(false);

    declare({});
    await world.visit(KEY);

    expect(document().metadata.uid).not.to.equal(before.metadata.uid);
    expect(document().metadata.generation).to.equal(1);
  });
});
