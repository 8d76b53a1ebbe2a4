import { expect } from "chai";
import { set } from "../../../controller/edit/change.ts";
import { editManifestFile } from "../../../controller/edit/edit-file.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { parseManifests } from "../../../controller/registry/parse.ts";
import { createTempRegistry, type TempRegistry } from "../../support/temp-registry.ts";

const SHOP = `apiVersion: conops.dev/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source:
    repoURL: https://git.example.com/shop.git
    interval: 1m
`;

describe("an edit of a file that the registry watches", () => {
  let registry: TempRegistry;
  beforeEach(async () => {
    registry = await createTempRegistry();
  });
  afterEach(() => registry.destroy());

  it("is seen soon, as a change and never as a deletion or anything else", async () => {
    await registry.write({ "shop.yaml": SHOP });
    const open = await registry.open({ parse: parseManifests, graceMs: 0 });
    await open.until("shop", "declared");
    const seen = new Set<string>();
    const looking = setInterval(() => seen.add(`${open.keys().join()} ${open.get("shop").kind}`), 1);

    for (let minutes = 2; minutes <= 12; minutes++) {
      const changes = [set(["spec", "source", "interval"], `${minutes}m`)];
      const edits = [{ kind: "Application", name: "shop", changes }] as const;
      const signal = new AbortController().signal;
      await editManifestFile({ dir: registry.dir, file: "shop.yaml", edits, clock: systemClock }, signal);
    }
    await open.untilTrue("the last edit is seen", () => {
      const declared = open.get("shop");
      return declared.kind === "declared" && JSON.stringify(declared).includes('"12m"');
    });
    clearInterval(looking);

    expect([...seen]).to.deep.equal(["shop declared"]);
    expect(open.warnings).to.deep.equal([]);
  });
});
