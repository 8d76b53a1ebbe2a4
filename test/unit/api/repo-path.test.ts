import { expect } from "chai";
import { normalizeRepoPath, repoFileFault, repoPathFault } from "../../../controller/api/repo-path.ts";

describe("normalizeRepoPath()", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["./deploy/", "deploy"],
    [".", "."],
    ["./", "."],
    ["a//b/./c", "a/b/c"],
    ["deploy/docker-compose.yaml", "deploy/docker-compose.yaml"],
    ["..a/b..", "..a/b.."],
  ];
  for (const [path, normal] of cases) {
    it(`makes ${normal} of ${path}`, () => expect(normalizeRepoPath(path)).to.equal(normal));
  }
});

describe("repoPathFault()", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["deploy", undefined],
    ["a b/ü.yaml", undefined],
    ["-f", undefined],
    ["/etc", 'must be relative to the root of the repository, not "/etc"'],
    ["..", 'must not hold "..": ".."'],
    ["a/../b", 'must not hold "..": "a/../b"'],
    ["a\\..\\b", 'must have "/" between its parts, not "\\": "a\\\\..\\\\b"'],
    ["a\u0000b", 'must not hold control characters: "a\\u0000b"'],
    ["a\u0085b", 'must not hold control characters: "a\u0085b"'],
  ];
  for (const [path, fault] of cases) {
    it(`${fault === undefined ? "accepts" : "refuses"} ${JSON.stringify(path)}`, () => {
      expect(repoPathFault(path)).to.equal(fault);
    });
  }
});

describe("repoFileFault()", () => {
  for (const path of [".", "./", "deploy/", "deploy/."]) {
    it(`refuses the folder ${path}`, () => {
      expect(repoFileFault(path)).to.equal(`must name a file, not a folder: "${path}"`);
    });
  }

  it("accepts what names a file", () => expect(repoFileFault("./deploy/prod.yaml")).to.equal(undefined));
});
