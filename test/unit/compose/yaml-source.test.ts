import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { entriesOf, fieldOf, parseYamlSource, textOf } from "../../../controller/compose/yaml-source.ts";

const fault = (text: string): string => {
  try {
    parseYamlSource("c.yaml", text);
    return "accepted";
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    expect([error.reason, error.terminal]).to.deep.equal(["InvalidCompose", true]);
    return error.message.replace("Cannot use the Compose project: ", "");
  }
};

describe("parseYamlSource()", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a key that is there twice", "a: 1\nb: 2\na: 3\n", 'c.yaml:3:1: the key "a" is there twice'],
    ["an alias without anchor", "a: *none\n", 'c.yaml:1:4: the alias "*none" has no anchor'],
    ["an anchor that contains itself", "a: &x [1, *x]\n", 'c.yaml:1:11: the anchor "&x" contains itself'],
    [
      "a text in base64",
      "a: !!binary L2V0Yw==\n",
      'c.yaml:1:13: the tag "!!binary" is not for Compose files',
    ],
    [
      "a text in base64 under another tag's name",
      "%TAG !e! tag:yaml.org,2002:\n---\na: !e!binary L2V0Yw==\n",
      'c.yaml:3:14: the tag "!!binary" is not for Compose files',
    ],
    ["an alias as a key", "a: &k include\n*k : [x]\n", "c.yaml:2:1: a key must be a plain text"],
    ["a list as a key", "? [include]\n: x\n", "c.yaml:1:3: a key must be a plain text"],
    ...(
      [
        ["a line that only YAML 1.1 breaks (U+2028)", "# a\u2028include: [x]\n", "2028"],
        ["a line that only YAML 1.1 breaks (U+2029)", "# a\u2029include: [x]\n", "2029"],
        ["a line that only YAML 1.1 breaks (U+0085)", "# a\u0085include: [x]\n", "0085"],
        ["a carriage return alone", "# a\rinclude: [x]\n", "000D"],
        ["a byte order mark at the start of a later line", "# a\n\ufeffinclude: [x]\n", "FEFF"],
        ["UTF-16", Buffer.from("\ufeffa: 1\n", "utf16le").toString("utf8"), "0000"],
      ] as const
    ).map(([name, text, code]): readonly [string, string, string] => [
      name,
      text,
      `c.yaml:${code === "FEFF" ? 2 : 1}: it holds the character U+${code}, which not everybody reads alike; write plain UTF-8`,
    ]),
    ["brackets without end", "[".repeat(500_000), "c.yaml:1: it is nested too deeply"],
    ["mappings without end", `a: 1\nb: ${"{a: ".repeat(100_000)}`, "c.yaml:2: it is nested too deeply"],
    ["lists in lists in one line", "- ".repeat(100_000), "c.yaml:1: it is nested too deeply"],
    [
      "lists in lists over many lines",
      Array.from({ length: 900 }, (_, depth) => `${" ".repeat(depth)}-`).join("\n"),
      "c.yaml:202: it is nested too deeply",
    ],
  ];
  for (const [name, text, wanted] of cases) {
    it(`refuses ${name}`, () => {
      expect(fault(text)).to.equal(wanted);
    });
  }

  it("accepts Compose's own tags, and a byte order mark where the file begins", () => {
    expect(fault("\ufeffa: !reset null\r\nb: !override [1]\nc: !!str 1\n<<: {d: 1}\n")).to.equal("accepted");
  });

  it("refuses aliases that grow without measure, at once", () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? "x0: &x0 [a, b]" : `x${level}: &x${level} [*x${level - 1}, *x${level - 1}]`,
    );

    expect(fault(levels.join("\n"))).to.include(
      "it grows beyond every measure when its aliases are followed",
    );
  });

  it("accepts many uses of one anchor, Compose's tags, long text, and several documents", () => {
    const services = Array.from({ length: 500 }, (_, index) => `  s${index}: {<<: *common, image: x}`);

    expect(fault(`x: &common {a: {b: c}}\nservices:\n${services.join("\n")}\n`)).to.equal("accepted");
    expect(fault("a: !reset []\nb: !override {c: d}\n---\na: !reset null\n")).to.equal("accepted");
    expect(fault(`a: |\n  x\n${" ".repeat(500)}[[[[ - - -\nb: 1\n`)).to.equal("accepted");
  });

  it("never repeats the text around a fault, which may hold a password", () => {
    expect(fault("password: 'hunter2\n").includes("hunter2")).to.equal(false);
  });

  it("resolves merge keys as Compose does: own keys win, then earlier mappings", () => {
    const source = parseYamlSource(
      "c.yaml",
      "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\n",
    );
    const merged = fieldOf(source, source.roots[0], "z");

    expect(entriesOf(source, merged).map(([key, value]) => `${key}${textOf(value)}`)).to.deep.equal([
      "a0",
      "b1",
      "c2",
    ]);
  });
});
