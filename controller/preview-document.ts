/** What a preview found, as it is printed. */
import { API_VERSION } from "./api/application.ts";
import type { ApplicationDiff } from "./api/diff.ts";
import type { PreviewSource } from "./preview-source.ts";
import type { Preview } from "./reconcile/preview.ts";
import type { Visit } from "./reconcile/visit.ts";

export interface Found {
  readonly source: PreviewSource;
  readonly preview: Preview;
}

export function previewDocument(
  { source, preview: { commit, changes, notes, warnings } }: Found,
  visit: Visit,
): ApplicationDiff {
  const { applied } = visit.record();
  const { revision, ref, note } = source;
  return {
    apiVersion: API_VERSION,
    kind: "ApplicationDiff",
    metadata: { name: visit.name },
    project: visit.project,
    ...(applied && { from: { revision: applied.revision, subject: applied.subject } }),
    to: { revision, ...(ref !== undefined && { ref }), subject: commit.subject },
    differs: changes.length > 0,
    changes,
    notes: [...(note === undefined ? [] : [visit.mask(note)]), ...switchNotes(visit), ...notes],
    warnings,
  };
}

/** Why a sync would not come by itself, or not at all. */
function switchNotes({ application, name }: Pick<Visit, "application" | "name">): readonly string[] {
  const { suspend, state, sync } = application.spec;
  if (suspend) return ["it is suspended: nothing is applied before it is resumed"];
  if (state === "Stopped")
    return ["it is to be stopped (spec.state): nothing is applied before it is started"];
  if (!sync.automated) return [`a sync waits for: conops sync ${name}`];
  return [];
}
