import { expect } from "chai";
import { isSignatureOf, parseSshSignature } from "../../../controller/git/ssh-signature.ts";
import { judgeSigner, parseAllowedSigners } from "../../../controller/lib/allowed-signers.ts";
import { SshFault } from "../../../controller/lib/ssh-wire.ts";
import { createSecurityKey, createSigningBench, type SigningBench } from "../../support/signing.ts";

const BYTES = Buffer.from("tree 0123\n\nWords, and bytes that are no text: \xff\x00\n", "latin1");
const ADA = "ada@example.com";

/** Ours, of the same question that ssh-keygen is asked. */
function verifies(allowedSigners: string, signature: string, bytes: Buffer, signedAt = 0): boolean {
  try {
    const parsed = parseSshSignature(signature);
    if (parsed.namespace !== "git" || !isSignatureOf(parsed, bytes)) return false;
    const signed = { blob: parsed.key.blob, namespace: "git", signedAt };
    return judgeSigner(parseAllowedSigners(allowedSigners), signed).kind === "allowed";
  } catch (error) {
    if (error instanceof SshFault) return false;
    throw error;
  }
}

describe("a signature of OpenSSH", function () {
  this.timeout(60_000);
  let bench: SigningBench;

  before(async () => {
    bench = await createSigningBench();
  });
  after(() => bench.remove());

  const kinds: readonly [type: "ed25519" | "ecdsa" | "rsa", bits: number | undefined, kind: string][] = [
    ["ed25519", undefined, "ED25519"],
    ["ecdsa", 256, "ECDSA 256"],
    ["ecdsa", 384, "ECDSA 384"],
    ["ecdsa", 521, "ECDSA 521"],
    ["rsa", 2048, "RSA 2048"],
    ["rsa", 3072, "RSA 3072"],
    ["rsa", 4096, "RSA 4096"],
  ];
  for (const [type, bits, kind] of kinds) {
    for (const hash of ["sha256", "sha512"]) {
      it(`by ${kind} over ${hash} is believed of its bytes, and of no others`, async () => {
        const key = await bench.sshKey(type, bits);
        const signature = await bench.sshSign(key, BYTES, "git", hash);
        const signers = `${ADA} ${key.line}`;
        const others = Buffer.concat([BYTES, Buffer.from("x")]);

        expect(parseSshSignature(signature).key).to.include({ kind, fingerprint: key.fingerprint });
        expect(verifies(signers, signature, BYTES)).to.equal(true);
        expect(verifies(signers, signature, others)).to.equal(false);
      });
    }
  }

  for (const kind of ["ed25519", "ecdsa"] as const) {
    it(`by a security key (${kind}) is believed with its flags and its counter, as ssh-keygen does`, async () => {
      const key = createSecurityKey(kind);
      const signers = `${ADA} ${key.line}`;
      for (const flags of [0, 1, 5]) {
        const signature = key.sign(BYTES, { flags });
        const question = { allowedSigners: signers, signature, bytes: BYTES, principal: ADA };

        expect(await bench.sshVerify(question)).to.equal(true);
        expect(verifies(signers, signature, BYTES)).to.equal(true);
        expect(verifies(signers, signature, Buffer.from("others"))).to.equal(false);
      }
    });
  }
});
