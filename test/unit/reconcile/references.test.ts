import { expect } from "chai";
import type { Resource } from "../../../controller/api/resource.ts";
import { checkSecret } from "../../../controller/api/secret-schema.ts";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import { API_VERSION } from "../../../controller/api/application.ts";
import { declaredSecret, dependentsOf } from "../../../controller/reconcile/references.ts";
import type { Declaration } from "../../../controller/registry/registry.ts";
import { createReconcileWorld } from "../../support/reconcile-world.ts";

const place = { file: "shop.yaml", document: 0 };
const FAULT = { file: "shop.yaml", line: 3, column: 1, field: "type", message: "must be one of them" };

function secret(text: string): Resource {
  const checked = checkSecret({
    apiVersion: API_VERSION,
    kind: "Secret",
    metadata: { name: "shop" },
    stringData: { db: text },
  });
  if ("faults" in checked) throw new Error("not a Secret");
  return checked.secret;
}

describe("declaredSecret()", () => {
  const last = secret("last");
  const now = secret("now");
  const cases: readonly (readonly [string, Declaration, Resource | undefined, string])[] = [
    ["is the declared one", { kind: "declared", resource: now, place }, last, "now"],
    ["is what it was while its manifest is wrong", { kind: "invalid", faults: [], place }, last, "last"],
    ["is what it was while it is away", { kind: "absent", message: "away" }, last, "last"],
    ["is what it was while its deletion is held", { kind: "held", message: "held" }, last, "last"],
    [
      "is invalid when its manifest never was right",
      { kind: "invalid", faults: [], place },
      undefined,
      "invalid",
    ],
    [
      "is invalid while it is away and was never seen",
      { kind: "absent", message: "away" },
      undefined,
      "invalid",
    ],
    ["is missing once it is deleted", { kind: "deleted" }, undefined, "missing"],
  ];
  for (const [name, declaration, lastGood, expected] of cases) {
    it(name, () => {
      const found = declaredSecret("shop", { get: () => declaration, lastGood: () => lastGood });

      expect(found.kind === "present" ? found.secret.fields["db"]?.text : found.kind).to.equal(expected);
    });
  }

  it("says what is wrong with its manifest", () => {
    const declaration: Declaration = { kind: "invalid", faults: [FAULT], place };

    const found = declaredSecret("shop", { get: () => declaration, lastGood: () => undefined });

    expect(found).to.deep.equal({ kind: "invalid", message: "shop.yaml:3:1: type: must be one of them" });
  });
});

describe("dependentsOf()", () => {
  it("names who refers to it, by what was good last, and not who is being deleted", async () => {
    const world = await createReconcileWorld();
    try {
      const compose = { env: [{ name: "DB", valueFrom: { secretKeyRef: { name: "shop", key: "db" } } }] };
      world.keep("shop", { db: "x" });
      const names = ["declared", "invalid", "deleted", "unseen", "other"];
      const made = new Map<string, Resource>();
      for (const name of names) {
        made.set(name, world.declare(name, name === "other" ? {} : { compose }));
        await world.visit(name);
      }
      const declarations = new Map<string, Declaration>([
        ["declared", world.declarations.get("declared") ?? { kind: "deleted" }],
        ["other", world.declarations.get("other") ?? { kind: "deleted" }],
        ["invalid", { kind: "invalid", faults: [], place }],
        ["deleted", { kind: "deleted" }],
      ]);

      const found = dependentsOf("shop", {
        registry: {
          keys: () => [...declarations.keys()],
          get: (key) => declarations.get(key) ?? { kind: "absent", message: "" },
          lastGood: (key) => (key === "deleted" || key === "unseen" ? undefined : made.get(key)),
        },
        records: () => world.records.list(),
        readManifest: ({ manifest }) => applicationFromManifest(manifest, { allowFileRepos: false }),
      });

      expect([...found].toSorted()).to.deep.equal(["declared", "invalid", "unseen"]);
    } finally {
      await world.close();
    }
  });
});
