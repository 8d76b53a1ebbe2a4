import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { refFault } from "../../../controller/api/git-ref.ts";

describe("refFault()", () => {
  const good = [
    "main",
    "feature/new-shop",
    "v1.4.0",
    "release-1.x",
    "ümläut",
    "a@b",
    "@main",
    "x{y}",
    "refs-old",
    "a%b",
  ];
  for (const name of good) {
    it(`accepts ${name}`, () => expect(refFault("branch", name)).to.equal(undefined));
  }

  const bad: readonly (readonly [string, string])[] = [
    ["-x", '"-x" is not a name that Git accepts for a branch: it begins with "-"'],
    ["a..b", '"a..b" is not a name that Git accepts for a branch: it holds ".."'],
    ["a b", '"a b" is not a name that Git accepts for a branch: it holds " "'],
    ["a\nb", '"a\\nb" is not a name that Git accepts for a branch: it holds "\\n"'],
    ["a~1", '"a~1" is not a name that Git accepts for a branch: it holds "~"'],
    ["a^", '"a^" is not a name that Git accepts for a branch: it holds "^"'],
    ["a:b", '"a:b" is not a name that Git accepts for a branch: it holds ":"'],
    ["a?", '"a?" is not a name that Git accepts for a branch: it holds "?"'],
    ["a*", '"a*" is not a name that Git accepts for a branch: it holds "*"'],
    ["a[b", '"a[b" is not a name that Git accepts for a branch: it holds "["'],
    ["a\\b", '"a\\\\b" is not a name that Git accepts for a branch: it holds "\\\\"'],
    ["/a", '"/a" is not a name that Git accepts for a branch: a part between "/" is empty'],
    ["a/", '"a/" is not a name that Git accepts for a branch: a part between "/" is empty'],
    ["a//b", '"a//b" is not a name that Git accepts for a branch: a part between "/" is empty'],
    [".a", '".a" is not a name that Git accepts for a branch: a part begins with "."'],
    ["a/.b", '"a/.b" is not a name that Git accepts for a branch: a part begins with "."'],
    ["a.lock", '"a.lock" is not a name that Git accepts for a branch: a part ends with ".lock"'],
    ["a.lock/b", '"a.lock/b" is not a name that Git accepts for a branch: a part ends with ".lock"'],
    ["a.", '"a." is not a name that Git accepts for a branch: it ends with "."'],
    ["a@{1}", '"a@{1}" is not a name that Git accepts for a branch: it holds "@" with a meaning of its own'],
    ["@", '"@" is not a name that Git accepts for a branch: it holds "@" with a meaning of its own'],
    ["refs/heads/main", 'must be the short name "main", without "refs/heads/"'],
    ["refs/tags/v1", 'must be a branch, not the full ref "refs/tags/v1"'],
    ["HEAD", 'must not be "HEAD": leave revision out to follow the HEAD of the remote'],
  ];
  for (const [name, fault] of bad) {
    it(`refuses ${JSON.stringify(name)}`, () => expect(refFault("branch", name)).to.equal(fault));
  }

  it("refuses a full ref as a tag", () => {
    expect(refFault("tag", "refs/tags/v1")).to.equal('must be the short name "v1", without "refs/tags/"');
  });

  it("judges as Git itself does", () => {
    // Full refs and "@" are names that Git would take for something else than they say.
    const names = [...good, ...bad.map(([name]) => name)].filter(
      (name) => name !== "@" && !name.startsWith("refs/"),
    );
    const accepted = names.filter((name) => {
      try {
        execFileSync("git", ["check-ref-format", "--branch", name], { stdio: "ignore" });
        return true;
      } catch {
        return false;
      }
    });

    expect(names.filter((name) => refFault("branch", name) === undefined)).to.deep.equal(accepted);
  });
});
