import { expect } from "chai";
import type { Application } from "../../../controller/api/application.ts";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import { admit, newRecord } from "../../../controller/reconcile/admit.ts";
import type { Declaration } from "../../../controller/registry/registry.ts";
import { sampleApplied, sampleRecord } from "../../support/record.ts";

const AT = "2026-01-01T00:00:00Z";
const place = { file: "team/shop.yaml", document: 1 };

function application(spec: Readonly<Record<string, unknown>> = {}): Application {
  const read = applicationFromManifest(
    {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: "https://git.example.com/shop.git" }, ...spec },
    },
    { allowFileRepos: false },
  );
  if (read === undefined) throw new Error("the manifest of this test is not valid");
  return read;
}
const declared = (app = application()): Declaration => ({ kind: "declared", resource: app, place });
const begun = newRecord(application(), place, { uid: "uid-1", registryId: "r", at: AT });
const deleting = (destructive: boolean): typeof begun => ({
  ...begun,
  deletion: { startedAt: AT, destructive, published: true },
});

describe("admit()", () => {
  it("counts a generation for each change of the spec as written, and for nothing else", () => {
    const suspended = application({ suspend: false });
    const second = admit(begun, declared(suspended), AT);

    expect(admit(begun, declared(), AT).generation).to.equal(1);
    expect(second.generation).to.equal(2);
    expect(second.manifest).to.equal(suspended.manifest);
    expect(
      admit(
        second,
        { ...declared(suspended), place: { file: "moved.yaml", document: 0 } } as Declaration,
        AT,
      ),
    ).to.deep.equal({
      ...second,
      place: { file: "moved.yaml", document: 0 },
    });
  });

  it("keeps the last good manifest through an invalid edit, an absence and a held deletion", () => {
    const record = sampleRecord({ applied: sampleApplied() });
    for (const declaration of [
      { kind: "invalid", faults: [], place: record.place },
      { kind: "absent", message: "m" },
      { kind: "held", message: "m" },
    ] satisfies readonly Declaration[]) {
      expect(admit(record, declaration, AT)).to.deep.equal(record);
    }
  });

  it("begins a deletion once", () => {
    const first = admit(begun, { kind: "deleted" }, AT);

    expect(first.deletion).to.deep.equal({ startedAt: AT, destructive: false, published: false });
    expect(admit(first, { kind: "deleted" }, "2027-01-01T00:00:00Z")).to.equal(first);
  });

  it("ends a deletion that destroyed nothing when the manifest is back, valid or not", () => {
    const back = admit(deleting(false), declared(), AT);
    expect([back.deletion, back.uid]).to.deep.equal([undefined, "uid-1"]);

    const invalid = admit(deleting(false), { kind: "invalid", faults: [], place }, AT);
    expect([invalid.deletion, invalid.uid]).to.deep.equal([undefined, "uid-1"]);
  });

  it("goes on with a deletion that destroyed something, whatever returns", () => {
    const record = deleting(true);

    expect(admit(record, declared(), AT)).to.equal(record);
    expect(admit(record, { kind: "invalid", faults: [], place }, AT).deletion).to.equal(record.deletion);
  });

  it("goes on with a deletion while the registry is absent", () => {
    expect(admit(deleting(false), { kind: "absent", message: "m" }, AT)).to.deep.equal(deleting(false));
  });
});
