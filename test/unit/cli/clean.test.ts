import { expect } from "chai";
import fc from "fast-check";
import { cleanDeep, cleanText, oneLine } from "../../../controller/cli/clean.ts";

/** What a terminal acts on: escapes, and every control character but line break and tab. */
// oxlint-disable-next-line no-control-regex -- that is what must not be there
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\u001b[31m",
      "\u001b]0;title\u0007",
      "\u009b2J",
      "\r",
      "\n",
      "\u202e",
      "\u0000",
      "\u001b",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
  ),
});

describe("cleanText()", () => {
  it("takes out whole escape sequences and keeps the words", () => {
    expect(cleanText("\u001b[31mred\u001b[0m\u001b]0;owned\u0007 and \u009b2Jmore")).to.equal("red and more");
  });

  it("keeps line breaks, tabs and other scripts", () => {
    expect(cleanText("größer\n\tשלום 漢字 👍")).to.equal("größer\n\tשלום 漢字 👍");
  });

  it("leaves nothing that a terminal acts on, whatever comes", () => {
    fc.assert(fc.property(hostile, (text) => !CONTROLS.test(cleanText(text))));
  });
});

describe("oneLine()", () => {
  it("makes one line of several", () => {
    expect(oneLine("a\r\n  b\tc\u2028d\n")).to.equal("a   b c d");
  });

  it("leaves no line break and no control character, whatever comes", () => {
    fc.assert(fc.property(hostile, (text) => !CONTROLS.test(oneLine(text)) && !oneLine(text).includes("\n")));
  });
});

describe("cleanDeep()", () => {
  it("cleans every text and key, and leaves the rest as it is", () => {
    expect(cleanDeep({ "a\u001b[1m": ["\u0007x", 1, null, true, { b: "\u009bm" }] })).to.deep.equal({
      a: ["x", 1, null, true, { b: "" }],
    });
  });
});
