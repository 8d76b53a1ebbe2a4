import { expect } from "chai";
import { matchesPatternList } from "../../../controller/lib/pattern-list.ts";

describe("matchesPatternList()", () => {
  const cases: readonly (readonly [text: string, list: string, expected: boolean])[] = [
    ["git", "git", true],
    ["git", "file", false],
    ["git", "file,git", true],
    ["git", "*", true],
    ["git", "g?t", true],
    ["git", "g?", false],
    ["git", "", false],
    ["", "*", true],
    ["git", "*,!git", false],
    ["git", "!git,*", false],
    ["git", "!file", false],
    ["git", "!file,*", true],
    ["git", "GIT", false],
    ["g.t", "g.t", true],
    ["git", "g.t", false],
    ["ada@example.com", "*@example.com", true],
    ["ada@example.com\n", "*@example.com", false],
    ["a+b", "a+b", true],
    ["(x", "(*", true],
    ["\u{1F511}", "?", true],
  ];
  for (const [text, list, expected] of cases) {
    it(`says ${expected} of ${JSON.stringify(text)} and "${list}"`, () => {
      expect(matchesPatternList(text, list)).to.equal(expected);
    });
  }

  it("is not held up by many wildcards", () => {
    const startedAt = performance.now();

    expect(matchesPatternList("a".repeat(200), `${"*".repeat(60)}b`)).to.equal(false);
    expect(performance.now() - startedAt).to.be.lessThan(200);
  });
});
