import { expect } from "chai";
import fc from "fast-check";
import { isSignatureOf, parseSshSignature } from "../../../controller/git/ssh-signature.ts";
import { SshFault, sshString } from "../../../controller/lib/ssh-wire.ts";
import { armor, armorSshSignature, createSecurityKey } from "../../support/signing.ts";

const BYTES = Buffer.from("words\n");
const KEY = createSecurityKey("ed25519");
const GOOD = KEY.sign(BYTES);
const BLOB = Buffer.from(KEY.line.split(" ")[1] ?? "", "base64");

function inner(type: string, ...rest: readonly Uint8Array[]): Buffer {
  return Buffer.concat([sshString(type), ...rest]);
}

describe("parseSshSignature()", () => {
  const faults: readonly (readonly [name: string, armored: string, message: string])[] = [
    ["something before it", `x\n${GOOD}`, "the signature is incomplete"],
    ["something behind it", `${GOOD}x\n`, "the signature is incomplete"],
    ["two of them", GOOD + GOOD, "the signature is not base64"],
    ["an end that is missing", GOOD.replace(/-----END.*/, ""), "the signature is incomplete"],
    ["base64 with spaces", GOOD.replace("\nA", "\n A").replace("\nU", "\n U"), "the signature is not base64"],
    ["nothing in it", armor(new Uint8Array()), "the signature is not base64"],
    ["another kind of it", armor(Buffer.from("SSHKEY")), "it is no signature of OpenSSH"],
    [
      "another version",
      armorSshSignature({ blob: BLOB, signature: Buffer.alloc(0), version: 2 }),
      "the signature is of an unknown version",
    ],
    [
      "reserved words",
      armorSshSignature({ blob: BLOB, signature: Buffer.alloc(0), reserved: "x" }),
      "the signature holds something that is not known",
    ],
    [
      "a hash that is too weak",
      armorSshSignature({ blob: BLOB, signature: Buffer.alloc(0), hash: "sha1" }),
      'the hash "sha1" is not supported',
    ],
    [
      "a key that is none",
      armorSshSignature({ blob: Buffer.from("x"), signature: Buffer.alloc(0) }),
      "the key ends too early",
    ],
    [
      "more than 16 KiB",
      armorSshSignature({ blob: BLOB, signature: Buffer.alloc(20_000) }),
      "the signature is too long",
    ],
  ];
  for (const [name, armored, message] of faults) {
    it(`refuses ${name}`, () => {
      expect(() => parseSshSignature(armored)).to.throw(SshFault, message);
    });
  }

  it("reads line ends of Windows", () => {
    expect(parseSshSignature(GOOD.replaceAll("\n", "\r\n")).namespace).to.equal("git");
  });
});

describe("isSignatureOf()", () => {
  const faults: readonly (readonly [name: string, signature: Uint8Array, message: string])[] = [
    [
      "an algorithm of another key",
      inner("ssh-ed25519", sshString(Buffer.alloc(64))),
      'the signature\'s algorithm "ssh-ed25519" does not fit its key',
    ],
    [
      "SHA-1",
      inner("ssh-rsa", sshString(Buffer.alloc(256))),
      "the signature relies on SHA-1, which is too weak",
    ],
    [
      "flags that are missing",
      inner("sk-ssh-ed25519@openssh.com", sshString(Buffer.alloc(64))),
      "the signature ends too early",
    ],
    [
      "more behind it",
      inner("sk-ssh-ed25519@openssh.com", sshString(Buffer.alloc(64)), Buffer.alloc(6)),
      "the signature is followed by something else",
    ],
  ];
  for (const [name, signature, message] of faults) {
    it(`refuses ${name}`, () => {
      const parsed = parseSshSignature(armorSshSignature({ blob: BLOB, signature }));

      expect(() => isSignatureOf(parsed, BYTES)).to.throw(SshFault, message);
    });
  }

  it("believes no signature in which a single bit is another", () => {
    const whole = Buffer.from(GOOD.replaceAll(/-----.*-----/g, "").replaceAll("\n", ""), "base64");
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        const changed = Buffer.from(whole);
        const at = bit >> 3;
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        expect(believes(armor(changed), BYTES)).to.equal(false);
      }),
      { numRuns: 400 },
    );
  });

  it("believes no bytes but those that were signed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (signed, shown) => {
        fc.pre(!Buffer.from(signed).equals(Buffer.from(shown)));
        const signature = KEY.sign(signed);
        expect(believes(signature, Buffer.from(signed))).to.equal(true);
        expect(believes(signature, Buffer.from(shown))).to.equal(false);
      }),
      { numRuns: 50 },
    );
  });

  it("never ends in anything but an answer or a fault", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        believes(armor(Buffer.concat([Buffer.from("SSHSIG"), Buffer.from([0, 0, 0, 1]), bytes])), BYTES);
      }),
    );
  });
});

/** With the key, the namespace and all that the signature itself says. */
function believes(armored: string, bytes: Buffer): boolean {
  try {
    const parsed = parseSshSignature(armored);
    const isTheirs = parsed.key.blob.equals(BLOB) && parsed.namespace === "git";
    return isTheirs && isSignatureOf(parsed, bytes);
  } catch (error) {
    if (error instanceof SshFault) return false;
    throw error;
  }
}
