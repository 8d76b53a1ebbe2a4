import { API_VERSION, APPLICATION, formatFault } from "../api/application.ts";
import type { Reason } from "../api/reasons.ts";
import type { ApplicationStatus, Condition, StatusDocument } from "../api/status.ts";
import type { Declaration } from "../registry/registry.ts";
import { mergeConditions } from "../status/conditions.ts";
import { rfc3339 } from "../status/history.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { Observation } from "../status/observation.ts";
import type { Why } from "../status/verdict.ts";
import { summarise, type Summary } from "../status/summary.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ReconcileDeps } from "./deps.ts";
import { endingsOf } from "./endings.ts";
import type { Look } from "./look.ts";
import type { Visit } from "./visit.ts";

/**
 * Writes what was observed: conditions and the age of each drift into the record, everything into the status file. Both
 * are written only when something changed.
 */
export async function publish(
  observation: Observation,
  seen: Look | undefined,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const summary = summarise(observation);
  const at = rfc3339(deps.clock.now());
  const before = visit.record();
  const conditions = mergeConditions(before.conditions, summary.conditions, before.generation, at);
  const driftSince = Object.fromEntries(
    (seen?.plan.findings ?? []).map(({ service, kind }) => {
      const key = `${service}/${kind}`;
      return [key, before.driftSince[key] ?? at];
    }),
  );
  const record = await visit.update(({ endings: _before, ...now }) => ({
    ...now,
    conditions,
    driftSince,
    ...endingsOf(seen?.plan.findings ?? [], visit.project, before, deps.engine),
  }));
  const document = statusDocument(record, summary, observation, seen);
  await deps.status.publish(visit.name, record.place, document);
  failpoint("status-written", visit.name);
  deps.metrics.observed({ name: visit.name, phase: summary.phase, project: visit.project, conditions });
  tellTurn(readyOf(before.conditions), readyOf(conditions), visit, deps);
}

/** What stops an Application and is no event of a sync or a healing: it is told when it begins and when it is over. */
const STOPPERS: ReadonlySet<Reason> = new Set([
  "InvalidManifest",
  "DeletionHeld",
  "ProjectNameTaken",
  "ProjectNameImmutable",
  "EngineChanged",
  "SecretInvalid",
]);

function tellTurn(
  before: Condition | undefined,
  now: Condition | undefined,
  visit: Visit,
  deps: ReconcileDeps,
): void {
  if (now !== undefined && STOPPERS.has(now.reason)) {
    if (before?.reason === now.reason && before.message === now.message) return;
    const { reason, message } = now;
    deps.log.warn("needs a person", { event: "NeedsAttention", reason, application: visit.name, message });
  } else if (before !== undefined && STOPPERS.has(before.reason)) {
    deps.log.info("goes on", { event: "GoesOn", reason: before.reason, application: visit.name });
  }
}

function readyOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.find(({ type }) => type === "Ready");
}

function statusDocument(
  record: ApplicationRecord,
  summary: Summary,
  observation: Observation,
  seen: Look | undefined,
): StatusDocument {
  const { applied, attempt, history } = record;
  const services = seen?.plan.services ?? [];
  const status: ApplicationStatus = {
    observedGeneration: record.generation,
    observedSpecHash: record.writtenSpecHash,
    phase: summary.phase,
    sync: {
      status: summary.syncStatus,
      ...(applied && { applied: { revision: applied.revision, specHash: applied.specHash } }),
      ...(attempt && { attempted: { revision: attempt.revision, specHash: attempt.specHash } }),
      ...(applied && {
        message: applied.subject,
        author: applied.author,
        committedAt: applied.committedAt,
        syncedAt: applied.syncedAt,
        trigger: applied.trigger,
      }),
    },
    ...(record.source && { source: record.source }),
    health: { status: observation.health?.status ?? "Unknown", services },
    drift: (seen?.plan.findings ?? []).map(({ service, kind, expected, actual, delayMs, ignored }) => {
      const since = record.driftSince[`${service}/${kind}`] ?? "";
      const until = delayMs === undefined ? {} : { until: rfc3339(Date.parse(since) + delayMs) };
      return { service, kind, expected, actual, since, ...until, ...(ignored && { ignored }) };
    }),
    ...(attempt?.adoption && { adoption: attempt.adoption }),
    ...(attempt?.violations && { violations: attempt.violations }),
    ...(Object.keys(record.lastHandledRequests).length > 0 && {
      lastHandledRequests: record.lastHandledRequests,
    }),
    ...(Object.keys(record.requestAnswers).length > 0 && { requestAnswers: record.requestAnswers }),
    history,
    conditions: record.conditions,
  };
  return {
    apiVersion: API_VERSION,
    kind: APPLICATION,
    metadata: {
      name: record.name,
      uid: record.uid,
      generation: record.generation,
      creationTimestamp: record.creationTimestamp,
    },
    status,
  };
}

/** What the declaration says of the manifest on disk, where that is worth a condition. */
export function declarationFaults(declaration: Declaration): Pick<Observation, "invalid" | "deletionHeld"> {
  switch (declaration.kind) {
    case "invalid":
      return { invalid: whyInvalid(declaration) };
    case "held":
      return { deletionHeld: { reason: "DeletionHeld", message: declaration.message } };
    // An absence that is not judged yet changes nothing.
    case "absent":
    case "declared":
    case "deleted":
      return {};
    default:
      return declaration satisfies never;
  }
}

/** What is wrong with the manifest on disk. */
export function whyInvalid(declaration: Extract<Declaration, { readonly kind: "invalid" }>): Why {
  const [first, ...others] = declaration.faults;
  const more = others.length > 0 ? ` (and ${others.length} more: conops validate)` : "";
  const message =
    first === undefined ? `${declaration.place.file} is not valid` : `${formatFault(first)}${more}`;
  return { reason: "InvalidManifest", message };
}

/** The status of a document that was never a valid Application: it has no record. */
export function invalidDocument(
  key: string,
  declaration: Extract<Declaration, { readonly kind: "invalid" }>,
  at: string,
): StatusDocument {
  const why = whyInvalid(declaration);
  const condition = (
    type: "Ready" | "Stalled",
    status: "True" | "False",
  ): ApplicationStatus["conditions"][number] => ({
    type,
    status,
    observedGeneration: 0,
    lastTransitionTime: at,
    ...why,
  });
  return {
    apiVersion: API_VERSION,
    kind: APPLICATION,
    metadata: { name: key },
    status: {
      observedGeneration: 0,
      observedSpecHash: "",
      phase: "Error",
      sync: { status: "Unknown" },
      health: { status: "Unknown", services: [] },
      drift: [],
      history: [],
      conditions: [condition("Ready", "False"), condition("Stalled", "True")],
    },
  };
}
