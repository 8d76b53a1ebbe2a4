import type { ApplicationDocument, StatusDocument } from "../../../controller/api/status.ts";

const ENTRIES = 200;

/** A status of some tens of KiB, in which every part tells the same `round`. */
export function bulkyStatus(name: string, round: number): ApplicationDocument {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name, generation: round },
    status: {
      observedGeneration: round,
      observedSpecHash: `hash-${round}`,
      phase: "Synced",
      sync: { status: "Synced", message: `round ${round}` },
      health: { status: "Healthy", services: [] },
      drift: [],
      history: Array.from({ length: ENTRIES }, () => ({
        revision: `revision-${round}`,
        startedAt: "2026-01-01T00:00:00Z",
        finishedAt: "2026-01-01T00:00:10Z",
        result: "Succeeded",
        trigger: "NewRevision",
        reason: `round ${round}`,
        durationSeconds: 10,
      })),
      conditions: [],
    },
  };
}

/** The document is whole, and of one round in all its parts. */
export function isWhole({ kind, metadata, status }: StatusDocument): boolean {
  if (kind !== "Application") return false;
  const round = metadata.generation;
  return (
    status.observedGeneration === round &&
    status.observedSpecHash === `hash-${round}` &&
    status.history.length === ENTRIES &&
    status.history.every(
      ({ revision, reason }) => revision === `revision-${round}` && reason === `round ${round}`,
    )
  );
}
