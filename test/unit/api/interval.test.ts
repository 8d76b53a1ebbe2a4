import { expect } from "chai";
import { intervalFault, parseInterval } from "../../../controller/api/interval.ts";

describe("parseInterval()", () => {
  const good: readonly (readonly [string, number])[] = [
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["1.5h", 5_400_000],
    ["1m1s1ms", 61_001],
    ["0s", 0],
    ["0.0004s", 0],
  ];
  for (const [text, ms] of good) {
    it(`reads ${text} as ${ms} ms`, () => expect(parseInterval(text)).to.equal(ms));
  }

  for (const text of [
    "",
    "30",
    "s",
    "-5s",
    "+5s",
    "5 s",
    " 5s",
    "5s ",
    "1d",
    "5S",
    "1h30",
    "1e3s",
    ".5s",
    "5.s",
    "1,5s",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseInterval(text)).to.equal(undefined));
  }

  it("reads a very long text in no time", () => {
    const started = performance.now();

    expect(parseInterval(`${"1m".repeat(500_000)}!`)).to.equal(undefined);
    expect(performance.now() - started).to.be.lessThan(1000);
  });
});

describe("intervalFault()", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["1s", undefined],
    ["1000ms", undefined],
    ["8760h", undefined],
    ["999ms", 'must be at least 1s, not "999ms"'],
    ["8761h", 'must be at most 8760h, not "8761h"'],
    ["1d", 'must be a duration such as 30s, 5m or 1h30m, not "1d"'],
  ];
  for (const [text, fault] of cases) {
    it(`${fault === undefined ? "accepts" : "refuses"} ${text} between 1s and 8760h`, () => {
      expect(intervalFault(text, "1s", "8760h")).to.equal(fault);
    });
  }
});
