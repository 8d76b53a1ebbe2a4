import { expect } from "chai";
import { KINDS, parseKey, resourceKey } from "../../../controller/api/resource.ts";

describe("resourceKey()", () => {
  it("is the name alone for an Application, and has the kind before it for others", () => {
    expect(KINDS.map((kind) => resourceKey(kind, "shop"))).to.deep.equal([
      "shop",
      "secret/shop",
      "receiver/shop",
    ]);
  });

  it("is read back", () => {
    for (const kind of KINDS) {
      for (const name of ["shop", "secret", "receiver"]) {
        expect(parseKey(resourceKey(kind, name))).to.deep.equal({ kind, name });
      }
    }
  });

  it("is not the key of a document without a name", () => {
    expect(parseKey("secret/shop.yaml#0")).to.equal(undefined);
  });
});
