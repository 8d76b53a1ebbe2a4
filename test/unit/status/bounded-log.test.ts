import { expect } from "chai";
import fc from "fast-check";
import { createBoundedLog, LOG_LIMIT_BYTES } from "../../../controller/status/bounded-log.ts";

function logOf(lines: readonly string[], before = ""): string {
  const log = createBoundedLog(before);
  for (const line of lines) log.add(line);
  return log.text();
}

describe("createBoundedLog()", () => {
  it("keeps a short log as it was said", () => {
    expect(logOf([])).to.equal("");
    expect(logOf(["a", "  b\tc"])).to.equal("a\n  b\tc\n");
  });

  it("leaves out of a long one what is between the beginning and the end, and says how much", () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} ${"x".repeat(40)}`);

    const kept = logOf(lines).trimEnd().split("\n");

    const mark = kept.findIndex((line) => line.startsWith("..."));
    expect(kept[mark]).to.equal(`... ${5000 - (kept.length - 1)} lines left out here ...`);
    expect(kept.slice(0, mark)).to.deep.equal(lines.slice(0, mark));
    expect(kept.slice(mark + 1)).to.deep.equal(lines.slice(-(kept.length - 1 - mark)));
    expect(mark).to.be.greaterThan(100);
    expect(kept.length - mark).to.be.greaterThan(500);
  });

  it("makes one line of what is said, however long, and leaves nothing in it for a terminal to act on", () => {
    expect(logOf(["a\r\nb\u2028c", "\u001b[31mred\u0007"])).to.equal("a b c\n[31mred\n");
    expect(logOf(["x".repeat(1_000_000)]).length).to.be.lessThan(2100);
  });

  const line = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.integer({ min: 1, max: 3000 }).map((length) => "é".repeat(length)),
  );

  it("never grows beyond its limit, whatever is said", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (lines, times) => {
        const text = logOf(Array.from({ length: times }, () => lines).flat());

        expect(Buffer.byteLength(text)).to.be.lessThanOrEqual(LOG_LIMIT_BYTES);
      }),
    );
  });

  it("goes on from its own text as if it had never been written down", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 200 }), fc.array(line, { maxLength: 200 }), (some, more) => {
        // an empty line is no line of a log: each has its time before it
        const [first, second] = [some, more].map((lines) => lines.map((each) => `t ${each}`)) as [
          string[],
          string[],
        ];

        expect(logOf(second, logOf(first))).to.equal(logOf([...first, ...second]));
      }),
    );
  });
});
