import { expect } from "chai";
import fc from "fast-check";
import { isLfsPointer } from "../../../controller/git/lfs-pointer.ts";

const OID = `oid sha256:${"0123456789abcdef".repeat(4)}\n`;
const V1 = "version https://git-lfs.github.com/spec/v1\n";

describe("isLfsPointer()", () => {
  const is = (text: string): boolean => isLfsPointer(Buffer.from(text));

  for (const [name, text] of [
    ["as every program writes it", `${V1}${OID}size 12345\n`],
    ["of an empty file", `${V1}${OID}size 0\n`],
    ["without its last line feed", `${V1}${OID}size 1`],
    ["with extensions", `${V1}ext-0-foo sha256:00\next-1-bar sha256:11\n${OID}size 1\n`],
    ["of the first versions", `version https://hawser.github.com/spec/v1\n${OID}size 1\n`],
    ["of the very first", `version http://git-media.io/v/2\n${OID}size 1\n`],
  ] as const) {
    it(`knows a pointer ${name}`, () => {
      expect(is(text)).to.equal(true);
    });
  }

  for (const [name, text] of [
    ["an empty file", ""],
    ["the version alone", V1],
    ["a text about it", `# ${V1}${OID}size 1\n`],
    ["one with Windows' line ends", `${V1}${OID}size 1\n`.replaceAll("\n", "\r\n")],
    ["one with a line more", `${V1}${OID}size 1\nmore\n`],
    ["one without a size", `${V1}${OID}`],
    ["one with a size in words", `${V1}${OID}size ten\n`],
    ["one with a short oid", `${V1}oid sha256:00\nsize 1\n`],
    ["one with another hash", `${V1}${OID.replace("sha256", "sha1")}size 1\n`],
    ["one in another order", `${V1}size 1\n${OID}`],
    ["a large file", `${V1}${OID}size 1\n${"\n".repeat(2000)}`],
  ] as const) {
    it(`takes ${name} for a file`, () => {
      expect(is(text)).to.equal(false);
    });
  }

  it("takes no time for whatever text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1023 }), (text) => !is(V1 + text) || text.startsWith("oid")),
    );
  });
});
