import { expect } from "chai";
import type { RevisionWanted } from "../../../controller/api/application.ts";
import type { Advertisement } from "../../../controller/git/git.ts";
import { resolveRevision } from "../../../controller/watch/git-revision.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const URL = "https://user:secret@example.com/app.git";
const ADVERTISED: Advertisement = {
  head: { ref: "refs/heads/main", sha: A },
  refs: { "refs/heads/main": A, "refs/heads/v1": A, "refs/tags/v1": B },
};
const RELEASES: Advertisement = {
  refs: { "refs/heads/v9.0.0": A, "refs/tags/v1.4.0": A, "refs/tags/v1.4.2": B, "refs/tags/v2.0.0-rc.1": A },
  tagObjects: { "refs/tags/v1.4.2": A },
};

describe("resolveRevision()", () => {
  const found: { name: string; wanted: RevisionWanted; expected: object }[] = [
    {
      name: "takes the branch of HEAD",
      wanted: { kind: "head" },
      expected: { revision: A, ref: "refs/heads/main" },
    },
    {
      name: "takes a branch, not a tag of its name",
      wanted: { kind: "branch", name: "v1" },
      expected: { revision: A, ref: "refs/heads/v1" },
    },
    {
      name: "takes a tag, not a branch of its name",
      wanted: { kind: "tag", name: "v1" },
      expected: { revision: B, ref: "refs/tags/v1" },
    },
    { name: "takes a commit as it is", wanted: { kind: "commit", sha: B }, expected: { revision: B } },
  ];
  for (const { name, wanted, expected } of found) {
    it(name, () => {
      expect(resolveRevision(wanted, ADVERTISED, URL)).to.deep.equal({ kind: "found", ...expected });
    });
  }

  it("takes the highest tag of a range, and tells the tag's own object", () => {
    expect(resolveRevision({ kind: "semver", range: "^1.4" }, RELEASES, URL)).to.deep.equal({
      kind: "found",
      revision: B,
      ref: "refs/tags/v1.4.2",
      tagObject: A,
    });
    expect(resolveRevision({ kind: "semver", range: "1.4.0" }, RELEASES, URL)).to.deep.equal({
      kind: "found",
      revision: A,
      ref: "refs/tags/v1.4.0",
    });
  });

  it("tells the object of a tag that is named itself", () => {
    expect(resolveRevision({ kind: "tag", name: "v1.4.2" }, RELEASES, URL)).to.deep.include({ tagObject: A });
  });

  it("takes a HEAD that is on no branch", () => {
    expect(resolveRevision({ kind: "head" }, { head: { sha: B }, refs: {} }, URL)).to.deep.equal({
      kind: "found",
      revision: B,
    });
  });

  const missing: { name: string; wanted: RevisionWanted; advertised: Advertisement; message: string }[] = [
    {
      name: "says of HEAD that the repository is empty",
      wanted: { kind: "head" },
      advertised: { refs: {} },
      message: 'Cannot find the default branch in "https://***@example.com/app.git": the repository is empty',
    },
    {
      name: "says of HEAD that its branch is not there",
      wanted: { kind: "head" },
      advertised: { refs: { "refs/heads/main": A } },
      message:
        'Cannot find the default branch in "https://***@example.com/app.git": its HEAD names no branch that exists',
    },
    {
      name: "names the nearest branches",
      wanted: { kind: "branch", name: "mian" },
      advertised: ADVERTISED,
      message:
        'Cannot find the branch "mian" in "https://***@example.com/app.git": there is none of that name; it has "main"',
    },
    {
      name: "names every tag when they are few",
      wanted: { kind: "tag", name: "release-2024" },
      advertised: ADVERTISED,
      message:
        'Cannot find the tag "release-2024" in "https://***@example.com/app.git": there is none of that name; it has "v1"',
    },
    {
      name: "says that there are no tags",
      wanted: { kind: "tag", name: "v1" },
      advertised: { refs: { "refs/heads/main": A } },
      message: 'Cannot find the tag "v1" in "https://***@example.com/app.git": it has no tags',
    },
    {
      name: "names the range, and the tags that come nearest",
      wanted: { kind: "semver", range: "^3.0.0" },
      advertised: RELEASES,
      message:
        'Cannot find a tag within the range "^3.0.0" in "https://***@example.com/app.git": no version is within it; the nearest is "v2.0.0-rc.1"',
    },
    {
      name: "says of a range that the repository is empty",
      wanted: { kind: "semver", range: "*" },
      advertised: { refs: {} },
      message:
        'Cannot find a tag within the range "*" in "https://***@example.com/app.git": the repository is empty',
    },
    {
      name: "is not misled by names of JavaScript",
      wanted: { kind: "branch", name: "constructor" },
      advertised: { refs: { "refs/heads/a": A, "refs/heads/b": A, "refs/heads/c": A, "refs/heads/d": A } },
      message:
        'Cannot find the branch "constructor" in "https://***@example.com/app.git": there is none of that name',
    },
  ];
  for (const { name, wanted, advertised, message } of missing) {
    it(name, () => {
      expect(resolveRevision(wanted, advertised, URL)).to.deep.equal({ kind: "missing", message });
    });
  }
});
