/** Public keys of OpenSSH, as they stand in its files and signatures. */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { createSshReader, SshFault, type SshReader } from "./ssh-wire.ts";

export interface SshPublicKey {
  /** As OpenSSH names it: `ssh-ed25519`. */
  readonly type: string;
  /** The whole key as its files hold it, decoded: two keys are the same if this is. */
  readonly blob: Buffer;
  /** `SHA256:...`, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
  /** The algorithm as `ssh-keygen -l` shows it, with the size where that varies: `ED25519`, `RSA 3072`. */
  readonly kind: string;
  readonly key: KeyObject;
  /** What a security key signs for; only its keys have one. */
  readonly application?: Buffer;
}

/** The types that `parsePublicKey` knows. */
export const SSH_KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
] as const;

const CURVES: Readonly<Record<string, { readonly crv: string; readonly sizeBytes: number }>> = {
  nistp256: { crv: "P-256", sizeBytes: 32 },
  nistp384: { crv: "P-384", sizeBytes: 48 },
  nistp521: { crv: "P-521", sizeBytes: 66 },
};
const UNCOMPRESSED = 4;
const ED25519_BYTES = 32;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16_384;
/** Twice as long as the longest key that is accepted. */
const MAX_BLOB_BYTES = 8192;

/** Throws SshFault for what is no key, for a type that is not known, and for RSA under 2048 bits. */
export function parsePublicKey(blob: Buffer): SshPublicKey {
  if (blob.length > MAX_BLOB_BYTES) throw new SshFault("the key is too long");
  const reader = createSshReader(blob, "the key");
  const type = reader.text();
  const read = READERS[type as (typeof SSH_KEY_TYPES)[number]];
  if (!Object.hasOwn(READERS, type)) throw new SshFault(whyUnknown(type));
  const { jwk, kind, application } = read(reader, type);
  reader.end();
  const fingerprint = `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
  const key = importKey(jwk);
  return { type, blob, fingerprint, kind, key, ...(application !== undefined && { application }) };
}

interface KeyParts {
  readonly jwk: JsonWebKey;
  readonly kind: string;
  readonly application?: Buffer;
}

const READERS: Readonly<
  Record<(typeof SSH_KEY_TYPES)[number], (reader: SshReader, type: string) => KeyParts>
> = {
  "ssh-ed25519": (reader) => ({ jwk: readEd25519(reader), kind: "ED25519" }),
  "ecdsa-sha2-nistp256": readEcdsa,
  "ecdsa-sha2-nistp384": readEcdsa,
  "ecdsa-sha2-nistp521": readEcdsa,
  "ssh-rsa": readRsa,
  "sk-ssh-ed25519@openssh.com": (reader) => ({
    jwk: readEd25519(reader),
    kind: "ED25519-SK",
    application: reader.string(),
  }),
  "sk-ecdsa-sha2-nistp256@openssh.com": (reader) => ({
    jwk: readPoint(reader, "nistp256"),
    kind: "ECDSA-SK",
    application: reader.string(),
  }),
};

function whyUnknown(type: string): string {
  if (type.includes("-cert-")) return `keys with certificates (${type}) are not supported`;
  if (type === "ssh-dss") return "DSA keys (ssh-dss) are too weak to be accepted";
  return `the key type ${JSON.stringify(type)} is not supported`;
}

function readEd25519(reader: SshReader): JsonWebKey {
  const point = reader.string();
  if (point.length !== ED25519_BYTES) throw new SshFault("the key has the wrong length");
  return { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") };
}

function readEcdsa(reader: SshReader, type: string): KeyParts {
  const curve = type.slice(type.lastIndexOf("-") + 1);
  return { jwk: readPoint(reader, curve), kind: `ECDSA ${curve.slice("nistp".length)}` };
}

function readPoint(reader: SshReader, curve: string): JsonWebKey {
  if (reader.text() !== curve) throw new SshFault("the key is of another curve than it says");
  const { crv = "", sizeBytes = 0 } = CURVES[curve] ?? {};
  const point = reader.string();
  if (point.length !== 1 + 2 * sizeBytes || point[0] !== UNCOMPRESSED) {
    throw new SshFault("the key has the wrong length");
  }
  const x = point.subarray(1, 1 + sizeBytes).toString("base64url");
  return { kty: "EC", crv, x, y: point.subarray(1 + sizeBytes).toString("base64url") };
}

function readRsa(reader: SshReader): KeyParts {
  const exponent = reader.mpint();
  const modulus = reader.mpint();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS) throw new SshFault(`RSA keys of less than ${MIN_RSA_BITS} bits are not accepted`);
  if (bits > MAX_RSA_BITS) throw new SshFault(`RSA keys of more than ${MAX_RSA_BITS} bits are not accepted`);
  const isSound = exponent.length <= 8 && ((exponent.at(-1) ?? 0) & 1) === 1 && !exponent.equals(ONE);
  if (!isSound) throw new SshFault("the RSA key has an unsound exponent");
  const jwk = { kty: "RSA", e: exponent.toString("base64url"), n: modulus.toString("base64url") };
  return { jwk, kind: `RSA ${bits}` };
}

const ONE = Buffer.from([1]);

function importKey(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch (error) {
    throw new SshFault("the key is not valid", { cause: error });
  }
}
