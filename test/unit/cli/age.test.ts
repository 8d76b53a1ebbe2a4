import { expect } from "chai";
import { ageOf, formatAge } from "../../../controller/cli/age.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("formatAge()", () => {
  const cases: readonly (readonly [ms: number, text: string])[] = [
    [-5, "0s"],
    [0, "0s"],
    [119 * SECOND, "119s"],
    [2 * MINUTE, "2m"],
    [3 * MINUTE + 10 * SECOND, "3m10s"],
    [10 * MINUTE + 59 * SECOND, "10m"],
    [179 * MINUTE, "179m"],
    [3 * HOUR + 5 * MINUTE, "3h5m"],
    [8 * HOUR, "8h"],
    [47 * HOUR, "47h"],
    [3 * DAY + 4 * HOUR, "3d4h"],
    [100 * DAY, "100d"],
    [730 * DAY, "2y"],
    [800 * DAY, "2y70d"],
  ];
  for (const [ms, text] of cases) {
    it(`shows ${ms} ms as ${text}`, () => {
      expect(formatAge(ms)).to.equal(text);
    });
  }
});

describe("ageOf()", () => {
  it("counts from a time", () => {
    expect(ageOf("2026-01-01T00:00:00Z", Date.UTC(2026, 0, 1, 0, 1))).to.equal("60s");
  });

  for (const value of [undefined, null, "", "yesterday", 7]) {
    it(`has nothing to say of ${JSON.stringify(value)}`, () => {
      expect(ageOf(value, 0)).to.equal(undefined);
    });
  }
});
