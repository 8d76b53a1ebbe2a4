import { expect } from "chai";
import { parseRetryAfter } from "../../../controller/git/retry-after.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const HOUR_MS = 3_600_000;

describe("parseRetryAfter()", () => {
  const values: Record<string, number | undefined> = {
    "120": 120_000,
    " 5 ": 5000,
    "0": 0,
    "99999999999999999999999": HOUR_MS,
    "Fri, 02 Jan 2026 03:05:05 GMT": 60_000,
    "Friday, 02-Jan-26 03:05:05 GMT": 60_000,
    "Fri, 02 Jan 2026 03:04:00 GMT": 0,
    "Sat, 03 Jan 2026 03:04:05 GMT": HOUR_MS,
    "": undefined,
    "-5": undefined,
    "1.5": undefined,
    "12 seconds": undefined,
    soon: undefined,
    "2026": 2_026_000,
    "Fri, 99 Foo 2026 03:05:05 GMT": undefined,
  };
  for (const [value, ms] of Object.entries(values)) {
    it(`reads ${JSON.stringify(value)} as ${ms === undefined ? "nothing" : `${ms} ms`}`, () => {
      expect(parseRetryAfter(value, NOW)).to.equal(ms);
    });
  }
});
