import { createHmac, hkdfSync } from "node:crypto";
import type { SealingKey } from "../lib/aead.ts";

/** A keyed digest in lower-case hex: equal for equal data, safe to store, and of no use to try out guesses by without the key. */
export type Fingerprint = (data: string | Uint8Array) => string;

/** Digests under a key of their own for each purpose, made from the data directory's key. */
export function createFingerprint({ bytes }: SealingKey, purpose: string): Fingerprint {
  const key = Buffer.from(hkdfSync("sha256", bytes, "", `conops ${purpose}`, 32));
  return (data) => createHmac("sha256", key).update(data).digest("hex");
}
