/**
 * Encryption keys as people keep them: one base64 key of 32 bytes a line, the first seals, each opens what it sealed. A
 * key is added in front to rotate, and the old ones stay until nothing is sealed by them.
 */
import { KEY_BYTES, sealingKeyOf, type SealingKey } from "../lib/aead.ts";

export interface Keyring {
  /** The first seals. Empty: Secrets stay as they are written, and nothing sealed opens. */
  readonly keys: readonly SealingKey[];
}

export const NO_KEYS: Keyring = { keys: [] };

/** The key that seals. */
export function firstKey({ keys }: Keyring): SealingKey | undefined {
  return keys[0];
}

/** The key with this id. */
export function keyWithId({ keys }: Keyring, id: string): SealingKey | undefined {
  return keys.find((key) => key.id === id);
}

/** The line of a key file that holds `key`. */
export function formatKey({ bytes }: SealingKey): string {
  return Buffer.from(bytes).toString("base64");
}

/**
 * Reads keys: one a line, or separated by commas; blank lines and what follows a `#` do not count. `source` is what a
 * person calls the text: `"/etc/conops/keys"`, `CONOPS_ENCRYPTION_KEY`. Throws an Error that names the place and the
 * fault, and nothing of a key: it may be one with a slip of the pen.
 */
export function parseKeyring(text: string, source: string): Keyring {
  const keys: SealingKey[] = [];
  const placeOf = new Map<string, string>();
  for (const { word, place } of wordsOf(text)) {
    const refuse = (why: string): Error =>
      new Error(`Cannot use the encryption key on ${place} of ${source}: ${why}`);
    const bytes = decode(word);
    if (bytes === undefined) throw refuse(`it is not base64${HOW}`);
    if (bytes.length !== KEY_BYTES) throw refuse(lengthFault(word, bytes.length));
    const key = sealingKeyOf(bytes);
    const earlier = placeOf.get(key.id);
    if (earlier !== undefined) throw refuse(`it is the one on ${earlier} once more`);
    placeOf.set(key.id, place);
    keys.push(key);
  }
  if (keys.length === 0) throw new Error(`Cannot use ${source} for encryption: it holds no key${HOW}`);
  return { keys };
}

const HOW = ' ("conops key generate" makes one)';

function wordsOf(text: string): readonly { readonly word: string; readonly place: string }[] {
  return text.split("\n").flatMap((line, index) => {
    const words = (line.split("#")[0] ?? "")
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
    const place = (at: number): string =>
      words.length > 1 ? `line ${index + 1}, place ${at + 1},` : `line ${index + 1}`;
    return words.map((word, at) => ({ word, place: place(at) }));
  });
}

function decode(word: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(word)) return undefined;
  const bytes = Buffer.from(word, "base64");
  const plain = word.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  return bytes.toString("base64").replace(/=+$/, "") === plain ? bytes : undefined;
}

function lengthFault(word: string, length: number): string {
  const isHex = word.length === 2 * KEY_BYTES && /^[0-9a-f]+$/i.test(word);
  const hint = isHex ? "; these look like hexadecimal digits, and base64 is meant" : "";
  return `it is ${length} bytes long, and must be ${KEY_BYTES}${hint}${HOW}`;
}
