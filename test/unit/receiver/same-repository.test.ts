import { expect } from "chai";
import fc from "fast-check";
import { sameRepository } from "../../../controller/receiver/same-repository.ts";

const ONE = "https://git.example.com/team/shop.git";

describe("sameRepository()", () => {
  for (const other of [
    "https://git.example.com/team/shop",
    "https://git.example.com/team/shop/",
    "https://git.example.com//team/./shop.git//",
    "HTTPS://GIT.example.com/Team/Shop.GIT",
    "https://git.example.com:443/team/shop.git",
    "https://somebody@git.example.com/team/shop.git",
    "https://somebody:pass@word@git.example.com/team/shop.git",
    "https://git.example.com./team/shop.git",
    "https://git.example.com/te%61m/shop.git",
    "http://git.example.com:3000/team/shop.git",
    "git://git.example.com/team/shop.git",
    "ssh://git@git.example.com:2222/team/shop.git",
    "git@git.example.com:team/shop.git",
    "git@git.example.com:/team/shop.git",
    "git.example.com:team/shop",
  ]) {
    it(`knows ${other}`, () => {
      expect([sameRepository(ONE, other), sameRepository(other, ONE)]).to.deep.equal([true, true]);
    });
  }

  for (const [a, b] of [
    [ONE, "https://git.example.com/team/shops.git"],
    [ONE, "https://git.example.com/shop.git"],
    [ONE, "https://git.example.com/a/team/shop.git"],
    [ONE, "https://git.example.org/team/shop.git"],
    [ONE, "https://git.example.com:8443/team/shop.git"],
    [ONE, "https://git.example.com.evil.org/team/shop.git"],
    [ONE, "https://git.example.com%2fteam/shop.git"],
    [ONE, "https://evil.org/git.example.com/team/shop.git"],
    [ONE, "https://evil.org/?https://git.example.com/team/shop.git"],
    [ONE, "/team/shop.git"],
    [ONE, "team/shop"],
    [ONE, ""],
    [ONE, "https://git.example.com"],
    [ONE, "https://git.example.com/"],
    [ONE, "https://git.example.com/.git"],
    ["ssh://git@git.example.com:22/team/shop", "ssh://git@git.example.com:2222/team/shop"],
    ["", ""],
    ["nothing", "nothing"],
    ["https://dev.azure.com/org/project/_git/shop", "https://dev.azure.com/org/other/_git/shop"],
    ["https://one.visualstudio.com/project/_git/shop", "https://two.visualstudio.com/project/_git/shop"],
  ] as const) {
    it(`tells ${a} from ${b}`, () => {
      expect([sameRepository(a, b), sameRepository(b, a)]).to.deep.equal([false, false]);
    });
  }

  for (const [a, b] of [
    ["/srv/git/shop.git", "file:///srv/git/shop"],
    ["/srv/shop/.git", "/srv/shop"],
    ["/srv/git/shop.git", "file://localhost/srv/git/shop/"],
    ["ssh://git@[2001:db8::1]:22/shop", "git@[2001:DB8::1]:shop.git"],
    ["https://dev.azure.com/org/_git/shop", "https://dev.azure.com/org/shop/_git/shop"],
    ["https://org.visualstudio.com/_git/shop", "git@ssh.dev.azure.com:v3/org/shop/shop"],
    ["https://tfs.example.com/tfs/Main/Web/_git/shop", "ssh://tfs.example.com:22/tfs/Main/Web/_git/shop"],
    ["https://git.example.com/a%zz/shop", "git@git.example.com:a%zz/shop"],
  ] as const) {
    it(`finds ${a} and ${b} the same`, () => {
      expect([sameRepository(a, b), sameRepository(b, a)]).to.deep.equal([true, true]);
    });
  }

  it("is symmetric, and never throws, whatever the texts", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.webUrl(),
      fc.constantFrom(
        ONE,
        "git@git.example.com:team/shop",
        "https://[::1/x",
        "a@b@c:d",
        "https://dev.azure.com/_git/x",
      ),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(sameRepository(a, b)).to.equal(sameRepository(b, a));
      }),
      { numRuns: 500 },
    );
  });

  it("does not read a text without end", () => {
    const long = `https://git.example.com/${"a/".repeat(100_000)}shop`;

    expect(sameRepository(long, long)).to.equal(false);
  });
});
