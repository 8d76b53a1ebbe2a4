/**
 * The text of a status file, written by ConOps alone: so its documents are found again without a YAML parser.
 */
import { stringify } from "yaml";
import { KINDS, resourceKey } from "../api/resource.ts";
import type {
  ApplicationStatus,
  Condition,
  ReceiverStatus,
  SecretStatus,
  StatusDocument,
} from "../api/status.ts";

/** The first line of every status file. */
export const STATUS_HEADER =
  "# Written by ConOps: what it observed. Edits here are overwritten. See docs/status.md.\n";

export interface StatusChunk {
  readonly key: string;
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
    "violations",
    "lastHandledRequests",
    "requestAnswers",
    "history",
    "conditions",
  ],
  sync: ["status", "applied", "attempted", "message", "author", "committedAt", "syncedAt", "trigger"],
  target: ["revision", "specHash"],
  source: ["revision", "ref", "movedFrom", "since"],
  health: ["status", "services"],
  service: ["name", "status", "replicas", "image", "imageID", "message"],
  drift: ["service", "kind", "expected", "actual", "since", "ignored"],
  violation: ["rule", "service", "field", "message"],
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
  secret: ["observedGeneration", "type", "fields", "usedBy", "conditions"],
  field: ["name", "keyID", "sealedAt"],
  receiver: ["observedGeneration", "observedSpecHash", "path", "conditions"],
  condition: ["type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"],
} as const;

/** The document as YAML: equal content gives equal text, whatever order its keys came in. */
export function renderStatusDocument(document: StatusDocument): string {
  const { apiVersion, kind, metadata } = document;
  const ordered = {
    apiVersion,
    kind,
    metadata: inOrder(metadata, ORDER.metadata),
    status: orderedStatus(document),
  };
  // Readers of YAML 1.1 take a bare time for a timestamp: such strings are quoted.
  return stringify(ordered, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}

function orderedStatus(document: StatusDocument): object {
  switch (document.kind) {
    case "Application":
      return orderedApplication(document.status);
    case "Secret":
      return orderedSecret(document.status);
    case "Receiver":
      return orderedReceiver(document.status);
    default:
      return document satisfies never;
  }
}

function orderedApplication(status: ApplicationStatus): object {
  const { sync, source, health } = status;
  return inOrder(
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
      violations: status.violations?.map((found) => inOrder(found, ORDER.violation)),
      history: status.history.map((entry) => inOrder(entry, ORDER.history)),
      conditions: orderedConditions(status.conditions),
    },
    ORDER.status,
  );
}

function orderedSecret({ fields, conditions, ...status }: SecretStatus): object {
  return inOrder(
    {
      ...status,
      fields: fields.map((field) => inOrder(field, ORDER.field)),
      conditions: orderedConditions(conditions),
    },
    ORDER.secret,
  );
}

function orderedReceiver({ conditions, ...status }: ReceiverStatus): object {
  return inOrder({ ...status, conditions: orderedConditions(conditions) }, ORDER.receiver);
}

function orderedConditions(conditions: readonly Condition[]): readonly object[] {
  return conditions.map((condition) => inOrder(condition, ORDER.condition));
}

/** The whole file. */
export function renderStatusFile(documents: readonly string[]): string {
  return STATUS_HEADER + documents.join("---\n");
}

/** The documents of a status file by key, and nothing where the file is not one that ConOps wrote. */
export function splitStatusFile(text: string): readonly StatusChunk[] {
  if (!text.startsWith(STATUS_HEADER)) return [];
  const chunks: StatusChunk[] = [];
  for (const part of text.slice(STATUS_HEADER.length).split(/^---\n/m)) {
    const [, word] = /^kind: (\w+)\n/m.exec(part) ?? [];
    const kind = KINDS.find((known) => known === word);
    const name = /^metadata:\n {2}name: (?:"([^"\\\n]+)"|([^"'\n]+))\n/m.exec(part);
    // What another version wrote of a kind that this one does not know is not kept.
    if (kind === undefined || name === null) continue;
    chunks.push({ key: resourceKey(kind, name[1] ?? name[2] ?? ""), text: part });
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
