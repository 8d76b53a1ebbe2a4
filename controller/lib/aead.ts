/**
 * AES-256-GCM over bytes: the one way in which ConOps encrypts. A sealed text is nonce, ciphertext and tag, one after the
 * other; nonces are random, so one key is good for some four billion of them.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

export interface SealingKey {
  /** A short fingerprint, safe to show and to store: it tells keys apart and does not lead back to one. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export const KEY_BYTES = 32;

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_DIGITS = 8;

/** The key of these 32 bytes. Throws RangeError for any other length. */
export function sealingKeyOf(bytes: Uint8Array): SealingKey {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`A key is ${KEY_BYTES} bytes, not ${bytes.length}`);
  const id = createHash("sha256").update("conops key id\0").update(bytes).digest("hex").slice(0, ID_DIGITS);
  return { id, bytes };
}

/** A new random key. */
export function makeSealingKey(): SealingKey {
  return sealingKeyOf(randomBytes(KEY_BYTES));
}

/** Encrypts `plain`, bound to `context`: it opens only with the same key and the same context. */
export function seal({ bytes }: SealingKey, context: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What `seal` was given; undefined when key or context is another one, or any bit was changed or is missing. */
export function unseal({ bytes }: SealingKey, context: string, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, bytes, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, tagAt));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined; // the only thing that `final` says
  }
}
