import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type {
  ApplicationDocument,
  ApplicationStatus,
  Condition,
  StatusDocument,
} from "../../../controller/api/status.ts";
import { hashOf } from "../../../controller/lib/hash.ts";

/** 2026-01-01T00:00:00Z: when the fake clock starts. */
export const NOW = Date.UTC(2026, 0, 1);
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface FixtureFolder {
  readonly dir: string;
  write(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** The names in the folder itself. */
  files(): Promise<readonly string[]>;
  cleanUp(): Promise<void>;
}

/** A registry's folder under the temporary folder, with these files. */
export async function createFixtureFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<FixtureFolder> {
  const dir = await mkdtemp(join(tmpdir(), "conops-cli-"));
  const folder: FixtureFolder = {
    dir,
    async write(file, text) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), text);
    },
    remove: (file) => rm(join(dir, file)),
    files: () => readdir(dir),
    cleanUp: () => rm(dir, { recursive: true, force: true }),
  };
  for (const [file, text] of Object.entries(files)) await folder.write(file, text);
  return folder;
}

export const SPEC = { source: { repoURL: "https://git.example.com/shop.git", path: "deploy" } };

/** A manifest as text. */
export function manifest(
  name: string,
  options: { readonly spec?: object; readonly labels?: object } = {},
): string {
  const { spec = SPEC, labels } = options;
  return stringify({
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name, ...(labels && { labels }) },
    spec,
  });
}

export function condition(patch: Partial<Condition> = {}): Condition {
  return {
    type: "Ready",
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: "2025-12-31T23:00:00Z",
    reason: "Synced",
    message: "all services are healthy",
    ...patch,
  };
}

/** A status as the controller publishes it: of the manifest with SPEC, synced and healthy two hours ago. */
export function statusDocument(name: string, patch: Partial<ApplicationStatus> = {}): ApplicationDocument {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name, uid: `uid-of-${name}`, generation: 1, creationTimestamp: "2025-12-30T00:00:00Z" },
    status: {
      observedGeneration: 1,
      observedSpecHash: hashOf(SPEC),
      phase: "Synced",
      sync: {
        status: "Synced",
        applied: { revision: COMMIT, specHash: "hash" },
        message: "Sell more",
        author: "Ann",
        syncedAt: "2025-12-31T22:00:00Z",
        trigger: "NewRevision",
      },
      source: { revision: COMMIT, ref: "refs/heads/main", since: "2025-12-31T22:00:00Z" },
      health: {
        status: "Healthy",
        services: [{ name: "web", status: "Healthy", replicas: "1/1", image: "shop:1" }],
      },
      drift: [],
      history: [],
      conditions: [condition()],
      ...patch,
    },
  };
}

/** A status file as text. */
export function statusFile(...documents: readonly StatusDocument[]): string {
  return documents.map((document) => stringify(document)).join("---\n");
}
