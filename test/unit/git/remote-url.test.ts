import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { hostOf, remoteOf, requireReadable } from "../../../controller/git/remote-url.ts";

describe("hostOf()", () => {
  for (const [url, host] of [
    ["https://example.com/a.git", "example.com:443"],
    ["http://example.com/a.git", "example.com:80"],
    ["http://example.com:8080/a.git", "example.com:8080"],
    ["git://example.com/a.git", "example.com:9418"],
    ["ssh://git@example.com/a.git", "example.com:22"],
    ["ssh://git@example.com:2222/a.git", "example.com:2222"],
    ["git@example.com:a.git", "example.com:22"],
    ["https://[::1]:8443/a.git", "[::1]:8443"],
    ["file:///srv/a.git", "local"],
    ["/srv/a.git", "local"],
  ] as const) {
    it(`is ${host} for ${url}`, () => {
      expect(hostOf(url)).to.equal(host);
    });
  }
});

describe("requireReadable()", () => {
  it("makes a file URL of a path, whatever its characters", () => {
    expect(requireReadable("/srv/100% git").url).to.equal("file:///srv/100%25 git");
  });

  it("takes an SSH URL apart, in both of its forms", () => {
    expect(requireReadable("ssh://git@Example.com:2222/a.git")).to.deep.equal({
      url: "ssh://git@example.com:2222/a.git",
      scheme: "ssh",
      host: "example.com",
      port: 2222,
    });
    expect(requireReadable("git@example.com:a.git")).to.deep.equal({
      url: "git@example.com:a.git",
      scheme: "ssh",
      host: "example.com",
      port: 22,
    });
  });

  for (const url of [
    "ftp://user:secret@example.com/a",
    "https://user:secret@example.com/a",
    "https://secret@example.com/a",
    "ssh://git:secret@example.com/a",
    "git:secret@example.com:a",
    "-oProxyCommand=secret",
    "ssh://-oProxyCommand=x/a",
    "ssh://git@-oProxyCommand=x/a",
    "git@example.com:-a",
    "https://example.com/a\nb",
    "https://example.com/%0aa",
    "ext::sh -c true",
    "example.com/a.git",
    "",
  ]) {
    it(`refuses ${JSON.stringify(url)}`, () => {
      try {
        requireReadable(url);
        expect.fail("it was not refused");
      } catch (error) {
        if (!(error instanceof ReconcileError)) throw error;
        expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
          reason: "InvalidURL",
          terminal: true,
        });
        expect(error.message).to.not.contain("secret@");
      }
    });
  }
});

describe("remoteOf()", () => {
  it("gives equal URLs one id, which can be a folder's name", () => {
    const { id } = remoteOf("https://example.com/a.git");

    expect(id).to.match(/^[0-9a-f]{32}$/);
    expect(remoteOf("https://example.com/a.git").id).to.equal(id);
    expect(remoteOf("https://example.com/b.git").id === id).to.equal(false);
  });

  it("tells Secrets apart by their names, and not by what they hold", () => {
    const url = "https://example.com/a.git";
    const one = remoteOf(url, "one", { kind: "bearer", token: "t1" });

    expect(one).to.deep.include({ url, credential: { kind: "bearer", token: "t1" } });
    expect(remoteOf(url, "one", { kind: "bearer", token: "t2" }).id).to.equal(one.id);
    expect(new Set([one.id, remoteOf(url).id, remoteOf(url, "two").id]).size).to.equal(3);
  });
});
