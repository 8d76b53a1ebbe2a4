import { expect } from "chai";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { firstKey, formatKey, keyWithId, NO_KEYS, parseKeyring } from "../../../controller/secret/keyring.ts";

const first = makeSealingKey();
const second = makeSealingKey();
const A = formatKey(first);
const B = formatKey(second);

describe("parseKeyring()", () => {
  for (const { name, text } of [
    { name: "one a line", text: `${A}\n${B}\n` },
    {
      name: "with comments and blank lines",
      text: `# made in May\n\n${A}  # the new one\n\n\t${B}\r\n# end`,
    },
    { name: "separated by commas, as in a variable", text: `${A}, ${B}` },
    { name: "as base64url, without padding", text: `${toUrl(A)}\n${toUrl(B)}` },
  ]) {
    it(`reads keys ${name}, in their order`, () => {
      const keyring = parseKeyring(text, "FILE");

      expect(keyring.keys.map(({ id }) => id)).to.deep.equal([first.id, second.id]);
      expect(Buffer.from(firstKey(keyring)?.bytes ?? []).equals(first.bytes)).to.equal(true);
      expect(keyWithId(keyring, second.id)?.id).to.equal(second.id);
      expect(keyWithId(keyring, "00000000")).to.equal(undefined);
    });
  }

  const short = Buffer.alloc(16, 7).toString("base64");
  const hex = Buffer.alloc(32, 0xab).toString("hex");
  for (const { name, text, expected, hidden } of [
    { name: "nothing", text: "", expected: "Cannot use KEYS for encryption: it holds no key", hidden: "" },
    { name: "comments alone", text: "# soon\n", expected: "it holds no key", hidden: "" },
    {
      name: "a short key",
      text: `# x\n${short}`,
      expected: "on line 2 of KEYS: it is 16 bytes long, and must be 32",
      hidden: short,
    },
    { name: "hexadecimal digits", text: hex, expected: "these look like hexadecimal digits", hidden: hex },
    {
      name: "what is not base64",
      text: "pass word!",
      expected: "on line 1 of KEYS: it is not base64",
      hidden: "pass",
    },
    { name: "base64 with a slip", text: A.slice(0, 42), expected: "it is ", hidden: A.slice(0, 42) },
    {
      name: "the same key twice",
      text: `${A}\n${B}\n${A}`,
      expected: "on line 3 of KEYS: it is the one on line 1 once more",
      hidden: A,
    },
    {
      name: "the same key twice on one line",
      text: `${A},${A}`,
      expected: "on line 1, place 2, of KEYS: it is the one on line 1, place 1, once more",
      hidden: A,
    },
  ]) {
    it(`refuses ${name}, and shows nothing of it`, () => {
      const message = whyNot(text);

      expect(message).to.contain(expected);
      expect(message).to.not.contain("\n");
      if (hidden !== "") expect(message).to.not.contain(hidden);
    });
  }

  it("tells nothing by an empty keyring", () => {
    expect(firstKey(NO_KEYS)).to.equal(undefined);
  });
});

function toUrl(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function whyNot(text: string): string {
  try {
    parseKeyring(text, "KEYS");
    return "it was read";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
