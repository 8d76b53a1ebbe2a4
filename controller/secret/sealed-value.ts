/**
 * One sealed value as it stands in a manifest, one unquoted word of YAML on one line:
 *
 *     conops-v1.KEYID.YYYYMMDDTHHMMSSZ.BASE64URL(nonce | ciphertext | tag)
 *
 * What stands before the last dot, and the kind, name and field for which it was sealed, are bound to the ciphertext: a
 * value that was moved to another field, or whose time or key id was edited, does not open.
 */
import { seal, unseal, type SealingKey } from "../lib/aead.ts";
import { firstKey, keyWithId, type Keyring } from "./keyring.ts";

/** Where a value belongs. */
export interface Binding {
  readonly kind: string;
  readonly name: string;
  readonly field: string;
}

/** What a sealed value tells without a key. */
export interface SealedHeader {
  readonly keyId: string;
  /** Wall milliseconds, whole seconds. */
  readonly sealedAt: number;
}

export type OpenedValue =
  | { readonly kind: "opened"; readonly bytes: Buffer; readonly header: SealedHeader }
  /** `message` is the cause alone: "was sealed by key 3f9a1c2b, which is not among the encryption keys". */
  | { readonly kind: "fault"; readonly message: string };

const FORM = "conops-v1";

/** Seals `bytes` for one field. `now` is wall milliseconds; it is shown as the age of the value. */
export function sealValue(key: SealingKey, binding: Binding, bytes: Uint8Array, now: number): string {
  const header = `${FORM}.${key.id}.${formatTime(now)}`;
  return `${header}.${seal(key, contextOf(header, binding), bytes).toString("base64url")}`;
}

/** Opens a sealed value in the place where it was found. Never throws, and never tells anything of what it holds. */
export function openValue(keyring: Keyring, binding: Binding, text: string): OpenedValue {
  const parts = readParts(text);
  if ("message" in parts) return { kind: "fault", message: parts.message };
  const { header, sealed } = parts;
  if (firstKey(keyring) === undefined) {
    return fault(
      `was sealed by key ${header.keyId}, and ConOps has no encryption key (--encryption-key-file gives it one)`,
    );
  }
  const key = keyWithId(keyring, header.keyId);
  if (key === undefined) {
    return fault(`was sealed by key ${header.keyId}, which is not among the encryption keys`);
  }
  const bytes = unseal(key, contextOf(parts.headerText, binding), sealed);
  if (bytes === undefined) return fault("was changed, or moved here from another Secret or field");
  return { kind: "opened", bytes, header };
}

/** Key id and time of a sealed value, unproven; undefined when it is none. */
export function readSealedHeader(text: string): SealedHeader | undefined {
  const parts = readParts(text);
  return "message" in parts ? undefined : parts.header;
}

interface Parts {
  readonly headerText: string;
  readonly header: SealedHeader;
  readonly sealed: Buffer;
}

function readParts(text: string): Parts | { readonly message: string } {
  const version = /^conops-v(\d{1,3})\./.exec(text)?.[1];
  if (version === undefined) return { message: 'is not a sealed value ("conops seal" makes one)' };
  if (`conops-v${version}` !== FORM) {
    return { message: `has the form conops-v${version}, and this version of ConOps opens ${FORM} alone` };
  }
  const [, headerText, keyId, time, body] = PATTERN.exec(text) ?? [];
  const sealedAt = parseTime(time ?? "");
  const sealed = Buffer.from(body ?? "", "base64url");
  // More than one text of base64 can mean the same bytes, and only one of them was written here.
  const isWhole = sealedAt !== undefined && body !== undefined && sealed.toString("base64url") === body;
  if (!isWhole || headerText === undefined || keyId === undefined) {
    return { message: "is not whole: a part of the sealed value was cut off or changed" };
  }
  return { headerText, header: { keyId, sealedAt }, sealed };
}

const PATTERN = /^(conops-v1\.([0-9a-f]{8})\.(\d{8}T\d{6}Z))\.([A-Za-z0-9_-]+)$/;

function contextOf(header: string, { kind, name, field }: Binding): string {
  return JSON.stringify([header, kind, name, field]);
}

function formatTime(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}

/** Undefined for a time that does not exist, such as a 31 February. */
function parseTime(text: string): number | undefined {
  const time = Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(time) || formatTime(time) !== text ? undefined : time;
}

function fault(message: string): OpenedValue {
  return { kind: "fault", message };
}
