/**
 * OpenSSH's signatures of files (PROTOCOL.sshsig), as `git commit -S` makes them with `gpg.format=ssh`, verified with nothing
 * but node:crypto. Whether the key is an allowed one is another question (`lib/allowed-signers.ts`).
 */
import { createHash, verify, constants } from "node:crypto";
import { parsePublicKey, type SshPublicKey } from "../lib/ssh-public-key.ts";
import { createSshReader, decodeBase64, SshFault, sshString } from "../lib/ssh-wire.ts";

export interface SshSignature {
  readonly key: SshPublicKey;
  /** What it was made for, so that a signature of one thing is none of another: Git's is `git`. */
  readonly namespace: string;
  readonly hash: string;
  /** The inner signature, as SSH encodes it. */
  readonly signature: Buffer;
}

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const MAGIC = Buffer.from("SSHSIG");
const VERSION = 1;
const HASHES: readonly string[] = ["sha256", "sha512"];
/** One of RSA with 16384 bits takes 6 KiB. */
const MAX_ARMOR = 16 * 1024;

/** Reads an armored signature with nothing before or after it but line ends. Throws SshFault. */
export function parseSshSignature(armored: string): SshSignature {
  if (armored.length > MAX_ARMOR) throw new SshFault("the signature is too long");
  const lines = armored.trimEnd().split(/\r?\n/);
  if (lines[0] !== BEGIN || lines.at(-1) !== END) throw new SshFault("the signature is incomplete");
  const reader = createSshReader(decodeBase64(lines.slice(1, -1).join(""), "the signature"), "the signature");
  if (!reader.bytes(MAGIC.length).equals(MAGIC)) throw new SshFault("it is no signature of OpenSSH");
  if (reader.uint32() !== VERSION) throw new SshFault("the signature is of an unknown version");
  const key = parsePublicKey(reader.string());
  const namespace = reader.text();
  if (reader.string().length > 0) throw new SshFault("the signature holds something that is not known");
  const hash = reader.text();
  if (!HASHES.includes(hash)) throw new SshFault(`the hash ${JSON.stringify(hash)} is not supported`);
  const signature = reader.string();
  reader.end();
  return { key, namespace, hash, signature };
}

/** Whether the key made this signature of the bytes. Throws SshFault for a signature that must not be believed. */
export function isSignatureOf({ key, namespace, hash, signature }: SshSignature, bytes: Buffer): boolean {
  const digest = createHash(hash).update(bytes).digest();
  const signed = Buffer.concat([MAGIC, ...[namespace, "", hash, digest].map(sshString)]);
  return verifyInner(key, signature, signed);
}

function verifyInner({ type, key, application }: SshPublicKey, signature: Buffer, signed: Buffer): boolean {
  const reader = createSshReader(signature, "the signature");
  const algorithm = reader.text();
  const expected = type === "ssh-rsa" ? ["rsa-sha2-256", "rsa-sha2-512"] : [type];
  if (algorithm === "ssh-rsa") throw new SshFault("the signature relies on SHA-1, which is too weak");
  if (!expected.includes(algorithm)) {
    throw new SshFault(`the signature's algorithm ${JSON.stringify(algorithm)} does not fit its key`);
  }
  const value = reader.string();
  if (application === undefined) {
    reader.end();
    return verifyValue({ algorithm, key }, value, signed);
  }
  // Made without a touch counts as well, if the key allows it: such a key is at least as safe as one in a file.
  const state = reader.bytes(5);
  reader.end();
  const attested = Buffer.concat([sha256(application), state, sha256(signed)]);
  return verifyValue({ algorithm, key }, value, attested);
}

function verifyValue(
  { algorithm, key }: Pick<SshPublicKey, "key"> & { readonly algorithm: string },
  value: Buffer,
  signed: Buffer,
): boolean {
  switch (algorithm) {
    case "rsa-sha2-256":
    case "rsa-sha2-512": {
      const hash = algorithm === "rsa-sha2-256" ? "sha256" : "sha512";
      const sizeBytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
      if (value.length > sizeBytes) return false;
      // OpenSSH leaves leading zeros out.
      const padded = Buffer.concat([Buffer.alloc(sizeBytes - value.length), value]);
      return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, padded);
    }
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
      return verify(null, signed, key, value);
    default:
      return verifyEcdsa(algorithm, key, value, signed);
  }
}

const ECDSA: Readonly<Record<string, { readonly hash: string; readonly sizeBytes: number }>> = {
  "ecdsa-sha2-nistp256": { hash: "sha256", sizeBytes: 32 },
  "ecdsa-sha2-nistp384": { hash: "sha384", sizeBytes: 48 },
  "ecdsa-sha2-nistp521": { hash: "sha512", sizeBytes: 66 },
  "sk-ecdsa-sha2-nistp256@openssh.com": { hash: "sha256", sizeBytes: 32 },
};

function verifyEcdsa(algorithm: string, key: SshPublicKey["key"], value: Buffer, signed: Buffer): boolean {
  const { hash, sizeBytes } = ECDSA[algorithm] ?? {};
  if (hash === undefined || sizeBytes === undefined) return false;
  const reader = createSshReader(value, "the signature");
  const numbers = [reader.mpint(), reader.mpint()];
  reader.end();
  if (numbers.some(({ length }) => length > sizeBytes)) return false;
  const padded = numbers.map((number) => Buffer.concat([Buffer.alloc(sizeBytes - number.length), number]));
  return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.concat(padded));
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
