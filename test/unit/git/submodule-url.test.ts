import { expect } from "chai";
import fc from "fast-check";
import { shownUrl, submoduleRepo } from "../../../controller/git/submodule-url.ts";

function resolved(parent: string, written: string): string {
  const found = submoduleRepo(parent, written);
  return "repo" in found ? found.repo.url : `refused: ${found.fault}`;
}

const HTTPS = "https://git.example.com/team/shop.git";
const ABOVE = "refused: leads above the host of the repository that holds it";

describe("submoduleRepo()", () => {
  const taken: readonly (readonly [parent: string, written: string, url: string])[] = [
    [HTTPS, "https://other.example.com/x.git", "https://other.example.com/x.git"],
    [HTTPS, "git@other.example.com:x/y.git", "git@other.example.com:x/y.git"],
    [HTTPS, "../lib.git", "https://git.example.com/team/lib.git"],
    [HTTPS, "../../other/lib.git", "https://git.example.com/other/lib.git"],
    [HTTPS, "./lib.git", "https://git.example.com/team/shop.git/lib.git"],
    [HTTPS, ".././../lib", "https://git.example.com/lib"],
    [`${HTTPS}/`, "../lib.git/", "https://git.example.com/team/lib.git"],
    ["https://git.example.com:8443/shop", "../lib", "https://git.example.com:8443/lib"],
    ["ssh://git@git.example.com:2222/team/shop", "../lib", "ssh://git@git.example.com:2222/team/lib"],
    ["git@git.example.com:team/shop.git", "../lib.git", "git@git.example.com:team/lib.git"],
    ["git@git.example.com:team/shop.git", "../../lib.git", "git@git.example.com:lib.git"],
    ["git@git.example.com:/srv/shop.git", "../lib.git", "git@git.example.com:/srv/lib.git"],
    ["git@git.example.com:/srv/shop.git", "../../lib.git", "git@git.example.com:/lib.git"],
    ["/srv/git/shop.git", "../lib.git", "/srv/git/lib.git"],
    ["file:///srv/git/shop.git", "../lib.git", "file:///srv/git/lib.git"],
    ["/srv/git/shop.git", "/srv/other/lib.git", "/srv/other/lib.git"],
  ];
  for (const [parent, written, url] of taken) {
    it(`takes ${written} of ${parent} for ${url}`, () => {
      expect(resolved(parent, written)).to.equal(url);
    });
  }

  const refused: readonly (readonly [parent: string, written: string, fault: string | RegExp])[] = [
    [HTTPS, "../../../evil.example/x", ABOVE],
    [HTTPS, "../../../../evil.example/x", ABOVE],
    ["git@git.example.com:shop.git", "../../evil.example:x", ABOVE],
    ["/srv/shop.git", "../../../x", ABOVE],
    [HTTPS, "/srv/git/secret.git", /must not be a local path/],
    [HTTPS, "file:///srv/git/secret.git", /must not be a local path/],
    [HTTPS, "FILE:///srv/git/secret.git", /must not be a local path/],
    ["git@git.example.com:shop", "file://localhost/srv/secret", /must not be a local path/],
    [HTTPS, "ext::sh -c 'touch /tmp/x'", /white space/],
    [HTTPS, "ext::sh%20-c", /transport "ext::"/],
    [HTTPS, "fd::17/foo", /transport "fd::"/],
    [HTTPS, "--upload-pack=touch", /must not begin with "-"/],
    [HTTPS, "-u./payload", /must not begin with "-"/],
    [HTTPS, "ssh://-oProxyCommand=touch/x", /must name a host/],
    [HTTPS, "-oProxyCommand=x@host:y", /must not begin with "-"/],
    [HTTPS, "git@-oProxyCommand=x:y", /host/],
    [HTTPS, "https://me:secret@git.example.com/x.git", /credentials/],
    [HTTPS, "https://token@git.example.com/x.git", /credentials/],
    [HTTPS, "../x\ny", /control characters/],
    [HTTPS, "../%0ahost=evil", /encoded control/],
    [HTTPS, "..\\x", /"\\"/],
    [HTTPS, "../a/../../../x", /must not hold "\.\."/],
    [HTTPS, "../..", /must not hold "\.\."/],
    [HTTPS, "https://git.example.com/../x", /must not hold "\.\."/],
    ["/srv/a/shop.git", "../b/../../c", /must not hold "\.\."/],
    ["/srv/a/shop.git", "/srv/a/../../etc", /must not hold "\.\."/],
    [HTTPS, "lib.git", /must be an https/],
    [HTTPS, "", /must not be empty/],
  ];
  for (const [parent, written, fault] of refused) {
    it(`refuses ${JSON.stringify(written)} of ${parent}`, () => {
      expect(resolved(parent, written)).to.match(
        typeof fault === "string" ? new RegExp(`^${fault}$`) : fault,
      );
    });
  }

  it("leads a relative URL to no other host, whatever it is", () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "a",
      "",
      "evil.example",
      "@",
      ":",
      "b:c",
      "//",
      "x@evil.example:y",
    );
    const relative = fc
      .tuple(fc.constantFrom("./", "../"), fc.array(part))
      .map(([start, parts]) => start + parts.join("/"));
    const parents = fc.constantFrom(
      HTTPS,
      "ssh://git@git.example.com/a/b",
      "git@git.example.com:a/b",
      "git.example.com:/a",
      "https://git.example.com/a",
    );
    fc.assert(
      fc.property(parents, relative, (parent, written) => {
        const found = submoduleRepo(parent, written);
        if ("repo" in found)
          expect([found.repo.host, found.repo.scheme]).to.deep.equal([
            "git.example.com",
            parent.startsWith("https") ? "https" : "ssh",
          ]);
      }),
    );
  });
});

describe("shownUrl()", () => {
  it("shows no password, no line break, and not without end", () => {
    expect(shownUrl("https://me:secret@host/x")).to.equal('"https://***@host/x"');
    expect(shownUrl("me:secret@host:x")).to.equal('"***@host:x"');
    expect(shownUrl("a\nb")).to.equal('"a\\nb"');
    expect(shownUrl("x".repeat(1000))).to.have.length(205);
  });
});
