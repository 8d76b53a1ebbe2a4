import { expect } from "chai";
import { checkReceiver } from "../../../controller/api/receiver-schema.ts";
import type { ReceiverDocument } from "../../../controller/api/status.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const KEY = "receiver/github";
const place = { file: "hooks.yaml", document: 0 };

describe("a visit of a Receiver", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
  });
  afterEach(() => world.close());

  const declare = (spec: object = {}): void => {
    const checked = checkReceiver({
      apiVersion: "conops.dev/v1alpha1",
      kind: "Receiver",
      metadata: { name: "github" },
      spec: { type: "github", secretRef: { name: "hook" }, matchRepository: true, ...spec },
    });
    if ("faults" in checked) throw new Error(checked.faults.map(({ message }) => message).join("; "));
    world.declarations.set(KEY, { kind: "declared", resource: checked.receiver, place });
  };
  const document = (): ReceiverDocument => {
    const found = world.documents.get(KEY);
    if (found?.kind !== "Receiver") throw new Error("it has no status");
    return found;
  };
  const conditions = (): readonly string[] =>
    document().status.conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

  it("publishes where deliveries go", async () => {
    declare();

    expect(await world.visit(KEY)).to.deep.equal({ kind: "synced" });
    expect(document().status).to.deep.include({ observedGeneration: 1, path: "/hooks/github" });
    expect(conditions()).to.deep.equal(["Ready True Listening"]);
  });

  it("says why its deliveries cannot be verified, and heals itself", async () => {
    world.secretCare.receiverFault = ({ spec }) => `there is no Secret "${spec.secretRef}"`;
    declare();
    await world.visit(KEY);
    const before = conditions();
    const message = document().status.conditions[0]?.message;
    world.secretCare.receiverFault = () => undefined;
    await world.visit(KEY);

    expect(before).to.deep.equal(["Ready False SecretInvalid", "Stalled True SecretInvalid"]);
    expect(message).to.equal('there is no Secret "hook"');
    expect(conditions()).to.deep.equal(["Ready True Listening"]);
  });

  it("counts a generation for each change of the spec as written, also across a restart, and for nothing else", async () => {
    const generations: (number | undefined)[] = [];
    const visit = async (spec?: object): Promise<void> => {
      declare(spec);
      await world.visit(KEY);
      generations.push(document().metadata.generation);
    };
    await visit();
    const { uid } = document().metadata;
    const writes = world.writes();
    await world.restart();
    await visit();
    const idle = world.writes() - writes;
    await world.restart();
    await visit({ type: "gitea" });
    await visit({ type: "gitea" });

    expect(generations).to.deep.equal([1, 1, 2, 2]);
    expect(idle).to.equal(0);
    expect(document().metadata.uid).to.equal(uid);
  });

  it("keeps what is known of it through an invalid edit, and goes with its manifest", async () => {
    declare();
    await world.visit(KEY);
    const { metadata, status } = document();
    const faults = [{ file: "hooks.yaml", line: 3, column: 1, field: "spec", message: "is required" }];
    world.declarations.set(KEY, { kind: "invalid", faults, place });
    await world.visit(KEY);

    expect(document().metadata).to.deep.equal(metadata);
    expect(document().status.observedSpecHash).to.equal(status.observedSpecHash);
    expect(conditions()).to.deep.equal(["Ready False InvalidManifest", "Stalled True InvalidManifest"]);

    world.declarations.delete(KEY);

    expect(await world.visit(KEY)).to.deep.equal({ kind: "gone" });
    expect(world.documents.has(KEY)).to.equal(false);
  });
});
