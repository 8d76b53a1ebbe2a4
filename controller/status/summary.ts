/**
 * What was observed and decided → the conditions and the phase. Pure; the table of the README's status section in code.
 */
import type { Phase } from "../api/status.ts";
import type { NewCondition } from "./conditions.ts";
import { judgeImages, judgeSource, judgeVerification, saidBefore } from "./judge-source.ts";
import type { Observation } from "./observation.ts";
import type { AppliedTarget, Attempt } from "./record.ts";
import { unknown, type Verdict, type Why } from "./verdict.ts";

export interface Summary {
  readonly phase: Phase;
  readonly conditions: readonly NewCondition[];
  readonly syncStatus: "Synced" | "OutOfSync" | "Unknown";
}

export function summarise(seen: Observation): Summary {
  const ready = judgeReady(seen);
  const synced = judgeSynced(seen);
  const progress = judgeProgress(seen, ready);
  const conditions: NewCondition[] = [{ type: "Ready", ...ready }];
  if (progress?.kind === "Reconciling")
    conditions.push({ type: "Reconciling", status: "True", ...progress.why });
  if (progress?.kind === "Stalled") conditions.push({ type: "Stalled", status: "True", ...progress.why });
  conditions.push(
    { type: "SourceReady", ...judgeSource(seen) },
    ...(seen.verifies === true ? [{ type: "SourceVerified" as const, ...judgeVerification(seen) }] : []),
    ...(seen.images === undefined
      ? []
      : [{ type: "ImagesChecked" as const, ...judgeImages(seen.images, seen) }]),
    { type: "Synced", ...synced },
    { type: "Healthy", ...judgeHealthy(seen) },
  );
  return {
    phase: phaseOf(seen, ready, synced),
    conditions,
    syncStatus: synced.status === "True" ? "Synced" : synced.status === "False" ? "OutOfSync" : "Unknown",
  };
}

function judgeReady(seen: Observation): Verdict {
  const { record, health } = seen;
  const { applied } = record;
  const attempt = attemptThatCounts(seen);
  if (record.deletion !== undefined) {
    return {
      status: "False",
      ...(seen.deletionBlocked ?? { reason: "Deleting", message: "is being deleted" }),
    };
  }
  if (seen.invalid !== undefined) return { status: "False", ...seen.invalid };
  if (seen.deletionHeld !== undefined) return { status: "False", ...seen.deletionHeld };
  if (seen.engineDown !== undefined) return { status: "Unknown", ...seen.engineDown };
  if (seen.wantedState === "Stopped") return readyWhenStopped(seen);
  if (seen.forbidden !== undefined) return { status: "False", ...seen.forbidden };
  if (applied === undefined) return readyBeforeFirst(seen, attempt);
  if (attempt !== undefined) {
    if (hasFailed(attempt)) return { status: "False", ...whyFailed(attempt) };
    return unknown("Progressing", `applies ${short(attempt.revision)}`);
  }
  if (health === undefined) return unknown("FirstVisit", "its containers have not been looked at yet");
  if (health.status === "Degraded" || health.status === "Missing") {
    return { status: "False", reason: "ServiceNotHealthy", message: health.message };
  }
  // A target that is tried again stays what it was until its gate passes.
  if (applied.gate === "failed" || (applied.gate === "pending" && applied.gateReason !== undefined)) {
    return { status: "False", ...whyGateFailed(applied) };
  }
  if (applied.gate === "pending") {
    return unknown("Progressing", `waits until ${short(applied.revision)} is healthy: ${health.message}`);
  }
  if (health.status === "Progressing")
    return { status: "False", reason: "Progressing", message: health.message };
  return { status: "True", reason: "Synced", message: `${short(applied.revision)} is applied and healthy` };
}

function readyWhenStopped({ health, record }: Observation): Verdict {
  const neverMade = record.applied === undefined && health === undefined;
  if (record.state === "Stopped" || neverMade) {
    return { status: "True", reason: "Stopped", message: "stopped by spec.state" };
  }
  return unknown("Progressing", "stops");
}

function readyBeforeFirst(seen: Observation, attempt: Attempt | undefined): Verdict {
  if (attempt !== undefined && hasFailed(attempt)) return { status: "False", ...whyFailed(attempt) };
  if (attempt !== undefined) return unknown("Progressing", `applies ${short(attempt.revision)}`);
  if (seen.source.error !== undefined) return { status: "False", ...seen.source.error };
  if (seen.suspended)
    return { status: "False", reason: "Suspended", message: "suspended before its first deployment" };
  if (seen.decision === "awaiting") {
    return {
      status: "False",
      reason: "AwaitingSync",
      message: "its first deployment waits for `conops sync`",
    };
  }
  return unknown("FirstVisit", "its source has not been read yet");
}

function judgeSynced(seen: Observation): Verdict {
  const { record, decision } = seen;
  const { applied } = record;
  const attempt = attemptThatCounts(seen);
  if (applied === undefined) {
    if (attempt !== undefined && hasFailed(attempt)) return { status: "False", ...whyFailed(attempt) };
    if (decision === "awaiting") {
      return { status: "False", reason: "AwaitingSync", message: "waits for `conops sync`" };
    }
    return unknown("FirstVisit", "nothing has been applied yet");
  }
  if (attempt !== undefined && hasFailed(attempt)) return { status: "False", ...whyFailed(attempt) };
  if (attempt !== undefined || decision === "apply" || applied.left !== undefined) {
    return { status: "False", reason: "NewRevision", message: "a new target is being applied" };
  }
  if (seen.forbidden !== undefined) return { status: "False", ...seen.forbidden };
  if (decision === "awaiting") {
    return { status: "False", reason: "AwaitingSync", message: "a new target waits for `conops sync`" };
  }
  if (decision === "suspended" && seen.newer === true) {
    return { status: "False", reason: "Suspended", message: "a new target waits for `suspend: false`" };
  }
  const before = decision === "no-source" ? saidBefore(seen, "Synced") : undefined;
  if (before?.reason === "AwaitingSync") return before;
  const [first, ...others] = seen.drifted;
  if (first !== undefined && seen.wantedState === "Running") {
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    return {
      status: "False",
      reason: "Drift",
      message: `service "${first.service}": ${first.kind}: ${first.actual}${more}`,
    };
  }
  return { status: "True", reason: "Synced", message: `${short(applied.revision)} is applied` };
}

function judgeHealthy({ health, engineDown, record }: Observation): Verdict {
  if (engineDown !== undefined) return { status: "Unknown", ...engineDown };
  if (health === undefined) {
    return unknown(
      "FirstVisit",
      record.applied === undefined ? "nothing has been applied yet" : "not looked at yet",
    );
  }
  switch (health.status) {
    case "Healthy":
      return { status: "True", reason: "Healthy", message: health.message };
    case "Stopped":
      return { status: "True", reason: "Stopped", message: health.message };
    case "Progressing":
      return { status: "Unknown", reason: "Progressing", message: health.message };
    case "Degraded":
    case "Missing":
      return { status: "False", reason: "ServiceNotHealthy", message: health.message };
    default:
      return health.status satisfies never;
  }
}

function judgeProgress(
  seen: Observation,
  ready: Verdict,
): { readonly kind: "Reconciling" | "Stalled"; readonly why: Why } | undefined {
  const why = { reason: ready.reason, message: ready.message };
  const { attempt, deletion } = seen.record;
  if (deletion !== undefined) {
    return { kind: seen.deletionBlocked === undefined ? "Reconciling" : "Stalled", why };
  }
  const stuck = seen.invalid ?? seen.deletionHeld ?? seen.forbidden ?? seen.stalled;
  if (stuck !== undefined && seen.engineDown === undefined) return { kind: "Stalled", why: stuck };
  if (
    attempt?.result === "failed" &&
    (attempt.terminal === true || attempt.failures >= STALLED_AFTER_FAILURES)
  ) {
    return { kind: "Stalled", why: whyFailed(attempt) };
  }
  const waits = isUnderWay(seen) || seen.record.applied?.gate === "pending";
  if (ready.status === "Unknown" || ready.reason === "Progressing" || waits) {
    return seen.suspended ? undefined : { kind: "Reconciling", why };
  }
  return undefined;
}

/** A target is being brought up: a new one, or the last healthy one again. */
function isUnderWay({ record: { attempt, rollback } }: Observation): boolean {
  return attempt?.result === "running" || (rollback?.state === "running" && rollback.problem === undefined);
}

/** As for healing: after this many failures in a row, a person should look. */
const STALLED_AFTER_FAILURES = 8;

function phaseOf(seen: Observation, ready: Verdict, synced: Verdict): Phase {
  const { record, decision } = seen;
  if (record.deletion !== undefined) return "Deleting";
  if (record.applied === undefined) {
    if (seen.invalid !== undefined || seen.forbidden !== undefined) return "Error";
    if (seen.suspended) return "Suspended";
    if (seen.wantedState === "Stopped") return "Stopped";
    if (record.attempt?.result === "failed" || seen.source.error !== undefined) return "Error";
    if (record.attempt !== undefined) return "Syncing";
    return decision === "awaiting" ? "PendingSync" : "Pending";
  }
  if (seen.suspended) return "Suspended";
  if (seen.wantedState === "Stopped") return "Stopped";
  if (seen.engineDown !== undefined) return "Error";
  if (isUnderWay(seen) || record.applied.gate === "pending") return "Syncing";
  if (ready.status === "False") return ready.reason === "Progressing" ? "Syncing" : "Degraded";
  return synced.status === "False" ? "OutOfSync" : "Synced";
}

/** A try that was broken off by `suspend` before it touched anything says nothing about what runs. */
function attemptThatCounts({ record: { attempt }, suspended }: Observation): Attempt | undefined {
  if (attempt === undefined || !suspended) return attempt;
  return hasFailed(attempt) || attempt.made !== undefined ? attempt : undefined;
}

function hasFailed(attempt: Attempt): boolean {
  return attempt.result === "failed" || attempt.failures > 0;
}

function whyFailed(attempt: Attempt): Why {
  return {
    reason: attempt.reason ?? "InternalError",
    message: attempt.message ?? `the last try to apply ${short(attempt.revision)} failed`,
  };
}

function whyGateFailed(applied: AppliedTarget): Why {
  return {
    reason: applied.gateReason ?? "HealthGateFailed",
    message: applied.gateMessage ?? `${short(applied.revision)} did not become healthy`,
  };
}

function short(revision: string): string {
  return revision.slice(0, 12);
}
