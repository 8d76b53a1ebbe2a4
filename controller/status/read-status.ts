/**
 * Reading of status files, by whoever is not the controller. Tolerant: a status file of another version, or one that was
 * edited by hand, gives what can be understood of it.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isErrno } from "../lib/atomic-file.ts";
import { API_VERSION } from "../api/application.ts";
import { KINDS, type Kind } from "../api/resource.ts";
import type { StatusDocument } from "../api/status.ts";

const SUFFIX = ".status.yaml";

/** The status file of a manifest file: `apps/shop.yml` → `apps/shop.status.yaml`. Both registry-relative. */
export function statusFileOf(manifestFile: string): string {
  return manifestFile.replace(/\.ya?ml$/, "") + SUFFIX;
}

/** The manifest file of a status file, taken to end in .yaml: `apps/shop.status.yaml` → `apps/shop.yaml`. */
export function manifestFileOf(statusFile: string): string {
  return `${statusFile.slice(0, -SUFFIX.length)}.yaml`;
}

/** True for `NAME.status.yaml`, whatever the folder. */
export function isStatusFile(file: string): boolean {
  return file.endsWith(SUFFIX);
}

/**
 * Every status file below `registryDir`, registry-relative, sorted; dot-files and dot-folders are left out, links are not
 * followed. A folder that is not there has none.
 */
export async function listStatusFiles(registryDir: string): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(registryDir, folder), { withFileTypes: true }).catch(
      (error: unknown) => {
        if (isErrno(error, "ENOENT", "EACCES", "ENOTDIR")) return [];
        throw error;
      },
    );
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      if (entry.isFile() && isStatusFile(path)) found.push(path);
    }
  }
  return found.toSorted();
}

/**
 * The documents of a status file that are ours, in their order. What is missing in one is filled in with nothing (no
 * drift, no conditions, phase Pending); what is not a document of a kind of ours is left out. Never throws.
 */
export function parseStatusFile(text: string): readonly StatusDocument[] {
  const documents: StatusDocument[] = [];
  for (const node of parseAllDocuments(text, { logLevel: "silent" })) {
    let value: unknown;
    try {
      value = "toJS" in node ? node.toJS({ maxAliasCount: 0 }) : undefined;
    } catch {
      continue;
    }
    const document = toStatusDocument(value);
    if (document !== undefined) documents.push(document);
  }
  return documents;
}

function toStatusDocument(value: unknown): StatusDocument | undefined {
  const root = fields(value);
  const metadata = fields(root["metadata"]);
  const kind = KINDS.find((known) => known === root["kind"]);
  if (root["apiVersion"] !== API_VERSION || kind === undefined) return undefined;
  if (typeof metadata["name"] !== "string") return undefined;
  const status = fields(root["status"]);
  const { observedGeneration, ...observed } = status;
  // The file is the controller's own; what it wrote is believed beyond what is filled in here.
  return {
    ...root,
    metadata,
    status: {
      observedGeneration: typeof observedGeneration === "number" ? observedGeneration : -1,
      ...FILLED_IN[kind](observed),
      conditions: listOf(status["conditions"], "type"),
    },
  } as unknown as StatusDocument;
}

type Fields = Readonly<Record<string, unknown>>;

/** What each kind has beside generation and conditions. */
const FILLED_IN: Readonly<Record<Kind, (status: Fields) => Fields>> = {
  Application(status) {
    const health = fields(status["health"]);
    const sync = fields(status["sync"]);
    return {
      ...status,
      observedSpecHash: textOf(status["observedSpecHash"], ""),
      phase: textOf(status["phase"], "Pending"),
      sync: { ...sync, status: textOf(sync["status"], "Unknown") },
      health: {
        status: textOf(health["status"], "Unknown"),
        services: listOf(health["services"], "name"),
      },
      drift: listOf(status["drift"], "kind"),
      history: listOf(status["history"], "startedAt"),
    };
  },
  Secret(status) {
    const { usedBy } = status;
    const users = Array.isArray(usedBy) ? usedBy.filter((user: unknown) => typeof user === "string") : [];
    return {
      type: textOf(status["type"], "Unknown"),
      fields: listOf(status["fields"], "name"),
      ...(users.length > 0 && { usedBy: users }),
    };
  },
  Receiver: (status) => ({
    observedSpecHash: textOf(status["observedSpecHash"], ""),
    path: textOf(status["path"], ""),
  }),
};

function fields(value: unknown): Fields {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** The items that are maps with a text under `key`. */
function listOf(value: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item: unknown) => typeof fields(item)[key] === "string");
}
