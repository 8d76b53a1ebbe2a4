import { expect } from "chai";
import { formatFault } from "../../../controller/api/application.ts";
import { parseManifests } from "../../../controller/registry/parse.ts";

const GOOD = `apiVersion: conops.dev/v1alpha1
kind: Application
metadata:
  name: shop
spec:
  source:
    repoURL: https://git.example.com/shop.git
`;
const MIB = 1024 * 1024;

function faultsOf(content: string | Uint8Array): readonly string[] {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const { documents } = parseManifests("shop.yaml", bytes, { allowFileRepos: false });
  return documents.flatMap((document) =>
    document.kind === "invalid" ? document.faults.map(formatFault) : [],
  );
}

/** Nine generations of nine aliases: 3 * 10^8 values. */
const LAUGHS = `a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n${"bcdefghi"
  .split("")
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(", ")}]\n`)
  .join("")}`;

describe("parseManifests() of what is no text", () => {
  const utf16 = Buffer.from(`\ufeff${GOOD}`, "utf16le");
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["UTF-16", utf16, "shop.yaml: is UTF-16, not UTF-8: save it as UTF-8"],
    ["big-endian UTF-16", utf16.swap16(), "shop.yaml: is UTF-16, not UTF-8: save it as UTF-8"],
    [
      "UTF-16 without a mark",
      Buffer.from(GOOD, "utf16le"),
      "shop.yaml:1:2: holds the control character U+0000, which YAML does not allow: is this a text file in UTF-8?",
    ],
    [
      "Latin-1",
      Buffer.from("# ü\na: fröhlich\n", "latin1"),
      "shop.yaml:1:3: is not UTF-8 from here on: save it as UTF-8",
    ],
    [
      "half a character at the end",
      Buffer.from("# ä\n# ü").subarray(0, -1),
      "shop.yaml:2:3: is not UTF-8 from here on: save it as UTF-8",
    ],
    [
      "an escape sequence",
      Buffer.from("# \u001b[31m\n"),
      "shop.yaml:1:3: holds the control character U+001B, which YAML does not allow: is this a text file in UTF-8?",
    ],
    [
      "zeros at the end, as a crash of the machine leaves them",
      Buffer.concat([Buffer.from(GOOD), Buffer.alloc(4096)]),
      "shop.yaml:8:1: holds the control character U+0000, which YAML does not allow: is this a text file in UTF-8?",
    ],
  ];
  for (const [what, bytes, fault] of cases) {
    it(`refuses ${what}`, () => {
      // `swap16` works in place.
      const content = what === "UTF-16" ? Buffer.from(bytes).swap16() : bytes;

      expect(faultsOf(content)).to.deep.equal([fault]);
    });
  }
});

describe("parseManifests() of what costs too much", () => {
  it("reads 1 MiB and refuses one byte more", () => {
    const most = GOOD + "#".repeat(MIB - GOOD.length);

    expect(faultsOf(most)).to.deep.equal([]);
    expect(faultsOf(`${most}#`)).to.deep.equal([
      "shop.yaml: is too large: 1048577 bytes, where a manifest file may have 1048576 (1 MiB)",
    ]);
  });

  it("reads a thousand Applications in one file", () => {
    const text = Array.from({ length: 1000 }, (_, index) => GOOD.replace("shop\n", `shop-${index}\n`)).join(
      "---\n",
    );
    const { documents } = parseManifests("shop.yaml", Buffer.from(text), { allowFileRepos: false });

    expect(documents.filter(({ kind }) => kind === "resource")).to.have.length(1000);
  });

  it("refuses a file of too many words", () => {
    expect(faultsOf("- a\n".repeat(MIB / 4))).to.deep.equal([
      "shop.yaml:40000:4: is too long: more than 200000 words and signs",
    ]);
  });

  it("reads 64 levels and refuses 65, in every way to write them", () => {
    const nested: readonly ((depth: number) => string)[] = [
      (depth) => "[".repeat(depth) + "]".repeat(depth),
      (depth) => "{a: ".repeat(depth) + "}".repeat(depth),
      (depth) => "- ".repeat(depth) + "x",
      (depth) => Array.from({ length: depth }, (_, index) => `${" ".repeat(index)}a:`).join("\n"),
      (depth) => "? ".repeat(depth - 1) + "a: b",
    ];
    for (const write of nested) {
      expect(faultsOf(write(64)).join()).not.to.include("is too deep");
      expect(faultsOf(write(65)).join()).to.include(
        "is too deep: more than 64 mappings and lists within one another",
      );
    }
  });

  it("counts the levels within an alias where it stands", () => {
    const text = `a: &a ${"[".repeat(40)}${"]".repeat(40)}\nb: ${"[".repeat(30)}*a${"]".repeat(30)}\n`;

    expect(faultsOf(text).join()).to.include(
      "is too deep: more than 64 mappings and lists within one another",
    );
  });

  it("refuses more than 100 aliases, those within aliases counted each time", () => {
    const few = `a: &a x\nb: [${Array(100).fill("*a").join(", ")}]\n`;
    const many = `a: &a x\nb: [${Array(101).fill("*a").join(", ")}]\n`;

    expect(faultsOf(few).join()).not.to.include("aliases");
    expect(faultsOf(many)).to.deep.equal(["shop.yaml:2:405: has too many aliases: more than 100"]);
    expect(faultsOf(LAUGHS).join()).to.include("has too many aliases: more than 100");
  });

  it("refuses aliases that stand for more than 10000 values", () => {
    const list = `[${Array(200).fill("x").join(", ")}]`;

    expect(faultsOf(`a: &a ${list}\nb: [${Array(49).fill("*a").join(", ")}]\n`).join()).not.to.include(
      "too large",
    );
    expect(faultsOf(`a: &a ${list}\nb: [${Array(50).fill("*a").join(", ")}]\n`)[0]).to.include(
      "is too large: its aliases stand for more than 10000 values",
    );
  });

  it("refuses bombs at once", () => {
    const bombs: readonly string[] = [
      LAUGHS,
      LAUGHS.replaceAll(/\[(.*)\]/g, "{<<: [$1]}"),
      "[".repeat(MIB),
      "{".repeat(MIB),
      "- ".repeat(MIB / 2),
      "? ".repeat(MIB / 2),
      "&a ".repeat(1000) + "x",
      "a: &a [*a, *a]\n",
      `${GOOD}  x: ${"a".repeat(500_000)}!\n`,
    ];
    for (const bomb of bombs) {
      faultsOf(bomb.slice(0, 100)); // so that nothing is measured that happens once
      const started = performance.now();
      faultsOf(bomb);

      expect(performance.now() - started, bomb.slice(0, 20)).to.be.lessThan(1000);
    }
  });

  it("tells 20 of 20000 faults", () => {
    const text = GOOD + Array.from({ length: 20_000 }, (_, index) => `k${index}: v\n`).join("");

    expect(faultsOf(text)).to.have.length(20);
  });
}).timeout(20_000);
