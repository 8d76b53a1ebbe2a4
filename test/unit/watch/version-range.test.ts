import { expect } from "chai";
import fc from "fast-check";
import { compare, maxSatisfying, parse, satisfies, validRange } from "semver";
import { highestTag, whyNoTag } from "../../../controller/watch/version-range.ts";

describe("highestTag()", () => {
  const cases: readonly (readonly [
    name: string,
    range: string,
    tags: readonly string[],
    expected: string | undefined,
  ])[] = [
    [
      "the highest by number, not by letter",
      ">=1.4 <2",
      ["v1.4.9", "v1.4.10", "v2.0.0", "v1.3.0"],
      "v1.4.10",
    ],
    ["tags with and without v alike", "^1.0.0", ["1.0.0", "v1.2.0", "1.1.0"], "v1.2.0"],
    ["the release after its prereleases", "^1.2.0", ["v1.2.0-rc.1", "v1.2.0", "v1.2.0-rc.2"], "v1.2.0"],
    ["no prerelease that nobody named", ">=1.0.0", ["v1.0.0", "v2.0.0-rc.1"], "v1.0.0"],
    [
      "a prerelease of the version that the range names",
      ">=2.0.0-rc.0",
      ["v1.9.0", "v2.0.0-rc.1", "v2.0.0-rc.10", "v2.0.0-rc.9"],
      "v2.0.0-rc.10",
    ],
    [
      "no prerelease of another version than the range names",
      ">=2.0.0-rc.0",
      ["v2.1.0-rc.1", "v2.0.0"],
      "v2.0.0",
    ],
    ["any release for a star", "*", ["v0.0.1", "v1.0.0", "nightly", "v3.0.0-beta"], "v1.0.0"],
    ["an exact version", "1.2.3", ["v1.2.3", "v1.2.4"], "v1.2.3"],
    ["one of several ranges", "1.x || >=3", ["v1.9.0", "v2.5.0"], "v1.9.0"],
    ["the plain name of two for one version", "*", ["v1.2.3", "1.2.3"], "1.2.3"],
    [
      "the higher build of two, though semver calls them equal",
      "*",
      ["1.2.3+build.9", "v1.2.3+build.10", "1.2.3"],
      "v1.2.3+build.10",
    ],
    ["builds that differ in their zeros, by name", "*", ["1.2.3+01", "1.2.3+1"], "1.2.3+1"],
    [
      "nothing that only begins like a version",
      "*",
      ["v1.2", "1", "v1.2.3.4", "1.2.x", "release-1.2.3", "V1.2.3", "=1.2.3", "v01.2.3", "app/v1.2.3"],
      undefined,
    ],
    ["nothing when nothing is within it", "^2.0.0", ["v1.0.0"], undefined],
    ["nothing of nothing", "*", [], undefined],
  ];
  for (const [name, range, tags, expected] of cases) {
    it(`takes ${name}`, () => {
      expect(highestTag(range, tags)).to.equal(expected);
      expect(highestTag(range, tags.toReversed())).to.equal(expected);
    });
  }

  const number = fc.nat({ max: 4 });
  const suffix = fc.constantFrom("", "", "", "-rc.1", "-rc.2", "-0", "-alpha", "+build", "+1", "-rc.1+build");
  const version = fc
    .tuple(fc.constantFrom("", "v"), number, number, number, suffix)
    .map(([v, major, minor, patch, rest]) => `${v}${major}.${minor}.${patch}${rest}`);
  const tag = fc.oneof(
    { weight: 6, arbitrary: version },
    fc.constantFrom("main", "v1", "1.2", "nightly-2026"),
  );
  const comparator = fc
    .tuple(fc.constantFrom("", ">=", ">", "<", "<=", "^", "~", "="), version)
    .map(([sign, text]) => `${sign}${text.replace(/\+.*/, "")}`);
  const range = fc
    .oneof(
      fc.array(comparator, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(" ")),
      fc.constantFrom("*", "1.x", "0.1 - 2", "~1.2 || ^3"),
    )
    .filter((text) => validRange(text) !== null);

  it("agrees with semver's own maxSatisfying about the version, whatever the order of the tags", () => {
    fc.assert(
      fc.property(range, fc.uniqueArray(tag, { maxLength: 12 }), (wanted, tags) => {
        const theirs = maxSatisfying(tags, wanted);
        const ours = highestTag(wanted, tags);
        expect(ours === undefined).to.equal(theirs === null);
        if (ours !== undefined && theirs !== null) {
          expect(tags).to.include(ours);
          expect(satisfies(ours, wanted)).to.equal(true);
          expect(compare(ours, theirs)).to.equal(0);
        }
        expect(highestTag(wanted, tags.toReversed())).to.equal(ours);
        expect(highestTag(wanted, tags.toSorted())).to.equal(ours);
      }),
      { numRuns: 2000 },
    );
  });

  it("always has words for what is not there, and names only tags that are", () => {
    fc.assert(
      fc.property(range, fc.uniqueArray(tag, { maxLength: 12 }), (wanted, tags) => {
        fc.pre(highestTag(wanted, tags) === undefined);
        const words = whyNoTag(wanted, tags);
        expect(words).to.match(/^[^\n]+$/);
        const named = [...words.matchAll(/"(?!>=)([^"]+)"/g)].map((match) => match[1] ?? "");
        for (const name of named) {
          if (!words.includes("none of its tags is a version")) expect(tags).to.include(name);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("has an answer about 20,000 tags within a moment", () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `v${index % 7}.${index % 1000}.${index}`);
    const startedAt = performance.now();

    expect(parse(highestTag(">=3 <6", tags))?.major).to.equal(5);
    expect(performance.now() - startedAt).to.be.lessThan(1000);
  });
});

describe("whyNoTag()", () => {
  const cases: readonly (readonly [
    name: string,
    range: string,
    tags: readonly string[],
    expected: string,
  ])[] = [
    ["no tags at all", "^1.0.0", [], "it has no tags"],
    [
      "tags that are no versions",
      "^1.0.0",
      ["nightly", "latest"],
      'none of its tags is a version, such as "1.4.0" or "v1.4.0"; it has "latest"',
    ],
    [
      "versions on both sides",
      ">=1.4 <2",
      ["v1.2.0", "v1.3.9", "v2.1.0", "v3.0.0"],
      'no version is within it; the nearest are "v1.3.9" and "v2.1.0"',
    ],
    ["lower versions only", ">=2", ["v1.2.0", "v1.3.9"], 'no version is within it; the nearest is "v1.3.9"'],
    [
      "a gap between two ranges",
      "1.x || 3.x",
      ["v2.0.0", "v2.5.0"],
      'no version is within it; the highest is "v2.5.0"',
    ],
    [
      "prereleases only",
      ">=2",
      ["v1.0.0", "v2.0.0-rc.1", "v2.0.0-rc.2"],
      'no release is within it; "v2.0.0-rc.2" is a prerelease, which counts only where the range names one of the same version, such as ">=2.0.0-rc.2"',
    ],
  ];
  for (const [name, range, tags, expected] of cases) {
    it(`tells of ${name}`, () => {
      expect(whyNoTag(range, tags)).to.equal(expected);
      expect(whyNoTag(range, tags.toReversed())).to.equal(expected);
    });
  }
});
