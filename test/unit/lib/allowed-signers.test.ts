import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { judgeSigner, parseAllowedSigners } from "../../../controller/lib/allowed-signers.ts";
import { SshFault, sshString } from "../../../controller/lib/ssh-wire.ts";

function newKey(): { readonly line: string; readonly blob: Buffer } {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const blob = Buffer.concat([sshString("ssh-ed25519"), sshString(Buffer.from(x, "base64url"))]);
  return { line: `ssh-ed25519 ${blob.toString("base64")}`, blob };
}

const ADA = newKey();
const GRACE = newKey();

/** A key as a line, out of its parts, however wrong. */
function keyLine(type: string, ...parts: readonly (string | Uint8Array)[]): string {
  return `${type} ${Buffer.concat([type, ...parts].map(sshString)).toString("base64")}`;
}

describe("parseAllowedSigners()", () => {
  it("reads principals, options, keys and comments", () => {
    const text = [
      "# who may sign",
      "",
      `ada@example.com ${ADA.line} ada's laptop, of 2026`,
      `  "grace@example.com,*@navy.mil"\tnamespaces="git",valid-after="20260101Z",VALID-BEFORE="202701011230Z"  ${GRACE.line}`,
      "   # the end",
    ].join("\n");
    const signers = parseAllowedSigners(text).map(({ key, ...signer }) => ({ ...signer, type: key.type }));

    expect(signers).to.deep.equal([
      { line: 3, principals: "ada@example.com", type: "ssh-ed25519" },
      {
        line: 4,
        principals: "grace@example.com,*@navy.mil",
        type: "ssh-ed25519",
        namespaces: "git",
        validAfter: Date.parse("2026-01-01T00:00:00Z") / 1000,
        validBefore: Date.parse("2027-01-01T12:30:00Z") / 1000,
      },
    ]);
  });

  it("takes a time without Z for one of this machine's zone", () => {
    const [signer] = parseAllowedSigners(`ada valid-after="20260701123456" ${ADA.line}`);

    expect(signer?.validAfter).to.equal(new Date(2026, 6, 1, 12, 34, 56).getTime() / 1000);
  });

  const faults: readonly (readonly [name: string, line: string, message: string])[] = [
    ["a line without a key", "ada", "the key is missing"],
    ["options without a key", 'ada namespaces="git"', "the key is missing"],
    ["a type without a key", "ada ssh-ed25519", 'the key after "ssh-ed25519" is missing'],
    ["a key that was cut", `ada ${ADA.line.slice(0, -4)}`, "the key ends too early"],
    ["a key that is no base64", "ada ssh-ed25519 AA-A", "the key is not base64"],
    ["a key with more behind it", `ada ${ADA.line}AAAA`, "the key is followed by something else"],
    [
      "a key of another type",
      `ada ssh-rsa ${ADA.line.split(" ")[1]}`,
      'the key is of the type "ssh-ed25519", not "ssh-rsa"',
    ],
    ["a key of DSA", `ada ${keyLine("ssh-dss", "x")}`, "DSA keys (ssh-dss) are too weak to be accepted"],
    ["a type that nobody knows", `ada ${keyLine("ssh-new", "x")}`, 'the key type "ssh-new" is not supported'],
    [
      "a certificate",
      `ada ${keyLine("ssh-ed25519-cert-v01@openssh.com", "x")}`,
      "keys with certificates (ssh-ed25519-cert-v01@openssh.com) are not supported",
    ],
    [
      "RSA that is too short",
      `ada ${keyLine("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(128, 0x7f))}`,
      "RSA keys of less than 2048 bits are not accepted",
    ],
    [
      "RSA with the exponent 1",
      `ada ${keyLine("ssh-rsa", Buffer.from([1]), Buffer.alloc(257, 0x7f))}`,
      "the RSA key has an unsound exponent",
    ],
    [
      "RSA with an exponent that is even",
      `ada ${keyLine("ssh-rsa", Buffer.from([2]), Buffer.alloc(257, 0x7f))}`,
      "the RSA key has an unsound exponent",
    ],
    [
      "a point that is on no curve",
      `ada ${keyLine("ecdsa-sha2-nistp256", "nistp256", Buffer.from([4, ...Buffer.alloc(64, 1)]))}`,
      "the key is not valid",
    ],
    [
      "a curve of another type",
      `ada ${keyLine("ecdsa-sha2-nistp256", "nistp384", Buffer.from([4, ...Buffer.alloc(96, 1)]))}`,
      "the key is of another curve than it says",
    ],
    [
      "a certificate authority",
      `ada cert-authority ${ADA.line}`,
      "cert-authority is not supported: list the keys themselves",
    ],
    [
      "an authority behind another option",
      `ada namespaces="git",cert-authority ${ADA.line}`,
      "cert-authority is not supported: list the keys themselves",
    ],
    [
      "an option that nobody knows",
      `ada no-touch ${ADA.line}`,
      'the option "no-touch" is not known; there are namespaces, valid-after, valid-before',
    ],
    [
      "an option without quotes",
      `ada namespaces=git ${ADA.line}`,
      "the option namespaces needs a value in double quotes",
    ],
    [
      "an option without a value",
      `ada namespaces ${ADA.line}`,
      "the option namespaces needs a value in double quotes",
    ],
    [
      "an option that is there twice",
      `ada namespaces="git",namespaces="*" ${ADA.line}`,
      "the option namespaces is there twice",
    ],
    [
      "a comma too many",
      `ada namespaces="git", ${ADA.line}`,
      "the option namespaces is followed by something else",
    ],
    ["a quote that is not closed", `ada namespaces="git ${ADA.line}`, "its options are not well quoted"],
    ["principals that are not closed", `"ada ${ADA.line}`, "the principals are not well quoted"],
    ["no principals", `"" ${ADA.line}`, "the principals are empty"],
    [
      "a day that does not exist",
      `ada valid-before="20260230" ${ADA.line}`,
      'valid-before must be a time such as "20260131", or "202601311200Z", not "20260230"',
    ],
    [
      "a time in another form",
      `ada valid-after="2026-01-01" ${ADA.line}`,
      'valid-after must be a time such as "20260131", or "202601311200Z", not "2026-01-01"',
    ],
    [
      "an end before the beginning",
      `ada valid-after="20270101Z",valid-before="20260101Z" ${ADA.line}`,
      "valid-before is not later than valid-after",
    ],
  ];
  for (const [name, line, message] of faults) {
    it(`refuses the whole file for ${name}, and tells the line`, () => {
      const text = `grace ${GRACE.line}\n# words\n${line}\n`;

      expect(() => parseAllowedSigners(text)).to.throw(SshFault, `line 3: ${message}`);
    });
  }

  it("refuses a file that names nobody", () => {
    expect(() => parseAllowedSigners("# nobody yet\n")).to.throw(SshFault, "it names no signer");
  });
});

describe("judgeSigner()", () => {
  const signers = parseAllowedSigners(
    [
      `old valid-before="20250101Z" ${ADA.line}`,
      `files namespaces="file" ${ADA.line}`,
      `new valid-after="20260101Z" ${ADA.line}`,
    ].join("\n"),
  );
  const at = (time: string): number => Date.parse(time) / 1000;

  it("takes the line that allows the key, whatever stands before it", () => {
    const verdict = judgeSigner(signers, {
      blob: ADA.blob,
      namespace: "git",
      signedAt: at("2026-05-01T00:00:00Z"),
    });

    expect(verdict).to.deep.include({ kind: "allowed", signer: signers[2] });
  });

  it("says why the last line of the key does not", () => {
    const verdict = judgeSigner(signers, {
      blob: ADA.blob,
      namespace: "git",
      signedAt: at("2025-05-01T00:00:00Z"),
    });

    expect(verdict).to.deep.equal({
      kind: "refused",
      why: "was not valid yet when it signed (line 3)",
      signer: signers[2],
    });
  });

  it("knows no key that is not listed", () => {
    expect(judgeSigner(signers, { blob: GRACE.blob, namespace: "git", signedAt: 0 })).to.deep.equal({
      kind: "refused",
      why: "is not listed",
    });
  });
});
