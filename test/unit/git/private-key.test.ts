import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { faultOfPrivateKey, normalPrivateKey } from "../../../controller/git/private-key.ts";

/** An OpenSSH key as far as it is looked at: its cipher. */
function openssh(cipher: string): string {
  const name = Buffer.from(cipher);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), length, name, Buffer.alloc(80)]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function pem(type: "pkcs1" | "pkcs8", encrypted: boolean): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const cipher = encrypted ? { cipher: "aes-128-cbc", passphrase: "secret" } : {};
  return privateKey.export({ type, format: "pem", ...cipher }).toString();
}

describe("faultOfPrivateKey()", () => {
  for (const [name, key, passphrase] of [
    ["OpenSSH's format", openssh("none")],
    ["OpenSSH's format with a passphrase", openssh("aes256-ctr"), "secret"],
    ["PEM", pem("pkcs1", false)],
    ["PEM with a passphrase", pem("pkcs1", true), "secret"],
    ["PKCS8", pem("pkcs8", false)],
    ["PKCS8 with a passphrase", pem("pkcs8", true), "secret"],
    ["a key with the line ends of Windows", pem("pkcs1", false).replaceAll("\n", "\r\n")],
    ["a key without a last line end", openssh("none").trim()],
    ["a key with a passphrase that it does not need", openssh("none"), "secret"],
  ] as const) {
    it(`sees nothing wrong with ${name}`, () => {
      expect(faultOfPrivateKey(key, passphrase)).to.equal(undefined);
    });
  }

  for (const [name, key, fault] of [
    ["nothing", " \n", /^is empty$/],
    ["a key of PuTTY's", "PuTTY-User-Key-File-3: ssh-ed25519\n", /PuTTY/],
    ["a public key", "ssh-ed25519 AAAA me@here\n", /^is a public key/],
    [
      "a certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /^is not in the format/,
    ],
    ["half a key", openssh("none").slice(0, 80), /^is not in the format/],
    ["a password", "hunter2", /^is not in the format/],
    ["a DSA key", "-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n", /type DSA/],
    ["an encrypted key of OpenSSH's", openssh("aes256-ctr"), /^is encrypted: put its passphrase/],
    ["an encrypted PEM key", pem("pkcs1", true), /^is encrypted: put its passphrase/],
    ["an encrypted PKCS8 key", pem("pkcs8", true), /^is encrypted: put its passphrase/],
  ] as const) {
    it(`tells what is wrong with ${name}`, () => {
      expect(faultOfPrivateKey(key, undefined)).to.match(fault);
      expect(faultOfPrivateKey(key, "")).to.match(fault);
    });
  }
});

describe("normalPrivateKey()", () => {
  it("ends every line with a line feed", () => {
    expect(normalPrivateKey("\r\na\r\nb")).to.equal("a\nb\n");
  });
});
