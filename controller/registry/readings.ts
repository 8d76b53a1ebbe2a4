/** What the documents of each file come to, before names are given out. Pure. */
import type { Fault } from "../api/application.ts";
import { resourceKey, type Resource } from "../api/resource.ts";
import { statusFileOf, stemOf } from "./files.ts";
import type { ParsedDocument } from "./parse.ts";
import type { ManifestPlace } from "./registry.ts";

/** What stands in one manifest file. */
export type FileContent =
  | { readonly kind: "parsed"; readonly documents: readonly ParsedDocument[] }
  /** `message` continues the sentence that the file's name begins: "is larger than …". */
  | { readonly kind: "unreadable"; readonly message: string };

/** By registry-relative path. */
export type Files = ReadonlyMap<string, FileContent>;

/** A document of ours, or one that should be. */
export interface Claim {
  readonly place: ManifestPlace;
  /** The key that it claims, where that can be told. */
  readonly key?: string;
  /** Undefined when the document is wrong. */
  readonly resource?: Resource;
  readonly faults: readonly Fault[];
}

export interface Reading {
  readonly claims: readonly Claim[];
  /** Documents that are not ours: other kinds, and empty ones. */
  readonly others: number;
  /** All documents are empty. */
  readonly isEmpty: boolean;
}

/** Reads every file. `heldFiles` are those that held a key before. */
export function readFiles(files: Files, heldFiles: ReadonlySet<string>): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const [file, content] of files) readings.set(file, readDocuments(file, content));
  for (const [file, twin] of refusedTwins(readings, heldFiles)) {
    readings.set(file, refuseFile(readings.get(file) as Reading, file, twin));
  }
  return readings;
}

/** A wrong document that does not say whose it is: it may be any that the file held before. */
export function isNameless(claim: Claim): boolean {
  return claim.key === undefined;
}

function readDocuments(file: string, content: FileContent): Reading {
  if (content.kind === "unreadable") {
    const fault = { file, line: 0, column: 0, field: "", message: content.message };
    return { claims: [{ place: { file, document: 0 }, faults: [fault] }], others: 0, isEmpty: false };
  }
  const claims: Claim[] = [];
  let empty = 0;
  for (const found of content.documents) {
    const place = { file, document: found.document };
    if (found.kind === "resource") {
      const { resource } = found;
      claims.push({ place, key: resourceKey(resource.kind, resource.name), resource, faults: [] });
    } else if (found.kind === "invalid") {
      const key = found.readableKey;
      claims.push({ place, faults: found.faults, ...(key === undefined ? {} : { key }) });
    } else if (found.kind === "empty") empty += 1;
  }
  const { length } = content.documents;
  return { claims, others: length - claims.length, isEmpty: empty === length };
}

/**
 * Of two files with one stem, the one that held keys before stays, and the other is refused; where neither or both did,
 * both are. Files without anything of ours have no status file, and collide with nothing.
 */
function refusedTwins(
  readings: ReadonlyMap<string, Reading>,
  heldFiles: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const refused = new Map<string, string>();
  for (const [file, { claims }] of readings) {
    if (!file.endsWith(".yml")) continue;
    const twin = `${stemOf(file)}.yaml`;
    const other = readings.get(twin);
    if (other === undefined) continue;
    const held = heldFiles.has(file);
    const otherHeld = heldFiles.has(twin);
    if ((claims.length === 0 && !held) || (other.claims.length === 0 && !otherHeld)) continue;
    if (!held || otherHeld) refused.set(file, twin);
    if (held || !otherHeld) refused.set(twin, file);
  }
  return refused;
}

function refuseFile(reading: Reading, file: string, twin: string): Reading {
  const message =
    `stands beside "${twin}", and both would have the status file "${statusFileOf(file)}": ` +
    `rename one of them`;
  const fault: Fault = { file, line: 0, column: 0, field: "", message };
  const claims = reading.claims.map(({ place, key, faults }) => ({
    place,
    faults: [fault, ...faults],
    ...(key === undefined ? {} : { key }),
  }));
  return { ...reading, claims };
}
