import type {
  AppliedTarget,
  ApplicationRecord,
  Attempt,
  MadeTarget,
} from "../../controller/status/record.ts";

/** A record as an Application has it before anything was applied. */
export function sampleRecord(extra: Partial<ApplicationRecord> = {}): ApplicationRecord {
  return {
    version: 1,
    name: "shop",
    uid: "uid-1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    registryId: "registry-1",
    generation: 1,
    writtenSpecHash: "hash-1",
    place: { file: "shop.yaml", document: 0 },
    manifest: {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: "https://git.example.com/shop.git" } },
    },
    state: "Running",
    completedRuns: {},
    lastHandledRequests: {},
    requestAnswers: {},
    driftSince: {},
    history: [],
    conditions: [],
    ...extra,
  };
}

export function sampleMade(extra: Partial<MadeTarget> = {}): MadeTarget {
  return {
    revision: "a".repeat(40),
    specHash: "spec-1",
    rendering: "rendering-1",
    projectDir: "/data/checkouts/shop",
    services: {},
    usedFiles: "files-1",
    runKeys: {},
    subject: "First",
    author: "Ada",
    committedAt: "2026-01-01T00:00:00Z",
    ...extra,
  };
}

export function sampleApplied(extra: Partial<AppliedTarget> = {}): AppliedTarget {
  return {
    ...sampleMade(),
    trigger: "NewRevision",
    tries: 0,
    startedAt: "2026-01-01T00:00:00Z",
    syncedAt: "2026-01-01T00:00:05Z",
    gate: "passed",
    gateDeadline: 0,
    ...extra,
  };
}

export function sampleAttempt(extra: Partial<Attempt> = {}): Attempt {
  return {
    revision: "b".repeat(40),
    specHash: "spec-1",
    trigger: "NewRevision",
    startedAt: "2026-01-01T00:01:00Z",
    result: "running",
    failures: 0,
    ...extra,
  };
}
