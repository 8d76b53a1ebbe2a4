import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { gitCredentialOf } from "../../../controller/secret/git-credential.ts";
import { openedOf } from "../../support/secrets.ts";

const PASSPHRASE = "correct horse";

describe("gitCredentialOf()", () => {
  it("reads an opened Secret once, and another one anew", () => {
    const opened = openedOf({ type: "conops.dev/bearer-token", stringData: { token: "one" } });
    const other = openedOf({ type: "conops.dev/bearer-token", stringData: { token: "two" } });

    expect(gitCredentialOf(opened)).to.equal(gitCredentialOf(opened));
    expect(gitCredentialOf(other)).to.deep.equal({ kind: "ok", value: { kind: "bearer", token: "two" } });
  });

  let folder: string;
  /** Makes a key as people do. */
  function makeKey(type: string, format: string, passphrase: string): string {
    const path = join(folder, `${type}-${format}-${passphrase === "" ? "open" : "locked"}`);
    if (existsSync(path)) return readFileSync(path, "utf8");
    const bits = type === "rsa" ? ["-b", "2048"] : [];
    execFileSync("ssh-keygen", [
      "-q",
      "-t",
      type,
      ...bits,
      "-m",
      format,
      "-N",
      passphrase,
      "-f",
      path,
      "-C",
      "x",
    ]);
    return readFileSync(path, "utf8");
  }
  function ssh(fields: Readonly<Record<string, string>>) {
    return gitCredentialOf(openedOf({ type: "kubernetes.io/ssh-auth", stringData: fields }));
  }
  function whyNot(fields: Readonly<Record<string, string>>): string {
    const read = ssh(fields);
    return read.kind === "fault" ? read.message : "it was taken";
  }

  before(() => (folder = mkdtempSync(join(tmpdir(), "conops-keys-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { type, format } of [
    { type: "ed25519", format: "RFC4716" },
    { type: "ecdsa", format: "RFC4716" },
    { type: "ecdsa", format: "PEM" },
    { type: "ecdsa", format: "PKCS8" },
    { type: "rsa", format: "RFC4716" },
    { type: "rsa", format: "PEM" },
    { type: "rsa", format: "PKCS8" },
  ]) {
    describe(`of a key of ${type} in ${format === "RFC4716" ? "OpenSSH's format" : format}`, () => {
      it("takes it as it is", () => {
        const key = makeKey(type, format, "");

        expect(ssh({ "ssh-privatekey": key })).to.deep.equal({
          kind: "ok",
          value: { kind: "ssh", privateKey: key },
        });
      });

      it("takes it with its passphrase, and says when that is missing", () => {
        const key = makeKey(type, format, PASSPHRASE);

        expect(
          ssh({ "ssh-privatekey": key, passphrase: `${PASSPHRASE}\n`, known_hosts: "h ssh-ed25519 AAAA\n" }),
        ).to.deep.equal({
          kind: "ok",
          value: { kind: "ssh", privateKey: key, passphrase: PASSPHRASE, knownHosts: "h ssh-ed25519 AAAA\n" },
        });
        expect(whyNot({ "ssh-privatekey": key })).to.contain(
          'is locked by a passphrase, which belongs in the field "passphrase"',
        );
      });

      if (format !== "RFC4716") {
        it("says when the passphrase is wrong", () => {
          const key = makeKey(type, format, PASSPHRASE);

          expect(whyNot({ "ssh-privatekey": key, passphrase: "wrong horse" })).to.contain(
            'the field "passphrase" is wrong',
          );
        });
      }

      it("says when it was cut off", () => {
        const lines = makeKey(type, format, "").split("\n");
        const cut = [...lines.slice(0, 2), ...lines.slice(-2)].join("\n");

        expect(whyNot({ "ssh-privatekey": cut })).to.contain("was cut off or changed");
        expect(whyNot({ "ssh-privatekey": lines.slice(0, 3).join("\n") })).to.contain(
          "was cut off or changed",
        );
      });
    });
  }

  it("mends what editors do to the lines of a key", () => {
    const key = makeKey("ed25519", "RFC4716", "");

    expect(ssh({ "ssh-privatekey": `\n  ${key.trim().replaceAll("\n", "\r\n  ")}` })).to.deep.equal({
      kind: "ok",
      value: { kind: "ssh", privateKey: key },
    });
  });

  for (const { name, text, expected } of [
    {
      name: "a public key",
      text: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAhunter2 me@here",
      expected: "is a public key, and the private one is meant",
    },
    {
      name: "a public key in PEM",
      text: "-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----",
      expected: "is a public key",
    },
    {
      name: "PuTTY's format",
      text: "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: hunter2",
      expected: "is in PuTTY's format",
    },
    {
      name: "a certificate",
      text: "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----",
      expected: "is a certificate",
    },
    {
      name: "base64 of a key",
      text: Buffer.from("-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2").toString("base64"),
      expected: "is in base64 once more",
    },
    { name: "a path", text: "/home/hunter2/.ssh/id_ed25519", expected: "is the path of a file" },
    {
      name: "lines that were escaped",
      text: String.raw`-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n`,
      expected: "has \\n where lines must end",
    },
    { name: "anything else", text: "hunter2", expected: "is no private key" },
    { name: "nothing", text: "", expected: "is no private key" },
  ]) {
    it(`says what is wrong with ${name}, and shows nothing of it`, () => {
      const message = whyNot({ "ssh-privatekey": text });

      expect(message).to.contain(`the field "ssh-privatekey" of Secret "shop" ${expected}`);
      expect(message).to.not.match(/\n|hunter2/);
    });
  }

  it("names the field that a Secret of its type lacks", () => {
    expect(whyNot({ key: "x" })).to.equal('Secret "shop" has no field "ssh-privatekey": it has "key"');
  });

  for (const { name, type, fields, expected } of [
    {
      name: "user name and password",
      type: "kubernetes.io/basic-auth",
      fields: { username: "ada", password: "p:w\n" },
      expected: { kind: "basic", username: "ada", password: "p:w" },
    },
    {
      name: "a token as a password alone",
      type: "kubernetes.io/basic-auth",
      fields: { password: "ghp_x" },
      expected: { kind: "basic", username: "git", password: "ghp_x" },
    },
    {
      name: "a bearer token",
      type: "conops.dev/bearer-token",
      fields: { token: "t" },
      expected: { kind: "bearer", token: "t" },
    },
  ]) {
    it(`reads ${name}`, () => {
      expect(gitCredentialOf(openedOf({ type, stringData: fields }))).to.deep.equal({
        kind: "ok",
        value: expected,
      });
    });
  }

  for (const { name, type, fields, expected } of [
    {
      name: "a missing password",
      type: "kubernetes.io/basic-auth",
      fields: { username: "ada" },
      expected: 'has no field "password"',
    },
    {
      name: "a user name with a colon",
      type: "kubernetes.io/basic-auth",
      fields: { username: "a:hunter2", password: "x" },
      expected: 'holds a ":"',
    },
    {
      name: "a password of two lines",
      type: "kubernetes.io/basic-auth",
      fields: { password: "hunter2\nx" },
      expected: "holds a line break",
    },
    {
      name: "a missing token",
      type: "conops.dev/bearer-token",
      fields: {},
      expected: 'has no field "token"',
    },
    {
      name: "another type",
      type: "Opaque",
      fields: { password: "hunter2" },
      expected: "is of type Opaque, and a credential for Git is of type",
    },
  ]) {
    it(`refuses ${name}`, () => {
      const read = gitCredentialOf(openedOf({ type, stringData: fields }));

      expect(read.kind === "fault" && read.message).to.contain(expected);
      expect(JSON.stringify(read)).to.not.contain("hunter2");
    });
  }
});
