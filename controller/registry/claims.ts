/**
 * Who declares what: from the documents of every file and the memory of who held each key → one declaration for each
 * key, and the keys that nobody declares any more. Pure: it answers by what is there, not by what happened in between.
 *
 * - One key (a name of one kind) belongs to one document. Who held it before keeps it, and the newcomer is wrong; where
 *   nobody held it before, all are wrong. Two files with one stem (`shop.yaml`, `shop.yml`) would share a status file: the
 *   same rule for the files.
 * - A file that held a key, and now cannot be read, has a wrong document, none of ours, or more documents than before
 *   that are not ours, was edited wrongly as to what is not in it any more. That is not missing.
 * - Otherwise a key that no document claims is missing.
 */
import type { Fault } from "../api/application.ts";
import { subjectOf } from "../api/resource.ts";
import { isNameless, readFiles, type Claim, type Files, type Reading } from "./readings.ts";
import type { Declaration, ManifestPlace } from "./registry.ts";

/** Who held a key last. */
export interface Holding {
  readonly place: ManifestPlace;
  /** How many documents that are not ours stood in the file then. */
  readonly others: number;
}

export type Present = Extract<Declaration, { readonly kind: "declared" | "invalid" }>;

export interface Claims {
  readonly present: ReadonlyMap<string, Present>;
  /** Keys held before that no file declares, and no file may still hold. Sorted. */
  readonly missing: readonly string[];
  /** Who holds each key from now on; for those that are missing, who held it last. */
  readonly holdings: ReadonlyMap<string, Holding>;
}

/** Sorts out the claims of a listing. */
export function resolveClaims(files: Files, holdings: ReadonlyMap<string, Holding>): Claims {
  const heldFiles = new Set([...holdings.values()].map(({ place }) => place.file));
  const readings = readFiles(files, heldFiles);
  const present = new Map<string, Present>();
  const next = new Map(holdings);
  /** Files in which a document is wrong because its key is another's. */
  const collided = new Set<string>();
  /** Files whose nameless documents are told of under the keys that the file held. */
  const answeredFor = new Set<string>();

  const refuse = (claim: Claim, message: string): void => {
    collided.add(claim.place.file);
    const faults = [...claim.faults, faultOf(claim.place, "metadata.name", message)];
    present.set(placeKey(claim.place), { kind: "invalid", faults, place: claim.place });
  };

  for (const [key, claims] of claimsByKey(readings)) {
    const held = holdings.get(key)?.place;
    const holder = held && readings.get(held.file);
    const owner = ownerOf(claims, held, holder);
    if (owner !== undefined) {
      present.set(key, presentBy(owner));
      const others = readings.get(owner.place.file)?.others ?? 0;
      if (owner.resource !== undefined || held !== undefined) next.set(key, { place: owner.place, others });
      for (const claim of claims) if (claim !== owner) refuse(claim, belongs(key, owner.place));
    } else if (held !== undefined && holder !== undefined && mayHoldUnseen(holder)) {
      present.set(key, { kind: "invalid", faults: namelessFaults(holder), place: held });
      answeredFor.add(held.file);
      for (const claim of claims) refuse(claim, belongs(key, held));
    } else {
      const contested = held === undefined ? [...claims] : claims.slice(1);
      for (const claim of contested) refuse(claim, contest(key, claim, claims));
      const first = claims[0] as Claim;
      if (held !== undefined) {
        // It moved to several places at once: which one is meant is for the person to say; it is not missing.
        const fault = faultOf(first.place, "metadata.name", contest(key, first, claims));
        present.set(key, { kind: "invalid", faults: [...first.faults, fault], place: first.place });
        collided.add(first.place.file);
      }
    }
  }

  const missing: string[] = [];
  for (const [key, { place, others }] of holdings) {
    if (present.has(key)) continue;
    const reading = readings.get(place.file);
    const mistake = reading && mistakeIn(reading, others, collided.has(place.file));
    if (reading === undefined || mistake === undefined) {
      missing.push(key);
      continue;
    }
    const faults = mayHoldUnseen(reading)
      ? namelessFaults(reading)
      : [faultOf({ file: place.file, document: 0 }, "", gone(key, mistake))];
    present.set(key, { kind: "invalid", faults, place });
    answeredFor.add(place.file);
  }

  for (const [file, { claims }] of readings) {
    if (answeredFor.has(file)) continue;
    for (const claim of claims) {
      if (isNameless(claim)) present.set(placeKey(claim.place), presentBy(claim));
    }
  }
  return { present, missing: missing.toSorted(), holdings: next };
}

/** The key of a document that has none of its own. */
export function placeKey({ file, document }: ManifestPlace): string {
  return `${file}#${document}`;
}

/** The claim that has the key; undefined when none can be told. */
function ownerOf(
  claims: readonly Claim[],
  held: ManifestPlace | undefined,
  holder: Reading | undefined,
): Claim | undefined {
  const stayed = claims.filter(({ place }) => place.file === held?.file);
  if (stayed.length > 0) return stayed.find(({ place }) => place.document === held?.document) ?? stayed[0];
  if (holder !== undefined && mayHoldUnseen(holder)) return undefined;
  const valid = claims.filter(({ resource }) => resource !== undefined);
  if (valid.length === 1) return valid[0];
  return claims.length === 1 ? claims[0] : undefined;
}

function claimsByKey(readings: ReadonlyMap<string, Reading>): ReadonlyMap<string, readonly Claim[]> {
  const byKey = new Map<string, Claim[]>();
  for (const { claims } of readings.values()) {
    for (const claim of claims) {
      if (claim.key === undefined) continue;
      const before = byKey.get(claim.key);
      if (before === undefined) byKey.set(claim.key, [claim]);
      else before.push(claim);
    }
  }
  return byKey;
}

/** Why the absence of a key from the file that held it says nothing; undefined when it does. */
function mistakeIn(reading: Reading, othersThen: number, collided: boolean): string | undefined {
  if (collided || reading.claims.some(({ resource }) => resource === undefined)) {
    return "which has a document that is wrong";
  }
  if (reading.isEmpty) return "which is empty or commented out";
  if (reading.claims.length === 0) return "which holds nothing of ConOps any more";
  return reading.others > othersThen ? "in which something else has taken its place" : undefined;
}

function mayHoldUnseen(reading: Reading): boolean {
  return reading.claims.some(isNameless);
}

function namelessFaults(reading: Reading): readonly Fault[] {
  return reading.claims.filter(isNameless).flatMap(({ faults }) => faults);
}

function presentBy({ resource, faults, place }: Claim): Present {
  return resource === undefined ? { kind: "invalid", faults, place } : { kind: "declared", resource, place };
}

function faultOf({ file, document }: ManifestPlace, field: string, message: string): Fault {
  const which = document === 0 ? "" : ` (in document ${document + 1} of the file)`;
  return { file, line: 0, column: 0, field, message: message + which };
}

function placeText({ file, document }: ManifestPlace): string {
  return document === 0 ? `"${file}"` : `"${file}", document ${document + 1}`;
}

function belongs(key: string, owner: ManifestPlace): string {
  return `${subjectOf(key)} belongs to ${placeText(owner)} already: choose another name`;
}

function contest(key: string, claim: Claim, claims: readonly Claim[]): string {
  const others = claims.filter((other) => other !== claim).map(({ place }) => placeText(place));
  return `${subjectOf(key)} is declared in ${others.join(" and ")} too, and none of them held it before: keep one`;
}

function gone(key: string, mistake: string): string {
  return (
    `${subjectOf(key)} is not in this file any more, ${mistake}; so it does not count as deleted, and what was last valid ` +
    `goes on (to delete it, leave the rest of the file right, or remove the file)`
  );
}
