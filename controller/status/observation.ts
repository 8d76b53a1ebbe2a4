import type { ObservedRegistries } from "./judge-source.ts";
import type { ObservedSource } from "./observed-source.ts";
import type { ApplicationRecord } from "./record.ts";
import type { Why } from "./verdict.ts";

/** What was seen and decided in one visit: what conditions and phase are made of. */
export interface Observation {
  readonly record: Pick<
    ApplicationRecord,
    | "applied"
    | "attempt"
    | "rollback"
    | "deletion"
    | "state"
    | "generation"
    | "conditions"
    | "source"
    | "verification"
  >;
  readonly wantedState: "Running" | "Stopped";
  readonly suspended: boolean;
  /** The manifest on disk is wrong: its faults. */
  readonly invalid?: Why | undefined;
  readonly deletionHeld?: Why | undefined;
  readonly deletionBlocked?: Why | undefined;
  readonly engineDown?: Why | undefined;
  /** No new target may be applied, whatever Git says. */
  readonly forbidden?: Why | undefined;
  /** Healing has given up its quick pace, or cannot go on: what a person should look at. */
  readonly stalled?: Why | undefined;
  readonly source: ObservedSource;
  /** The spec asks for a signature. */
  readonly verifies?: boolean;
  /** Whether the registries of its images can be asked; undefined where none is. */
  readonly images?: ObservedRegistries | undefined;
  /** The target that Git and the spec ask for is the applied one. */
  readonly decision:
    | "current"
    | "apply"
    | "awaiting"
    | "backoff"
    | "quarantined"
    | "rollback"
    | "no-source"
    | "forbidden"
    | "suspended"
    | "stopped";
  /** Git and the spec ask for another target than the applied one. */
  readonly newer?: boolean;
  /** The containers as judged; none while they could not be looked at or nothing was ever applied. */
  readonly health?:
    | {
        readonly status: "Healthy" | "Progressing" | "Degraded" | "Missing" | "Stopped";
        readonly message: string;
      }
    | undefined;
  /** Findings that make it out of sync (an Orphan that is only shown is none). */
  readonly drifted: readonly { readonly service: string; readonly kind: string; readonly actual: string }[];
}
