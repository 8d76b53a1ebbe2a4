/**
 * OpenPGP signatures of commits and tags. The library is loaded when the first one is met: most installations never need it,
 * and it is pure JavaScript, so that bytes of a stranger are read in a language that keeps its memory.
 */
import type { PublicKey, SignaturePacket, Signature } from "openpgp";
import { messageOf } from "../api/errors.ts";

/** What is wrong with a key ring or a signature, in words that fit behind a colon. */
export class PgpFault extends Error {
  override readonly name = "PgpFault";
}

export type PgpVerdict =
  | { readonly kind: "good"; readonly key: PgpKey }
  /** The bytes, or the signature, are not what the key signed. */
  | { readonly kind: "bad"; readonly why: string; readonly key: PgpKey }
  /** A key that is not among the allowed ones, or that must not be believed; `why` goes on after "the key". */
  | { readonly kind: "refused"; readonly why: string; readonly key: PgpKey };

export interface PgpKey {
  /** Of the primary key, as gpg prints it; where the key is not known, what the signature says of it. */
  readonly fingerprint: string;
  /** The primary user id, where the key is known. */
  readonly userId?: string;
  /** `RSA 3072`, `EDDSA ed25519`, where the key is known. */
  readonly kind?: string;
}

export interface PgpQuestion {
  readonly keys: readonly PublicKey[];
  /** Armored. */
  readonly signature: string;
  readonly payload: Buffer;
  /** Wall milliseconds. */
  readonly now: number;
}

const BLOCK = /-----BEGIN PGP ([A-Z ]+)-----[^]*?-----END PGP \1-----/g;
const SIGNATURE = /^-----BEGIN PGP SIGNATURE-----\r?\n(?:(?!-----)[^\n]*\n)+-----END PGP SIGNATURE-----\s*$/;
const MAX_SIGNATURE = 64 * 1024;
/** A signer's clock may be ahead of ours. */
const MAX_AHEAD_MS = 86_400_000;
/** RSA of 2048 bits and more, no SHA-1, no DSA; what a signature does not say is not guessed. */
const STRICT = { ignoreUnsupportedPackets: false, minRSABits: 2047 } as const;

/** The public keys of one or more armored blocks. Throws PgpFault. */
export async function parsePgpKeys(text: string): Promise<readonly PublicKey[]> {
  const { readKeys } = await import("openpgp");
  const blocks = [...text.matchAll(BLOCK)];
  if (text.replaceAll(BLOCK, "").includes("-----BEGIN ")) throw new PgpFault("a block of keys has no end");
  const keys: PublicKey[] = [];
  for (const [block, what = ""] of blocks) {
    if (what.startsWith("PRIVATE")) {
      throw new PgpFault(
        "a private key stands where public keys belong: replace that key, it is not private any more",
      );
    }
    if (what !== "PUBLIC KEY BLOCK") throw new PgpFault(`a PGP ${what.toLowerCase()} is no public key`);
    try {
      keys.push(...(await readKeys({ armoredKeys: block, config: { enforceGrammar: true } })));
    } catch (error) {
      throw new PgpFault(`a block of keys is damaged (${oneLine(messageOf(error))})`, { cause: error });
    }
  }
  if (keys.length === 0) throw new PgpFault("there is no armored public key");
  return keys;
}

/**
 * Judges one detached binary signature. The key, or subkey, must have been valid when it signed and must be so now: not
 * expired, not revoked, not weak; the same that `git verify-commit` asks for. Throws PgpFault for what is no signature.
 */
export async function judgePgpSignature(question: PgpQuestion): Promise<PgpVerdict> {
  const packet = await readPacket(question.signature);
  const { issuerKeyID, created } = packet;
  const key = question.keys.find((candidate) => candidate.getKeys(issuerKeyID).length > 0);
  if (key === undefined) {
    const fingerprint = hexOf(packet.issuerFingerprint) ?? issuerKeyID.toHex().toUpperCase();
    return { kind: "refused", why: "is not listed", key: { fingerprint } };
  }
  const shown = await describeKey(key, question.now);
  const createdAt = created?.getTime() ?? Infinity;
  if (createdAt > question.now + MAX_AHEAD_MS) {
    return { kind: "bad", why: "says that it was made in the future", key: shown };
  }
  const signedNow = new Date(Math.max(question.now, createdAt));
  const failure = await verificationFailure(question, key, signedNow);
  if (failure !== undefined) return { ...failure, key: shown };
  try {
    await key.getSigningKey(issuerKeyID, signedNow, undefined, await strictConfig());
  } catch (error) {
    return { kind: "refused", why: whyNotUsable(messageOf(error)), key: shown };
  }
  return { kind: "good", key: shown };
}

async function readPacket(armored: string): Promise<SignaturePacket> {
  if (armored.length > MAX_SIGNATURE) throw new PgpFault("the signature is too long");
  if (!SIGNATURE.test(armored))
    throw new PgpFault("the signature is incomplete, or followed by something else");
  const { enums } = await import("openpgp");
  const { packets } = await readSignatureOf(armored);
  const [packet, ...others] = packets;
  if (packet === undefined || others.length > 0) throw new PgpFault("there must be exactly one signature");
  if (packet.signatureType !== enums.signature.binary) {
    throw new PgpFault("the signature is of another kind than that of exact bytes");
  }
  return packet;
}

async function readSignatureOf(armored: string): Promise<Signature> {
  const { readSignature } = await import("openpgp");
  try {
    return await readSignature({ armoredSignature: armored, config: STRICT });
  } catch (error) {
    throw new PgpFault(`the signature is damaged (${oneLine(messageOf(error))})`, { cause: error });
  }
}

async function verificationFailure(
  { signature, payload }: PgpQuestion,
  key: PublicKey,
  date: Date,
): Promise<{ readonly kind: "bad" | "refused"; readonly why: string } | undefined> {
  const { createMessage, verify } = await import("openpgp");
  const { signatures } = await verify({
    message: await createMessage({ binary: payload, format: "binary" }),
    signature: await readSignatureOf(signature),
    verificationKeys: [key],
    format: "binary",
    date,
    config: STRICT,
  });
  try {
    if (signatures.length !== 1 || (await signatures[0]?.verified) !== true) {
      return { kind: "bad", why: "does not fit the content" };
    }
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    if (/digest did not match|verification failed/i.test(message)) {
      return { kind: "bad", why: "does not fit the content" };
    }
    if (/Insecure message hash algorithm: (?:SHA1|MD5|RIPEMD)/i.test(message)) {
      return { kind: "bad", why: "relies on a hash that is too weak" };
    }
    if (/^Error verifying signed message|^Signature is|critical/i.test(message)) {
      return { kind: "bad", why: `is not valid (${oneLine(message)})` };
    }
    return { kind: "refused", why: whyNotUsable(message) };
  }
}

const CAUSES: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /revoked/i, why: "is revoked" },
  { pattern: /expired/i, why: "has expired" },
  { pattern: /newer than the signature|in the future/i, why: "is newer than the signature" },
  { pattern: /too weak|disabled|insecure/i, why: "is too weak" },
  // Brainpool's curves need packages of their own.
  {
    pattern: /cannot find module|unsupported|unknown|not supported/i,
    why: "is of a kind that is not supported",
  },
];

/** In our words; the library's own tell the key id again. */
function whyNotUsable(message: string): string {
  const known = CAUSES.find(({ pattern }) => pattern.test(message));
  return known?.why ?? "must not sign";
}

async function describeKey(key: PublicKey, now: number): Promise<PgpKey> {
  const fingerprint = key.getFingerprint().toUpperCase();
  const { algorithm, bits, curve } = key.getAlgorithmInfo();
  const name = algorithm.replace(/(?:EncryptSign|Legacy|Sign)$/, "").toUpperCase();
  const size = bits ?? curve?.replace(/Legacy$/, "");
  const userId = await userIdOf(key, now);
  return {
    fingerprint,
    kind: size === undefined ? name : `${name} ${size}`,
    ...(userId !== undefined && { userId }),
  };
}

async function userIdOf(key: PublicKey, now: number): Promise<string | undefined> {
  try {
    const { user } = await key.getPrimaryUser(new Date(now), undefined, await strictConfig());
    return user.userID === null ? undefined : oneLine(user.userID.userID);
  } catch {
    const [first] = key.getUserIDs(); // of an expired key, to name it
    return first === undefined ? undefined : oneLine(first);
  }
}

async function strictConfig() {
  const { config } = await import("openpgp");
  return { ...config, ...STRICT };
}

function hexOf(bytes: Uint8Array | null): string | undefined {
  return bytes === null ? undefined : Buffer.from(bytes).toString("hex").toUpperCase();
}

function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 200);
}
