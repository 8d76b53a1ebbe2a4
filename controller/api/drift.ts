/** The kinds of drift that this version finds, each documented in docs/drift.md. */
export const DRIFT_KINDS = [
  "Missing",
  "Created",
  "Exited",
  "Stopped",
  "Running",
  "Unhealthy",
  "Paused",
  "Restarting",
  "ConfigChanged",
  "ImageChanged",
  "FilesChanged",
  "LocalChange",
  "Orphan",
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

/** One way in which the host does not match the applied target, with its evidence. */
export interface DriftFact {
  readonly service: string;
  readonly kind: DriftKind;
  readonly expected: string;
  readonly actual: string;
}
