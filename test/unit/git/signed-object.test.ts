import { expect } from "chai";
import fc from "fast-check";
import {
  idOfObject,
  ObjectFault,
  parseSignedCommit,
  parseSignedTag,
} from "../../../controller/git/signed-object.ts";

const ID = "a".repeat(40);
const WHO = "Ada <ada@example.com> 1750000000 +0200";
const HEADER = [`tree ${ID}`, `parent ${ID}`, `author ${WHO}`, `committer ${WHO}`];
const SIGNATURE = ["gpgsig -----BEGIN SSH SIGNATURE-----", " AAAA", " -----END SSH SIGNATURE-----"];

function commit(...lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join("\n")}\n\nWords\n`, "latin1");
}

function tag(...lines: readonly string[]): Buffer {
  return Buffer.from(lines.join("\n"), "latin1");
}

const TAG = [`object ${ID}`, "type commit", "tag v1", `tagger ${WHO}`, "", "Words", ""];

describe("parseSignedCommit()", () => {
  it("separates the signature from what is signed", () => {
    expect(parseSignedCommit(commit(...HEADER, ...SIGNATURE))).to.deep.equal({
      signature: "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
      payload: commit(...HEADER),
      signedAt: 1_750_000_000,
    });
  });

  it("leaves everything else where it was, wherever the signature stands", () => {
    const others = ["encoding latin1", `mergetag object ${ID}`, " type commit", " gpgsig none", " ", " \xff"];
    fc.assert(
      fc.property(fc.nat(1), (first) => {
        const lines = first === 0 ? [...SIGNATURE, ...others] : [...others, ...SIGNATURE];
        expect(parseSignedCommit(commit(...HEADER, ...lines)).payload).to.deep.equal(
          commit(...HEADER, ...others),
        );
      }),
    );
  });

  it("has no signature where there is none, and none in the message", () => {
    const raw = Buffer.concat([commit(...HEADER), Buffer.from(`${SIGNATURE.join("\n")}\n`)]);

    expect(parseSignedCommit(raw)).to.deep.equal({
      signature: undefined,
      payload: raw,
      signedAt: 1_750_000_000,
    });
  });

  it("takes a commit without parents, and one without a message", () => {
    const raw = Buffer.from(`tree ${ID}\nauthor ${WHO}\ncommitter ${WHO}\n`);

    expect(parseSignedCommit(raw).payload).to.deep.equal(raw);
  });

  const [tree = "", parent = "", author = "", committer = ""] = HEADER;
  const faults: readonly (readonly [name: string, raw: Buffer, message: string])[] = [
    ["nothing", Buffer.alloc(0), "a header without an end"],
    ["a tree", Buffer.from("100644 a\0aaaaaaaaaaaaaaaaaaaa"), "zero byte"],
    ["a header without an end", Buffer.from(HEADER.join("\n")), "a header without an end"],
    ["no tree", commit(parent, author, committer), "malformed header"],
    ["no committer", commit(tree, author), "malformed header"],
    ["another order", commit(tree, committer, author), "malformed header"],
    ["a line before the tree", commit("x y", ...HEADER), "malformed header"],
    ["a continuation of nothing", commit(" x", ...HEADER), "malformed header"],
    ["two trees", commit(tree, tree, author, committer), "malformed header"],
    ["a parent after the committer", commit(...HEADER, parent), "a header that repeats itself"],
    ["a tree of several lines", commit(`${tree}\n x`, author, committer), "a tree of several lines"],
    ["a short id", commit(tree.slice(0, -1), author, committer), "a malformed tree"],
    [
      "an id in capitals",
      commit(tree.toUpperCase().replace("TREE", "tree"), author, committer),
      "a malformed tree",
    ],
    ["two signatures", commit(...HEADER, ...SIGNATURE, ...SIGNATURE), "two signatures"],
    ["a field like a signature", commit(...HEADER, "gpgsig2 x"), 'the unknown field "gpgsig2"'],
    ["a signature in capitals", commit(...HEADER, "GPGSIG x"), 'the unknown field "GPGSIG"'],
    ["a field without a value", commit(...HEADER, "gpgsig"), "malformed header"],
    ["a time that is none", commit(tree, author, "committer Ada <a@b> now +0000"), "a malformed committer"],
    ["a time before all", commit(tree, author, "committer Ada <a@b> -1 +0000"), "a malformed committer"],
    [
      "a committer in two",
      commit(tree, author, "committer A <a> 1 +0000 <b> 2 +0000"),
      "a malformed committer",
    ],
  ];
  for (const [name, raw, message] of faults) {
    it(`refuses ${name}`, () => {
      expect(() => parseSignedCommit(raw)).to.throw(ObjectFault, message);
    });
  }
});

describe("parseSignedTag()", () => {
  it("takes the last beginning of a signature, and all before it for signed", () => {
    const begin = "-----BEGIN SSH SIGNATURE-----\n";
    const words = tag(...TAG, begin);
    const raw = Buffer.concat([words, Buffer.from(`${begin}AAAA\n`)]);

    expect(parseSignedTag(raw)).to.deep.equal({
      signature: `${begin}AAAA\n`,
      payload: words,
      signedAt: 1_750_000_000,
      tag: "v1",
      object: ID,
      type: "commit",
    });
  });

  it("finds no signature within a line, nor in the header", () => {
    const raw = tag(...TAG, "x -----BEGIN SSH SIGNATURE-----\n");

    expect(parseSignedTag(raw)).to.include({ signature: undefined });
  });

  it("leaves the signature of SHA-256 out of what is signed", () => {
    const [object = "", type = "", name = "", tagger = "", ...rest] = TAG;
    const raw = tag(object, type, name, tagger, "gpgsig-sha256 x", " y", ...rest);

    expect(parseSignedTag(raw).payload).to.deep.equal(tag(...TAG));
  });

  const faults: readonly (readonly [
    name: string,
    change: (line: string) => string | undefined,
    message: string,
  ])[] = [
    ["no tagger", (line) => (line.startsWith("tagger") ? undefined : line), "malformed header"],
    ["no type", (line) => (line.startsWith("type") ? undefined : line), "malformed header"],
    ["a tag of a file", (line) => line.replace("commit", "blob"), 'points at a "blob", not at a commit'],
    ["a malformed object", (line) => line.replace(`object ${ID}`, "object x"), "a malformed object"],
    ["two names", (line) => (line === "tag v1" ? "tag v1\ntag v2" : line), "malformed header"],
    [
      "a signature in the header",
      (line) => (line.startsWith("tagger") ? `${line}\ngpgsig x` : line),
      'the unknown field "gpgsig"',
    ],
  ];
  for (const [name, change, message] of faults) {
    it(`refuses ${name}`, () => {
      const lines = TAG.map(change).filter((line) => line !== undefined);

      expect(() => parseSignedTag(tag(...lines))).to.throw(ObjectFault, message);
    });
  }
});

describe("idOfObject()", () => {
  it("is the id that Git gives", () => {
    // git hash-object -t commit --literally --stdin < /dev/null
    expect(idOfObject("commit", Buffer.alloc(0))).to.equal("dcf5b16e76cce7425d0beaef62d79a7d10fce1f5");
  });
});
