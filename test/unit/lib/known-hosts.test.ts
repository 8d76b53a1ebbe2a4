import { expect } from "chai";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { fingerprintOf, keysOf, parseKnownHosts } from "../../../controller/lib/known-hosts.ts";

const ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf";
const ECDSA =
  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";

/** What `ssh-keygen -H` makes of a name. */
function hashed(name: string): string {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

function keys(text: string, host = "git.example.com", port = 22): readonly string[] {
  return keysOf(parseKnownHosts(text), host, port).map(({ key }) => key);
}

describe("parseKnownHosts() and keysOf()", () => {
  const named: readonly { readonly name: string; readonly line: string; readonly port?: number }[] = [
    { name: "a host", line: `git.example.com ssh-ed25519 ${ED25519}` },
    { name: "a host in other letters", line: `GIT.example.COM ssh-ed25519 ${ED25519}` },
    { name: "a host with its port", line: `[git.example.com]:22 ssh-ed25519 ${ED25519}` },
    { name: "another port", line: `[git.example.com]:2222 ssh-ed25519 ${ED25519}`, port: 2222 },
    { name: "one of several names", line: `a,git.example.com,10.0.0.1 ssh-ed25519 ${ED25519}` },
    { name: "a hashed name", line: `${hashed("git.example.com")} ssh-ed25519 ${ED25519}` },
    {
      name: "a hashed name with its port",
      line: `${hashed("[git.example.com]:2222")} ssh-ed25519 ${ED25519}`,
      port: 2222,
    },
    { name: "a line with a comment", line: `git.example.com ssh-ed25519 ${ED25519} ours since 2020` },
    { name: "a line with tabs and spaces", line: `  git.example.com\tssh-ed25519   ${ED25519}  ` },
    { name: "lines that end as on Windows", line: `# ours\r\ngit.example.com ssh-ed25519 ${ED25519}\r\n` },
    {
      name: "a file that begins with a byte order mark",
      line: `\uFEFFgit.example.com ssh-ed25519 ${ED25519}`,
    },
    {
      name: "a line among garbage",
      line: `\u0000\u0001\n|1|x\n===\ngit.example.com ssh-ed25519 ${ED25519}\nssh-rsa\n`,
    },
  ];
  for (const { name, line, port } of named) {
    it(`finds the key of ${name}`, () => {
      expect(keys(line, "git.example.com", port)).to.deep.equal([ED25519]);
    });
  }

  it("takes a bare name for port 22 alone, and a port for no other", () => {
    expect(keys(`git.example.com ssh-ed25519 ${ED25519}`, "git.example.com", 2222)).to.deep.equal([]);
    expect(keys(`[git.example.com]:2222 ssh-ed25519 ${ED25519}`)).to.deep.equal([]);
    expect(keys(`[git.example.com]:2222 ssh-ed25519 ${ED25519}`, "git.example.com", 222)).to.deep.equal([]);
  });

  it("takes an IPv6 address with brackets or without", () => {
    expect(keys(`::1 ssh-ed25519 ${ED25519}`, "[::1]")).to.deep.equal([ED25519]);
    expect(keys(`[::1]:2222 ssh-ed25519 ${ED25519}`, "[::1]", 2222)).to.deep.equal([ED25519]);
  });

  it("lists several keys of one host, each once", () => {
    const text = [`ssh-ed25519 ${ED25519}`, `ecdsa-sha2-nistp256 ${ECDSA}`, `ssh-ed25519 ${ED25519}`];

    expect(keys(text.map((key) => `git.example.com ${key}\n`).join(""))).to.deep.equal([ED25519, ECDSA]);
  });

  it("keeps revoked keys apart, whatever hosts they are revoked for", () => {
    const known = parseKnownHosts(
      `@revoked * ssh-ed25519 ${OTHER}\ngit.example.com ssh-ed25519 ${ED25519}\n`,
    );

    expect([...known.revoked]).to.deep.equal([OTHER]);
    expect(known.entries.map(({ key }) => key)).to.deep.equal([ED25519]);
    expect(known.problems).to.deep.equal([]);
  });

  const problems: readonly (readonly [line: string, message: string])[] = [
    [
      `@cert-authority *.example.com ssh-ed25519 ${ED25519}`,
      "certificate authorities (@cert-authority) are not supported",
    ],
    [`@unknown git.example.com ssh-ed25519 ${ED25519}`, "the marker is not known"],
    [`*.example.com ssh-ed25519 ${ED25519}`, "patterns (*, ?, !) are not supported: name each host"],
    [
      `git.example.com,!evil.example.com ssh-ed25519 ${ED25519}`,
      "patterns (*, ?, !) are not supported: name each host",
    ],
    [`git.example.com ssh-ed25519`, "it is not of the form: HOST TYPE KEY"],
    [`git.example.com ssh-dss ${ED25519}`, "keys of its type are not supported"],
    [`git.example.com constructor ${ED25519}`, "keys of its type are not supported"],
    [`git.example.com ssh-rsa ${ED25519}`, "its key is damaged, or of another type than it says"],
    [
      `git.example.com ssh-ed25519 ${ED25519.slice(0, -4)}`,
      "its key is damaged, or of another type than it says",
    ],
    [`git.example.com ssh-ed25519 ${ED25519.slice(0, -1)}!`, "its key is not base64"],
    [`git.example.com ssh-rsa ${"A".repeat(4000)}`, "its key is too long"],
    [`|1|abc|def ssh-ed25519 ${ED25519}`, "its hashed name is damaged"],
    [`git.example.com/x ssh-ed25519 ${ED25519}`, "its host name is not one"],
  ];
  for (const [line, message] of problems) {
    it(`does not use ${JSON.stringify(line.slice(0, 50))}, and says why`, () => {
      const known = parseKnownHosts(`# one\n${line}\ngit.example.com ssh-ed25519 ${OTHER}\n`);

      expect(known.problems).to.deep.equal([{ line: 2, message }]);
      expect(keysOf(known, "git.example.com", 22).map(({ key }) => key)).to.deep.equal([OTHER]);
    });
  }

  it("reads any text without failing, and never makes a line of two, or one with a space", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { entries } = parseKnownHosts(`${text}\ngit.example.com ssh-ed25519 ${ED25519}`);
        for (const { names, type, key } of entries) {
          for (const word of [...names, type, key]) expect(word).to.match(/^\S+$/);
        }
        expect(entries.at(-1)?.key).to.equal(ED25519);
      }),
    );
  });
});

describe("fingerprintOf()", () => {
  it("is what ssh-keygen shows", () => {
    expect(fingerprintOf({ type: "ssh-ed25519", key: ED25519 })).to.equal(
      "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    );
  });
});
