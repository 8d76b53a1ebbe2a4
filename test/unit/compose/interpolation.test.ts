import { expect } from "chai";
import fc from "fast-check";
import { interpolate } from "../../../controller/compose/interpolation.ts";

const values: Readonly<Record<string, string>> = { SET: "value", EMPTY: "", OTHER: "other" };
const run = (text: string): unknown => {
  const { text: result, missing } = interpolate(text, (name) => values[name]);
  return missing.length === 0 ? result : [result, ...missing];
};

describe("interpolate()", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["plain", "plain"],
    ["$SET", "value"],
    ["a-$SET-b", "a-value-b"],
    ["${SET}b", "valueb"],
    ["$$SET $${SET}", "$SET ${SET}"],
    ["$EMPTY|", "|"],
    ["$NONE/db", ["/db", "NONE"]],
    ["${NONE}/db", ["/db", "NONE"]],
    ["$NONE$NONE", ["", "NONE"]],
    ["${SET:-d}", "value"],
    ["${EMPTY:-d}", "d"],
    ["${EMPTY-d}", ""],
    ["${NONE-d}", "d"],
    ["${NONE:-}", ""],
    ["${NONE:-a-b:c}", "a-b:c"],
    ["${NONE:-${OTHER}}", "other"],
    ["${NONE:-${ALSO:-${OTHER}!}}?", "other!?"],
    ["${NONE:-${ALSO}}", ["", "ALSO"]],
    ["${SET:-${ALSO}}", "value"],
    ["${NONE:?must be set}", ""],
    ["${SET?must be set}", "value"],
    ["${SET:+yes}", "yes"],
    ["${EMPTY:+yes}", ""],
    ["${EMPTY+yes}", "yes"],
    ["${NONE+yes}", ""],
    ["${SET:+${NONE}}", ["", "NONE"]],
    ["cost $5 and 5$", "cost $5 and 5$"],
    ["${SET", "${SET"],
    ["${}", "${}"],
  ];
  for (const [text, wanted] of cases) {
    it(`makes ${JSON.stringify(wanted)} of ${JSON.stringify(text)}`, () => {
      expect(run(text)).to.deep.equal(wanted);
    });
  }

  it("gives back every text whose dollar signs are doubled", () => {
    fc.assert(fc.property(fc.string(), (text) => run(text.replaceAll("$", "$$$$")) === text));
  });

  it("ends on whatever text", () => {
    const piece = fc.constantFrom("$", "{", "}", ":", "-", "?", "+", "A", "SET", "NONE", "/");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(typeof interpolate(pieces.join(""), (name) => values[name]).text).to.equal("string");
      }),
    );
  });
});
