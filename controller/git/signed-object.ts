/** Commits and tags as the bytes that Git holds: what is signed, by which signature, and when by their own account. */
import { createHash } from "node:crypto";

/** What is wrong with an object, in words that go on after the object's name: `holds two signatures`. */
export class ObjectFault extends Error {
  override readonly name = "ObjectFault";
}

export interface SignedObject {
  /** Armored, with its line ends; undefined when there is none. */
  readonly signature: string | undefined;
  /** The bytes that the signature is of. */
  readonly payload: Buffer;
  /** Unix seconds: when it was committed or tagged, as its signer says. */
  readonly signedAt: number;
}

export interface SignedTag extends SignedObject {
  /** The name that was signed, whatever ref leads to it. */
  readonly tag: string;
  /** What it points at. */
  readonly object: string;
  readonly type: "commit" | "tag";
}

/** The id that Git gives the object: proof that the bytes are the ones that were asked for. */
export function idOfObject(type: "commit" | "tag", raw: Buffer): string {
  return createHash("sha1").update(`${type} ${raw.length}\0`).update(raw).digest("hex");
}

/**
 * Splits a commit as `git verify-commit` does, and more strictly: what Git itself would not write is refused, since another
 * reader of the same bytes might see another commit in them. Throws ObjectFault.
 */
export function parseSignedCommit(raw: Buffer): SignedObject {
  const { fields, body } = parseHeader(raw);
  requireOrder(fields, /^tree( parent)* author committer( |$)/, COMMIT_FIELDS);
  for (const { name, value } of fields) {
    if (IDS.has(name) && !ID.test(value)) throw new ObjectFault(`has a malformed ${name}`);
  }
  const signatures = fields.filter(({ name }) => name === "gpgsig");
  if (signatures.length > 1) throw new ObjectFault("holds two signatures");
  return {
    signature: signatures[0] && `${signatures[0].value}\n`,
    payload: withoutSignatures(raw, fields, body),
    signedAt: timeOf(fields.find(({ name }) => name === "committer")),
  };
}

/**
 * Splits a tag as `git verify-tag` does: the signature begins at the last line that could begin one, and goes on to the end.
 * Throws ObjectFault.
 */
export function parseSignedTag(raw: Buffer): SignedTag {
  const { fields, body } = parseHeader(raw);
  requireOrder(fields, /^object type tag tagger( |$)/, TAG_FIELDS);
  const [object, type, tag, tagger] = fields;
  if (object === undefined || type === undefined || tag === undefined) throw new ObjectFault("is malformed");
  if (!ID.test(object.value)) throw new ObjectFault("has a malformed object");
  if (type.value !== "commit" && type.value !== "tag") {
    throw new ObjectFault(`points at a ${JSON.stringify(type.value)}, not at a commit`);
  }
  const at = startOfSignature(raw, body);
  return {
    signature: at === undefined ? undefined : raw.toString("latin1", at),
    payload: withoutSignatures(raw.subarray(0, at), fields, body),
    signedAt: timeOf(tagger),
    tag: Buffer.from(tag.value, "latin1").toString("utf8"),
    object: object.value,
    type: type.value,
  };
}

interface Field {
  readonly name: string;
  /** Of several lines when it goes on; each byte one character. */
  readonly value: string;
  /** Where its lines begin and end, the last line end included. */
  readonly start: number;
  readonly end: number;
}

const ID = /^[0-9a-f]{40}$/;
const IDS: ReadonlySet<string> = new Set(["tree", "parent"]);
/** Those that stand at their place, or once, or not at all; other fields of a commit are nobody's business. */
const COMMIT_FIELDS: ReadonlySet<string> = new Set(["tree", "parent", "author", "committer"]);
const TAG_FIELDS: ReadonlySet<string> = new Set(["object", "type", "tag", "tagger"]);
/** Not for us, and not part of what is signed: the signature of the same object in a repository of SHA-256. */
const OTHER_SIGNATURE = "gpgsig-sha256";
const BEGINNINGS = ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE", "SSH SIGNATURE"].map((what) =>
  Buffer.from(`-----BEGIN ${what}-----`),
);
const LINE_END = 0x0a;

/** The fields before the first empty line, and where that line is. */
function parseHeader(raw: Buffer): { readonly fields: readonly Field[]; readonly body: number } {
  const blank = raw.indexOf("\n\n");
  const body = blank < 0 ? raw.length : blank + 1;
  const header = raw.toString("latin1", 0, body);
  if (header.includes("\0")) throw new ObjectFault("holds a zero byte in its header");
  if (!header.endsWith("\n")) throw new ObjectFault("has a header without an end");
  const fields: Field[] = [];
  let start = 0;
  while (start < header.length) {
    const end = header.indexOf("\n", start) + 1;
    const line = header.slice(start, end - 1);
    if (line.startsWith(" ")) {
      const before = fields.pop();
      if (before === undefined) throw new ObjectFault("has a malformed header");
      fields.push({ ...before, value: `${before.value}\n${line.slice(1)}`, end });
    } else {
      const space = line.indexOf(" ");
      if (space <= 0) throw new ObjectFault("has a malformed header");
      fields.push({ name: line.slice(0, space), value: line.slice(space + 1), start, end });
    }
    start = end;
  }
  return { fields, body };
}

function requireOrder(fields: readonly Field[], order: RegExp, single: ReadonlySet<string>): void {
  const names = fields.map(({ name }) => name);
  const written = names.join(" ");
  const known = order.exec(written)?.[0];
  if (known === undefined) throw new ObjectFault("has a malformed header");
  const others = names.slice(known.trim().split(" ").length);
  if (others.some((name) => single.has(name))) throw new ObjectFault("has a header that repeats itself");
  for (const { name, value } of fields) {
    if (single.has(name) && value.includes("\n")) throw new ObjectFault(`has a ${name} of several lines`);
    const isSignature = name.toLowerCase().startsWith("gpgsig") && name !== OTHER_SIGNATURE;
    if (isSignature && !(name === "gpgsig" && single === COMMIT_FIELDS)) {
      throw new ObjectFault(`holds the unknown field ${JSON.stringify(name)}`);
    }
  }
}

function withoutSignatures(raw: Buffer, fields: readonly Field[], body: number): Buffer {
  const signed = fields.filter(({ name }) => name !== "gpgsig" && name !== OTHER_SIGNATURE);
  return Buffer.concat([...signed.map(({ start, end }) => raw.subarray(start, end)), raw.subarray(body)]);
}

function startOfSignature(raw: Buffer, body: number): number | undefined {
  let found: number | undefined;
  for (let at = body; at < raw.length; at = lineAfter(raw, at)) {
    if (BEGINNINGS.some((beginning) => raw.subarray(at, at + beginning.length).equals(beginning))) found = at;
  }
  return found;
}

function lineAfter(raw: Buffer, at: number): number {
  const end = raw.indexOf(LINE_END, at);
  return end < 0 ? raw.length : end + 1;
}

/** `Name <email> SECONDS ZONE`. */
function timeOf(field: Field | undefined): number {
  const seconds = /^[^<>\n]*<[^<>\n]*> (\d{1,15}) [+-]\d{4}$/.exec(field?.value ?? "")?.[1];
  if (seconds === undefined) throw new ObjectFault(`has a malformed ${field?.name ?? "header"}`);
  return Number(seconds);
}
