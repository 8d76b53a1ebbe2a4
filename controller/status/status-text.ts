/**
 * The text of a status file, written by ConOps alone: so its documents are found again without a YAML parser.
 */
import { stringify } from "yaml";
import type { StatusDocument } from "../api/status.ts";

/** The first line of every status file. */
export const STATUS_HEADER =
  "# Written by ConOps: what it observed. Edits here are overwritten. See docs/status.md.\n";

export interface StatusChunk {
  /** `metadata.name`. */
  readonly name: string;
  /** The document's YAML, ending in a line break. */
  readonly text: string;
}

const ORDER = {
  metadata: ["name", "uid", "generation", "creationTimestamp"],
  status: [
    "observedGeneration",
    "observedSpecHash",
    "phase",
    "sync",
    "source",
    "health",
    "drift",
    "adoption",
    "lastHandledRequests",
    "requestAnswers",
    "history",
    "conditions",
  ],
  sync: ["status", "applied", "attempted", "message", "author", "committedAt", "syncedAt", "trigger"],
  target: ["revision", "specHash"],
  source: ["revision", "since"],
  health: ["status", "services"],
  service: ["name", "status", "replicas", "image", "imageID", "message"],
  drift: ["service", "kind", "expected", "actual", "since"],
  history: [
    "revision",
    "startedAt",
    "finishedAt",
    "result",
    "trigger",
    "reason",
    "durationSeconds",
    "images",
    "count",
  ],
  condition: ["type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"],
} as const;

/** The document as YAML: equal content gives equal text, whatever order its keys came in. */
export function renderStatusDocument({ apiVersion, kind, metadata, status }: StatusDocument): string {
  const { sync, source, health } = status;
  const document = {
    apiVersion,
    kind,
    metadata: inOrder(metadata, ORDER.metadata),
    status: inOrder(
      {
        ...status,
        sync: inOrder(
          {
            ...sync,
            applied: sync.applied && inOrder(sync.applied, ORDER.target),
            attempted: sync.attempted && inOrder(sync.attempted, ORDER.target),
          },
          ORDER.sync,
        ),
        source: source && inOrder(source, ORDER.source),
        health: inOrder(
          { ...health, services: health.services.map((service) => inOrder(service, ORDER.service)) },
          ORDER.health,
        ),
        drift: status.drift.map((fact) => inOrder(fact, ORDER.drift)),
        history: status.history.map((entry) => inOrder(entry, ORDER.history)),
        conditions: status.conditions.map((condition) => inOrder(condition, ORDER.condition)),
      },
      ORDER.status,
    ),
  };
  // Readers of YAML 1.1 take a bare time for a timestamp: such strings are quoted.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}

/** The whole file. */
export function renderStatusFile(documents: readonly string[]): string {
  return STATUS_HEADER + documents.join("---\n");
}

/** The documents of a status file by name, and nothing where the file is not one that ConOps wrote. */
export function splitStatusFile(text: string): readonly StatusChunk[] {
  if (!text.startsWith(STATUS_HEADER)) return [];
  const chunks: StatusChunk[] = [];
  for (const part of text.slice(STATUS_HEADER.length).split(/^---\n/m)) {
    const name = /^metadata:\n {2}name: (?:"([^"\\\n]+)"|([^"'\n]+))\n/m.exec(part);
    if (name !== null) chunks.push({ name: name[1] ?? name[2] ?? "", text: part });
  }
  return chunks;
}

/** The document says that its resource is being deleted. */
export function saysDeleting(text: string): boolean {
  return text.includes("\n  phase: Deleting\n");
}

/** The fields named by `keys` first, in that order, then any other by name. */
function inOrder(value: object, keys: readonly string[]): object {
  const rest = Object.keys(value)
    .filter((key) => !keys.includes(key))
    .toSorted();
  const all = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries([...keys, ...rest].map((key) => [key, all[key]]));
}
