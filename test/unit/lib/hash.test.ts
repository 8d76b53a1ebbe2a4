import { expect } from "chai";
import fc from "fast-check";
import { canonicalJson, gitBlobId, hashOf, sha256 } from "../../../controller/lib/hash.ts";

/** The same value with the keys of every object in the opposite order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, reordered(field)]),
  );
}

describe("canonicalJson()", () => {
  it("is JSON of the same value, so that different values give different text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON knows no -0.
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reordered(value))).to.equal(canonicalJson(value));
      }),
    );
  });

  for (const { name, value, text } of [
    {
      name: "sorts keys at every depth",
      value: { b: { d: 1, c: 2 }, a: 0 },
      text: '{"a":0,"b":{"c":2,"d":1}}',
    },
    { name: "keeps the order of lists", value: [3, 1, 2], text: "[3,1,2]" },
    { name: "leaves out what is undefined", value: { a: undefined, b: null }, text: '{"b":null}' },
    { name: "writes a hole in a list as null", value: [1, undefined, 2], text: "[1,null,2]" },
    {
      name: "keeps a key of its own prototype's name",
      value: JSON.parse('{"__proto__":1}') as unknown,
      text: '{"__proto__":1}',
    },
    { name: 'tells 1 from "1"', value: [1, "1"], text: '[1,"1"]' },
  ]) {
    it(name, () => {
      expect(canonicalJson(value)).to.equal(text);
    });
  }

  for (const { name, value } of [
    { name: "a function", value: () => 1 },
    { name: "a bigint", value: { n: 1n } },
    { name: "undefined alone", value: undefined },
    { name: "a symbol in a list", value: [Symbol("x")] },
  ]) {
    it(`refuses ${name}`, () => {
      expect(() => canonicalJson(value)).to.throw(TypeError);
    });
  }
});

describe("sha256(), hashOf() and gitBlobId()", () => {
  it("gives the known digests", () => {
    expect(sha256("abc")).to.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256(Buffer.from("abc"))).to.equal(sha256("abc"));
    expect(gitBlobId(Buffer.from("hello\n"))).to.equal("ce013625030ba8dba906f756967f9e9ca394464a");
    expect(gitBlobId(Buffer.alloc(0))).to.equal("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  });

  it("hashes equal values equally, however they were written", () => {
    expect(hashOf({ a: 1, b: [2] })).to.equal(hashOf({ b: [2], a: 1 }));
    expect(hashOf({ a: 1 })).not.to.equal(hashOf({ a: "1" }));
  });
});
