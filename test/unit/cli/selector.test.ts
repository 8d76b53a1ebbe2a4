import { expect } from "chai";
import { UsageError } from "../../../controller/cli/errors.ts";
import { parseSelector } from "../../../controller/cli/selector.ts";

describe("parseSelector()", () => {
  const labels = { team: "web", tier: "front", "conops.dev/x": "1" };
  const cases: readonly (readonly [selector: string, matches: boolean])[] = [
    ["team=web", true],
    ["team==web", true],
    ["team=db", false],
    ["team!=db", true],
    ["owner!=ann", true],
    ["team", true],
    ["owner", false],
    ["!owner", true],
    ["!team", false],
    ["team=web,tier=front", true],
    ["team=web,tier=back", false],
    ["team in (web, shop)", true],
    ["team in (shop)", false],
    ["team notin (shop),conops.dev/x=1", true],
    ["owner notin (ann)", true],
    ["owner=", false],
  ];
  for (const [selector, matches] of cases) {
    it(`${matches ? "takes" : "leaves"} ${JSON.stringify(labels)} for ${JSON.stringify(selector)}`, () => {
      expect(parseSelector(selector)(labels)).to.equal(matches);
    });
  }

  for (const selector of ["", "team~web", "team=web,,", "a b", "team in web"]) {
    it(`refuses ${JSON.stringify(selector)}`, () => {
      expect(() => parseSelector(selector)).to.throw(UsageError, "--selector");
    });
  }
});
