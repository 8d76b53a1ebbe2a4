import { expect } from "chai";
import { semverRangeFault } from "../../../controller/api/semver-range.ts";

describe("semverRangeFault()", () => {
  for (const range of [
    "*",
    "1.x",
    "v1",
    ">=1.4 <2",
    "^1.2.3",
    "~1.4",
    "~> 1.4",
    "1.2.3 - 2",
    "1.x || >=3",
    ">=2.0.0-rc.1",
    ">= 1.4.0",
  ]) {
    it(`takes "${range}"`, () => {
      expect(semverRangeFault(range)).to.equal(undefined);
    });
  }

  const examples = ', such as ">=1.4 <2", "~1.4" or "1.x || 3.x"';
  const faults: readonly (readonly [range: string, expected: string])[] = [
    [">=1.4, <2", '">=1.4, <2" is not a range of semantic versions; write ">=1.4 <2"'],
    [">=1.4,<2", '">=1.4,<2" is not a range of semantic versions; write ">=1.4 <2"'],
    [">=1.4 && <2", '">=1.4 && <2" is not a range of semantic versions; write ">=1.4 <2"'],
    [">=1.4 and <2", '">=1.4 and <2" is not a range of semantic versions; write ">=1.4 <2"'],
    ["1.x or 3.x", '"1.x or 3.x" is not a range of semantic versions; write "1.x || 3.x"'],
    ["== 1.2.3", '"== 1.2.3" is not a range of semantic versions; write "= 1.2.3"'],
    ["=>1.2", '"=>1.2" is not a range of semantic versions; write ">=1.2"'],
    ["latest", `"latest" is not a range of semantic versions${examples}`],
    ["1.2.3.4", `"1.2.3.4" is not a range of semantic versions${examples}`],
    ["refs/tags/v1", `"refs/tags/v1" is not a range of semantic versions${examples}`],
    ["  ", 'must not be blank: write "*" to follow the highest release'],
  ];
  for (const [range, expected] of faults) {
    it(`says of "${range}" what was meant`, () => {
      expect(semverRangeFault(range)).to.equal(expected);
    });
  }
});
