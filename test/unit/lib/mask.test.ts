import { expect } from "chai";
import fc from "fast-check";
import { createMask } from "../../../controller/lib/mask.ts";

const VALUE = "s3cr&t <Pass>/wörd+1";

describe("createMask()", () => {
  for (const { name, values, text, expected } of [
    { name: "a value", values: [VALUE], text: `login ${VALUE}: denied`, expected: "login ***: denied" },
    {
      name: "every place where it stands",
      values: ["hunter2"],
      text: "hunter2, hunter2!",
      expected: "***, ***!",
    },
    { name: "a value within a word", values: ["hunter2"], text: "xhunter2x", expected: "x***x" },
    {
      name: "its base64",
      values: [VALUE],
      text: `auth: ${Buffer.from(VALUE).toString("base64")};`,
      expected: "auth: ***;",
    },
    {
      name: "its base64url",
      values: [Buffer.of(0xfb, 0xff, 0xfe, 0xfb, 0xef, 0xbe)],
      text: "+//+++++ and -__-----",
      expected: "*** and ***",
    },
    {
      name: "its percent-encoded form, however the digits are written",
      values: [VALUE],
      text: `a=${encodeURIComponent(VALUE)}&b=${encodeURIComponent(VALUE).replace(/%../g, (code) => code.toLowerCase())}`,
      expected: "a=***&b=***",
    },
    {
      name: "its form in JSON, also as Go writes it",
      values: ['a"b\\c\td<e'],
      text: String.raw`{"v":"a\"b\\c\td<e","w":"a\"b\\c\td\u003ce"}`,
      expected: '{"v":"***","w":"***"}',
    },
    {
      name: "its hex",
      values: [VALUE],
      text: `${Buffer.from(VALUE).toString("hex")} ${Buffer.from(VALUE).toString("hex").toUpperCase()}`,
      expected: "*** ***",
    },
    { name: "its form in Compose files", values: ["a$b$$c"], text: "<a$$b$$$$c>", expected: "<***>" },
    {
      name: "what is left of it without control characters, on one line",
      values: ["one\u0007two  three\n\tfour"],
      text: "onetwo  three; one two three four; onetwo  three\tfour",
      expected: "***; ***; ***",
    },
    {
      name: "a long value that is cut off, at either end",
      values: [Array.from({ length: 100 }, (_, at) => String(at)).join("-")],
      text: `<${Array.from({ length: 60 }, (_, at) => String(at + 20)).join("-")}>`,
      expected: "<***>",
    },
    {
      name: "its base64 on several lines",
      values: [VALUE.repeat(6)],
      text: [
        ...(Buffer.from(VALUE.repeat(6))
          .toString("base64")
          .match(/.{1,76}/g) ?? []),
      ].join("\n"),
      expected: "***\n***\n***",
    },
    {
      name: "each line of a value of several lines",
      values: ["first line\r\n  second line\n}\n"],
      text: "it said: second line (after first line) }",
      expected: "it said: *** (after ***) }",
    },
    {
      name: "a value whose last line break is missing",
      values: ["hunter2\n"],
      text: "pw=hunter2",
      expected: "pw=***",
    },
    {
      name: "the longer of two values",
      values: ["hunter", "hunter2"],
      text: "hunter2 hunter",
      expected: "*** ***",
    },
    { name: "values that overlap", values: ["abcdef", "defghi"], text: "<abcdefghi>", expected: "<***>" },
    { name: "values that touch, as one", values: ["abcd", "efgh"], text: "<abcdefgh>", expected: "<***>" },
    {
      name: "a short value where it is a word",
      values: ["42"],
      text: "42 142 42x (42)",
      expected: "*** 142 42x (***)",
    },
    {
      name: "what a cut left of a value, be it a long one",
      values: ["hunter2-and-a-half", "0123456789".repeat(10)],
      text: `says hunter2-an… and ${"0123456789".repeat(10).slice(0, 77)}… but hun…`,
      expected: "says ***… and ***… but hun…",
    },
    {
      name: "nothing for values that are blank",
      values: ["", " ", "\n"],
      text: "a b\nc",
      expected: "a b\nc",
    },
    { name: "nothing without values", values: [], text: "as it is", expected: "as it is" },
  ]) {
    it(`takes out ${name}`, () => {
      expect(createMask(values)(text)).to.equal(expected);
    });
  }

  it("takes out a value at whatever place of a longer base64 text it stands", () => {
    const mask = createMask([VALUE]);
    for (const before of ["", "u", "us", "use", "user:"]) {
      for (const after of ["", "!", "!!", "!!!"]) {
        const whole = Buffer.from(before + VALUE + after).toString("base64");
        const masked = mask(whole);
        expect(masked, whole).to.contain("***");
        expect(masked.length, masked).to.be.lessThan(20);
      }
    }
  });

  const secret = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 4, maxLength: 100 }),
    fc.string({ unit: "grapheme-ascii", minLength: 4, maxLength: 40 }),
    fc.array(fc.string({ minLength: 4 }), { maxLength: 5 }).map((lines) => lines.join("\n")),
  );

  it("leaves no value in any form, whatever stands around it", () => {
    fc.assert(
      fc.property(
        fc.array(
          secret.filter((text) => text.trim().length >= 4),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(fc.string(), { minLength: 2, maxLength: 6 }),
        (values, around) => {
          const forms = values.flatMap((value) => [
            value,
            Buffer.from(value).toString("base64"),
            Buffer.from(value).toString("base64url"),
            encodeURIComponent(value),
            JSON.stringify(value).slice(1, -1),
          ]);
          const mask = createMask(values);
          for (const form of forms) {
            const masked = mask(around.join(form));
            // The mask's own signs can complete a value that is made of them.
            if (!form.includes("*")) expect(masked.includes(form)).to.equal(false);
          }
        },
      ),
    );
  });

  it("changes no other text", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-m]{4,40}$/), fc.stringMatching(/^[n-z ,.:]*$/), (value, text) => {
        expect(createMask([value])(text)).to.equal(text);
      }),
    );
  });

  it("takes out values of binary and of many kilobytes", () => {
    const binary = Buffer.from(Array.from({ length: 256 }, (_, at) => 255 - at));
    const large = Buffer.from(Array.from({ length: 128 * 1024 }, (_, at) => (at * 7919) % 251));
    const mask = createMask([binary, large]);

    expect(mask(`<${binary.toString("base64")}>`)).to.equal("<***>");
    expect(mask(`<${large.toString("base64")}>`)).to.equal("<***>");
  });

  it("gets through texts and values that a naive search would never end with", () => {
    const mask = createMask([`${"a".repeat(50_000)}b`, "ab".repeat(20_000), "aaaab"]);

    expect(mask("a".repeat(100_000))).to.equal("***");
    expect(mask(`${"c".repeat(100_000)}aaaab`)).to.equal(`${"c".repeat(100_000)}***`);
  });

  it("costs little memory for a short value", () => {
    const before = process.memoryUsage().arrayBuffers;
    const masks = Array.from({ length: 200 }, (_, at) => createMask([`a secret of a database, no. ${at}`]));
    for (const mask of masks) expect(mask("nothing")).to.equal("nothing");

    expect((process.memoryUsage().arrayBuffers - before) / masks.length).to.be.lessThan(20_000);
  });
});
