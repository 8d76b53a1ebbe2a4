/**
 * A declaration and a record → the record as it should be from now on. Pure.
 */
import type { Application } from "../api/application.ts";
import type { Declaration } from "../registry/registry.ts";
import type { ApplicationRecord } from "../status/record.ts";

export interface Newcomer {
  readonly uid: string;
  readonly registryId: string;
  /** RFC 3339. */
  readonly at: string;
}

/** The record of an Application that was never seen before. */
export function newRecord(
  application: Application,
  place: ApplicationRecord["place"],
  newcomer: Newcomer,
): ApplicationRecord {
  return {
    version: 1,
    name: application.name,
    uid: newcomer.uid,
    creationTimestamp: newcomer.at,
    registryId: newcomer.registryId,
    generation: 1,
    writtenSpecHash: application.writtenSpecHash,
    place,
    manifest: application.manifest,
    state: "Running",
    completedRuns: {},
    lastHandledRequests: {},
    requestAnswers: {},
    driftSince: {},
    history: [],
    conditions: [],
  };
}

/**
 * Takes the declaration in: `generation` counts changes of the spec as written; a declaration that is wrong or absent
 * leaves the last good manifest; a manifest that returns, be it with a fault, before anything was destroyed ends the deletion.
 */
export function admit(record: ApplicationRecord, declaration: Declaration, at: string): ApplicationRecord {
  switch (declaration.kind) {
    case "declared": {
      const { resource: application, place } = declaration;
      if (record.deletion?.destructive === true || application.kind !== "Application") return record;
      const { deletion: _cancelled, ...rest } = record;
      const changed = record.writtenSpecHash !== application.writtenSpecHash;
      return {
        ...rest,
        generation: changed ? record.generation + 1 : record.generation,
        writtenSpecHash: application.writtenSpecHash,
        place,
        manifest: application.manifest,
      };
    }
    case "invalid": {
      if (record.deletion?.destructive === true) return record;
      const { deletion: _cancelled, ...rest } = record;
      return { ...rest, place: declaration.place };
    }
    case "deleted":
      return record.deletion === undefined
        ? { ...record, deletion: { startedAt: at, destructive: false, published: false } }
        : record;
    case "absent":
    case "held":
      return record;
    default:
      return declaration satisfies never;
  }
}
