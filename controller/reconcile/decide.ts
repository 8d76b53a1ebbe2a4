/**
 * Which target should run now, and may it be applied? Pure: a situation in, one decision out. The two questions "is there
 * a new target to apply" and "is the applied target to be restored" are kept apart: this file answers the first.
 */
import type { Reason } from "../api/reasons.ts";
import type { Trigger } from "../api/status.ts";
import type { AppliedTarget, Attempt, Target } from "../status/record.ts";
import type { Quarantined, Rollback } from "../status/rollback-types.ts";
import { sameTarget } from "./target.ts";

export interface Situation {
  readonly suspend: boolean;
  readonly state: "Running" | "Stopped";
  readonly automated: boolean;
  /** The last good spec at the last known revision; none while the source has never answered. */
  readonly target: Target | undefined;
  readonly applied: AppliedTarget | undefined;
  readonly attempt: Attempt | undefined;
  readonly rollback?: Rollback | undefined;
  readonly quarantine?: readonly Quarantined[] | undefined;
  /** An accepted sync request is waiting to be carried out. */
  readonly requested: boolean;
  /** The request asked for a look at the remote first, and that has not happened yet. */
  readonly sourceIsOlderThanRequest: boolean;
  /** Of the spec as written now. */
  readonly generation: number;
  /** Of the credentials as they are now. */
  readonly credentialsDigest: string | undefined;
  /** Of what is allowed to the Application now. */
  readonly policyDigest: string;
  /** Something that forbids any new target: the reason, in words. */
  readonly forbidden: { readonly reason: Reason; readonly message: string } | undefined;
  /** A registry has other images for the applied target, and they may be taken without being asked for. */
  readonly hasNewImages: boolean;
  /** Wall milliseconds. */
  readonly now: number;
}

export type Decision =
  | { readonly kind: "apply"; readonly target: Target; readonly trigger: Trigger }
  /** Nothing to apply: the applied target is the wanted one. */
  | { readonly kind: "current" }
  /** There is a new target, and it waits for a person. */
  | { readonly kind: "awaiting"; readonly target: Target }
  /** There is a new target, and it waits for its retry, or for ever if `retryAt` is none. */
  | { readonly kind: "backoff"; readonly target: Target; readonly retryAt?: number }
  /** There is a new target, and it is, or holds the same as, one that was rolled back: it waits for a person. */
  | { readonly kind: "quarantined"; readonly target: Target; readonly entry: Quarantined }
  /** The last healthy target is to be brought back now. */
  | { readonly kind: "rollback" }
  /** Nothing can be decided before the source has answered. */
  | { readonly kind: "no-source" }
  | { readonly kind: "forbidden"; readonly reason: Reason; readonly message: string }
  | { readonly kind: "suspended" }
  | { readonly kind: "stopped" };

export function decide(situation: Situation): Decision {
  const { rollback, now } = situation;
  if (situation.suspend) return { kind: "suspended" };
  if (situation.state === "Stopped") return { kind: "stopped" };
  const decision = decideTarget(situation);
  // A rollback needs neither Git nor the Secrets: only something newer takes its place.
  if (rollback?.state !== "running" || decision.kind === "apply") return decision;
  const { retryAt = 0, from } = rollback;
  return retryAt > now ? { kind: "backoff", target: from, retryAt } : { kind: "rollback" };
}

function decideTarget(situation: Situation): Decision {
  const { target, applied, attempt, requested, now } = situation;
  if (situation.forbidden !== undefined) return { kind: "forbidden", ...situation.forbidden };
  if (target === undefined) return { kind: "no-source" };
  if (requested) {
    return situation.sourceIsOlderThanRequest
      ? { kind: "no-source" }
      : { kind: "apply", target, trigger: "Requested" };
  }
  const attempted = sameTarget(attempt, target) ? attempt : undefined;
  // Half-way through another target: what runs is neither, so the wanted one has to be brought up in full.
  const between = attempt?.made !== undefined;
  const isApplied = sameTarget(applied, target) && !between;
  // With other images it is another try, whatever became of those before.
  if (isApplied && situation.hasNewImages) return { kind: "apply", target, trigger: "ImageChanged" };
  // A failed try at the applied target itself (its one-shot failed) is tried again like any other.
  if (isApplied && attempted === undefined) return { kind: "current" };
  const entry = situation.quarantine?.find((barred) => sameTarget(barred.target, target));
  if (entry !== undefined) return { kind: "quarantined", target, entry };
  const trigger = triggerOf(situation);
  if (attempted?.result === "running") return { kind: "apply", target, trigger: attempted.trigger };
  if (attempted !== undefined) {
    const { terminal = false, retryAt = 0 } = attempted;
    const { credentialsDigest: credentials = "" } = situation;
    if ((attempted.credentialsDigest ?? credentials) !== credentials)
      return { kind: "apply", target, trigger: "SecretChanged" };
    // What another policy refused, this one may allow.
    if (terminal && (attempted.policyDigest ?? situation.policyDigest) !== situation.policyDigest)
      return { kind: "apply", target, trigger: attempted.trigger };
    // An edit may lift what was refused, also one that makes no new target (`adopt: true`).
    if (terminal && attempted.generation === situation.generation) return { kind: "backoff", target };
    if (!terminal && retryAt > now) return { kind: "backoff", target, retryAt };
    return { kind: "apply", target, trigger: attempted.trigger };
  }
  if (!situation.automated) return { kind: "awaiting", target };
  return { kind: "apply", target, trigger };
}

function triggerOf({ applied, target }: Situation): Trigger {
  if (applied === undefined || target === undefined || applied.revision !== target.revision)
    return "NewRevision";
  if (applied.specHash !== target.specHash) return "SpecChanged";
  return applied.secretsDigest === target.secretsDigest ? "NewRevision" : "SecretChanged";
}
