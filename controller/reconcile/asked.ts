import type { DriftKind } from "../api/drift.ts";
import type { Visit } from "./visit.ts";

/**
 * `spec.state` has changed, and what it asks for is not brought about yet: that the containers still run, or are still
 * stopped, is then what a person has asked ConOps to change, and no drift.
 */
export function isAskedFor(kind: DriftKind, visit: Pick<Visit, "record" | "application">): boolean {
  const { state } = visit.application.spec;
  if (visit.record().state === state) return false;
  return kind === (state === "Stopped" ? "Running" : "Stopped");
}
