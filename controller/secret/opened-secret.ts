/** A Secret with its values: in memory only, for as long as its manifest is this one. */
import { plainBytes, type Secret, type SecretType } from "../api/secret.ts";
import type { Keyring } from "./keyring.ts";
import { openValue, type SealedHeader } from "./sealed-value.ts";

export interface OpenedSecret {
  readonly name: string;
  readonly type: SecretType;
  /** The values of the fields that could be opened. */
  readonly values: ReadonlyMap<string, Buffer>;
  /** Why each of the others could not: "was changed, or moved here from another Secret or field". */
  readonly faults: ReadonlyMap<string, string>;
  /** What is known of each sealed field that was opened. */
  readonly sealed: ReadonlyMap<string, SealedHeader>;
}

/** What was read from a Secret, or why not: `the field "token" of Secret "hook" was changed, …`, never with a value. */
export type Reading<Value> =
  { readonly kind: "ok"; readonly value: Value } | { readonly kind: "fault"; readonly message: string };

/** Opens every field that can be opened. Never throws. */
export function openSecret(secret: Secret, keyring: Keyring): OpenedSecret {
  const values = new Map<string, Buffer>();
  const faults = new Map<string, string>();
  const sealed = new Map<string, SealedHeader>();
  for (const [field, written] of Object.entries(secret.fields)) {
    if (written.form === "plain") {
      values.set(field, plainBytes(written));
      continue;
    }
    const opened = openValue(keyring, { kind: secret.kind, name: secret.name, field }, written.text);
    if (opened.kind === "fault") {
      faults.set(field, opened.message);
    } else {
      values.set(field, opened.bytes);
      sealed.set(field, opened.header);
    }
  }
  return { name: secret.name, type: secret.type, values, faults, sealed };
}

/** The bytes of a field. */
export function readBytes(secret: OpenedSecret, field: string): Reading<Buffer> {
  const value = secret.values.get(field);
  if (value !== undefined) return { kind: "ok", value };
  const why = secret.faults.get(field);
  if (why !== undefined) return fieldFault(secret, field, why);
  const names = [...secret.values.keys(), ...secret.faults.keys()].map((name) => JSON.stringify(name));
  const has = names.length === 0 ? "it has none" : `it has ${names.toSorted().join(", ")}`;
  return fault(`Secret ${JSON.stringify(secret.name)} has no field ${JSON.stringify(field)}: ${has}`);
}

/** The text of a field. */
export function readText(secret: OpenedSecret, field: string): Reading<string> {
  const read = readBytes(secret, field);
  if (read.kind === "fault") return read;
  const text = read.value.toString("utf8");
  if (!Buffer.from(text).equals(read.value)) return fieldFault(secret, field, "is not text in UTF-8");
  return { kind: "ok", value: text };
}

/**
 * The text of a field that is a single line: a password, a token. The line break that editors and `echo` put at the end of
 * a file does not count.
 */
export function readLine(secret: OpenedSecret, field: string): Reading<string> {
  const read = readText(secret, field);
  if (read.kind === "fault") return read;
  const line = read.value.replace(/\r?\n$/, "");
  if (line === "") return fieldFault(secret, field, "is empty");
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(line)) {
    return fieldFault(secret, field, "holds a line break or another control character");
  }
  return { kind: "ok", value: line };
}

/** Whether the Secret has the field, be it one that cannot be opened. */
export function hasField({ values, faults }: OpenedSecret, field: string): boolean {
  return values.has(field) || faults.has(field);
}

export function fieldFault(secret: OpenedSecret, field: string, why: string): Reading<never> {
  return fault(`the field ${JSON.stringify(field)} of Secret ${JSON.stringify(secret.name)} ${why}`);
}

export function fault(message: string): Reading<never> {
  return { kind: "fault", message };
}
