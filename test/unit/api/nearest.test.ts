import { expect } from "chai";
import { nearest } from "../../../controller/api/nearest.ts";

describe("nearest()", () => {
  const fields = ["repoURL", "revision", "path", "secretRef", "interval"];
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ["repoUrl", "repoURL", "another case"],
    ["repo_url", "repoURL", "a letter too many"],
    ["revison", "revision", "a missing letter"],
    ["paht", "path", "two swapped letters"],
    ["intervall", "interval", "a doubled letter"],
    ["foo", undefined, "nothing near"],
    ["", undefined, "an empty word"],
    ["x".repeat(10_000), undefined, "a word too long for a slip"],
  ];
  for (const [word, meant, what] of cases) {
    it(`finds ${String(meant)} for ${what}`, () => expect(nearest(word, fields)).to.equal(meant));
  }

  it("takes the first of several that are equally near", () => {
    expect(nearest("prone", ["prune", "prove"])).to.equal("prune");
  });
});
