import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { hostOf, remoteOf, requireReadable } from "../../../controller/git/remote-url.ts";

describe("hostOf()", () => {
  for (const [url, host] of [
    ["https://example.com/a.git", "example.com:443"],
    ["http://example.com/a.git", "example.com:80"],
    ["http://example.com:8080/a.git", "example.com:8080"],
    ["git://example.com/a.git", "example.com:9418"],
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
    expect(requireReadable("/srv/100% git")).to.equal("file:///srv/100%25 git");
  });

  for (const { url, reason } of [
    { url: "ssh://git@example.com/a.git", reason: "AuthenticationFailed" },
    { url: "git@example.com:a.git", reason: "AuthenticationFailed" },
    { url: "ftp://user:secret@example.com/a", reason: "InvalidURL" },
    { url: "ext::sh -c true", reason: "InvalidURL" },
    { url: "", reason: "InvalidURL" },
  ]) {
    it(`refuses ${JSON.stringify(url)} with ${reason}`, () => {
      try {
        requireReadable(url);
        expect.fail("it was not refused");
      } catch (error) {
        if (!(error instanceof ReconcileError)) throw error;
        expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({ reason, terminal: true });
        expect(error.message).to.not.contain("secret");
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
});
