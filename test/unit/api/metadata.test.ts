import { expect } from "chai";
import { annotationFaults, isResourceName, labelFaults } from "../../../controller/api/metadata.ts";

const WORD = 'letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, at most 63';

describe("isResourceName()", () => {
  for (const name of ["shop", "a", "0", "shop-2", "a".repeat(63)]) {
    it(`accepts ${name}`, () => expect(isResourceName(name)).to.equal(true));
  }
  for (const name of [
    "",
    "Shop",
    "shop_2",
    "-shop",
    "shop-",
    "a.b",
    "a".repeat(64),
    "shop\n",
    1,
    null,
    undefined,
  ]) {
    it(`refuses ${JSON.stringify(name)}`, () => expect(isResourceName(name)).to.equal(false));
  }
});

describe("labelFaults()", () => {
  it("accepts what Kubernetes accepts", () => {
    expect(labelFaults({ team: "web", "example.com/Team_1": "", a: "x.y-z_1" })).to.deep.equal([]);
    expect(labelFaults(undefined)).to.deep.equal([]);
  });

  const bad: readonly (readonly [string, string, "key" | "value", string])[] = [
    ["a b", "x", "key", `"a b" is not a label key (${WORD})`],
    ["", "x", "key", `"" is not a label key (${WORD})`],
    ["a".repeat(64), "x", "key", `"${"a".repeat(57)}..." is not a label key (${WORD})`],
    [
      "Ex.com/a",
      "x",
      "key",
      '"Ex.com/a" is not a label key: what stands before "/" must be a DNS name such as example.com',
    ],
    [
      "/a",
      "x",
      "key",
      '"/a" is not a label key: what stands before "/" must be a DNS name such as example.com',
    ],
    ["a/b/c", "x", "key", `"a/b/c" is not a label key (${WORD})`],
    ["a", "two words", "value", `must be a label value (${WORD}) or empty, not "two words"`],
    ["a", "-x", "value", `must be a label value (${WORD}) or empty, not "-x"`],
  ];
  for (const [key, value, at, message] of bad) {
    it(`refuses ${JSON.stringify({ [key]: value }).slice(0, 40)}`, () => {
      expect(labelFaults({ [key]: value })).to.deep.equal([
        { path: ["metadata", "labels", key], at, message },
      ]);
    });
  }
});

describe("annotationFaults()", () => {
  it("accepts any text under a good key", () => {
    expect(annotationFaults({ "example.com/why": "any text,\nof several lines" })).to.deep.equal([]);
  });

  it("refuses a bad key", () => {
    expect(annotationFaults({ "a b": "" })).to.deep.equal([
      {
        path: ["metadata", "annotations", "a b"],
        at: "key",
        message: `"a b" is not an annotation key (${WORD})`,
      },
    ]);
  });

  it("refuses more than 256 KiB together", () => {
    expect(annotationFaults({ a: "x".repeat(200_000), b: "ü".repeat(40_000) })).to.deep.equal([
      {
        path: ["metadata", "annotations"],
        at: "key",
        message: "must be at most 262144 bytes together, not 280002",
      },
    ]);
  });
});
