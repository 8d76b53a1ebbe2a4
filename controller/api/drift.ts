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
  "Scaled",
  "Orphan",
  "NetworkDetached",
  "NetworkChanged",
  "VolumeChanged",
  "Modified",
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

/** One way in which the host does not match the applied target, with its evidence. */
export interface DriftFact {
  readonly service: string;
  readonly kind: DriftKind;
  readonly expected: string;
  readonly actual: string;
  /** `spec.ignoreDifferences` names it: it is shown, and nothing else. */
  readonly ignored?: true;
}

/**
 * Kinds that say how what runs differs, not that it does not run: a service of which only these are found works, and is as
 * healthy as it says.
 */
export const ONLY_DRIFT: ReadonlySet<DriftKind> = new Set<DriftKind>([
  "ConfigChanged",
  "ImageChanged",
  "LocalChange",
  "Orphan",
  "NetworkChanged",
  "VolumeChanged",
  "Modified",
]);

/** Which kinds are to be ignored, of one service or of all. */
export interface IgnoredDifference {
  readonly service?: string;
  /** Of DRIFT_KINDS, and those of other versions. */
  readonly kinds: readonly string[];
}

export function isIgnored(
  { service, kind }: Pick<DriftFact, "service" | "kind">,
  ignored: readonly IgnoredDifference[],
): boolean {
  return ignored.some((one) => (one.service ?? service) === service && one.kinds.includes(kind));
}
