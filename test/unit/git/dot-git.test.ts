import { expect } from "chai";
import { isDotGit } from "../../../controller/git/dot-git.ts";

describe("isDotGit()", () => {
  for (const name of [
    ".git",
    ".GIT",
    ".gIt",
    "git~1",
    "GIT~1",
    ".git ",
    ".git. .",
    "git~1.",
    ".git::$INDEX_ALLOCATION",
    ".git:stream",
    ".git\\hooks",
    ".git .\\x",
    ".g\u200cit",
    "\u200d.\u202agI\u206ft\ufeff",
  ]) {
    it(`sees through ${JSON.stringify(name)}`, () => {
      expect(isDotGit(name)).to.equal(true);
    });
  }

  for (const name of [
    "git",
    ".gitignore",
    ".gitmodules",
    ".github",
    "git~2",
    ".git~1",
    ".git-x",
    "x.git",
    ".gít",
    ".git x",
  ]) {
    it(`lets ${JSON.stringify(name)} be`, () => {
      expect(isDotGit(name)).to.equal(false);
    });
  }
});
