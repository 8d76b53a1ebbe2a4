/**
 * What can be said of a private key before a server has seen it: that it is one, and that its passphrase is right. Messages
 * say what a person probably did, and show nothing of the key.
 */
import { createPrivateKey } from "node:crypto";

/** Other things that stand where a private key should, by how they begin. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-|sk-)\S* |^-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PUBLIC KEY/,
    'is a public key, and the private one is meant: the file without ".pub"',
  ],
  [
    /^PuTTY-User-Key-File-/,
    "is in PuTTY's format: export it for OpenSSH (puttygen KEY.ppk -O private-openssh -o KEY)",
  ],
  [/^-----BEGIN (?:[A-Z0-9]+ )*CERTIFICATE/, "is a certificate, and a private key is meant"],
  [/^-----BEGIN PGP /, "is an OpenPGP key, and an SSH key is meant"],
  [/^LS0tLS1CRUdJTi/, "is in base64 once more: as it is, it belongs in data instead of stringData"],
  [/^(?:\/|~|\.{1,2}\/)[^\n]*$/, "is the path of a file, and the key itself is meant"],
  [/^[^\n]*\\n/, "has \\n where lines must end: write it as a block, after a | sign"],
];

const OPENSSH =
  /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END OPENSSH PRIVATE KEY-----\n?$/;
const PEM = /^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----\n[\s\S]+\n-----END \1-----\n?$/;
const MAGIC = Buffer.from("openssh-key-v1\0");

/** The key with line breaks as its readers want them: each line ended by one, none with a carriage return. */
export function normalisePrivateKey(text: string): string {
  const lines = text.trim().split(/\r?\n/);
  return `${lines.map((line) => line.trim()).join("\n")}\n`;
}

/**
 * Why the normalised text is no private key that opens with `passphrase`: "is a public key, …". Undefined when nothing
 * speaks against it. Whether the passphrase of a key in OpenSSH's own format is right, only its user finds out.
 */
export function privateKeyFault(key: string, passphrase: string | undefined): string | undefined {
  const mistaken = MISTAKEN.find(([pattern]) => pattern.test(key.trimEnd()));
  if (mistaken !== undefined) return mistaken[1];
  const openssh = OPENSSH.exec(key)?.[1];
  if (openssh !== undefined) return opensshFault(Buffer.from(openssh, "base64"), passphrase);
  if (PEM.test(key)) return pemFault(key, passphrase);
  return /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(key)
    ? "is a private key that was cut off or changed"
    : 'is no private key: it must begin with "-----BEGIN … PRIVATE KEY-----"';
}

function pemFault(key: string, passphrase: string | undefined): string | undefined {
  const isEncrypted = key.includes("ENCRYPTED");
  if (isEncrypted && passphrase === undefined) return NEEDS_PASSPHRASE;
  try {
    createPrivateKey({ key, ...(isEncrypted && { passphrase: passphrase ?? "" }) });
    return undefined;
  } catch {
    // A wrong passphrase decrypts to noise, which fails at one place or another.
    if (isEncrypted)
      return 'does not open: the field "passphrase" is wrong, or the key was cut off or changed';
    return "is a private key that was cut off or changed, or one of a kind that is not known";
  }
}

/** The format: PROTOCOL.key of OpenSSH. */
function opensshFault(bytes: Buffer, passphrase: string | undefined): string | undefined {
  const broken = "is a private key that was cut off or changed";
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return broken;
  const read = createReader(bytes.subarray(MAGIC.length));
  const cipher = read.text();
  read.text(); // the name of the function that makes a key of the passphrase
  read.text(); // and its options
  const count = read.number();
  const publicKey = read.text();
  const secret = read.text();
  if (cipher === undefined || publicKey === undefined || secret === undefined || count !== 1) return broken;
  const algorithm = createReader(publicKey).text()?.toString("latin1") ?? "";
  if (algorithm.startsWith("sk-")) {
    return "belongs to a security key that somebody has to touch: make a key of its own (ssh-keygen -t ed25519)";
  }
  if (cipher.toString("latin1") !== "none") return passphrase === undefined ? NEEDS_PASSPHRASE : undefined;
  // Two equal random numbers begin the secret part.
  return secret.length >= 8 && secret.readUInt32BE(0) === secret.readUInt32BE(4) ? undefined : broken;
}

const NEEDS_PASSPHRASE = 'is locked by a passphrase, which belongs in the field "passphrase"';

/** Reads what SSH calls uint32 and string; undefined from where the bytes end too early. */
function createReader(bytes: Buffer): {
  readonly number: () => number | undefined;
  readonly text: () => Buffer | undefined;
} {
  let at = 0;
  const number = (): number | undefined => {
    if (at + 4 > bytes.length) return undefined;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  return {
    number,
    text() {
      const length = number();
      if (length === undefined || at + length > bytes.length) {
        at = bytes.length;
        return undefined;
      }
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}
