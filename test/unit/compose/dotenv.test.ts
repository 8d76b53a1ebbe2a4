import { expect } from "chai";
import { parseDotenv } from "../../../controller/compose/dotenv.ts";

describe("parseDotenv()", () => {
  const cases: readonly {
    readonly name: string;
    readonly text: string;
    readonly wanted: Record<string, string>;
  }[] = [
    { name: "plain values", text: "A=1\nB = two words \r\nC=", wanted: { A: "1", B: "two words", C: "" } },
    { name: "export and colons", text: "export A=1\nB: 2", wanted: { A: "1", B: "2" } },
    {
      name: "comments",
      text: "# no\nA=1 # yes\nB=a#b\nC=#c\n  # D=1\n",
      wanted: { A: "1", B: "a#b", C: "#c" },
    },
    {
      name: "single quotes as written",
      text: "A='$B \\n # x' # c\nC=1",
      wanted: { A: "$B \\n # x", C: "1" },
    },
    {
      name: "double quotes with escapes and variables",
      text: 'A=1\nB="a\\tb ${A} \\"q\\" \\$A"\n',
      wanted: { A: "1", B: 'a\tb 1 "q" $A' },
    },
    { name: "quotes over several lines", text: 'A="one\ntwo"\nB=1', wanted: { A: "one\ntwo", B: "1" } },
    {
      name: "what follows a quote on its line, as Compose does",
      text: "A=\"x\n\" B=1 # C=2\nD='y'E=3",
      wanted: { A: "x\n", B: "1", D: "y", E: "3" },
    },
    {
      name: "variables from above and from outside",
      text: "A=1\nB=${A}${OUT}\nOUT=mine\nC=$OUT",
      wanted: { A: "1", B: "1out", OUT: "mine", C: "out" },
    },
    { name: "a name alone, which inherits", text: "OUT\nNONE\n", wanted: { OUT: "out" } },
    { name: "a byte order mark", text: "\uFEFFA=1", wanted: { A: "1" } },
    { name: "lines that are none", text: "=x\n???\nB=1", wanted: { B: "1" } },
    { name: "a quote that never ends", text: "A='x\nB=1", wanted: { A: "x", B: "1" } },
  ];
  for (const { name, text, wanted } of cases) {
    it(`reads ${name}`, () => {
      const values = parseDotenv(text, (variable) => (variable === "OUT" ? "out" : undefined));

      expect(Object.fromEntries(values)).to.deep.equal(wanted);
    });
  }

  it("reads a megabyte of anything in no time", () => {
    for (const text of ["A='\n", "A='x'", "A= ", "A=#", " \t", 'A="\\'].map((piece) =>
      piece.repeat(1_000_000 / piece.length),
    )) {
      const begun = Date.now();
      parseDotenv(text, () => undefined);
      expect(Date.now() - begun < 2000, JSON.stringify(text.slice(0, 8))).to.equal(true);
    }
  });
});
