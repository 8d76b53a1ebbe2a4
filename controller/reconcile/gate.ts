/**
 * Is what was applied to be believed? By ConOps's own model, not by `--wait`. Pure.
 */
import type { Reason } from "../api/reasons.ts";
import type { AppliedTarget } from "../status/record.ts";
import type { Plan } from "./plan.ts";

export type GateVerdict =
  | { readonly gate: "passed" }
  /** Look again at `recheckAt` (wall milliseconds), if nothing happens before. */
  | { readonly gate: "pending"; readonly recheckAt: number }
  | {
      readonly gate: "failed";
      readonly reason: Reason;
      readonly message: string;
      readonly containerId?: string;
    };

export interface GateQuestion {
  readonly applied: Pick<AppliedTarget, "gate" | "gateDeadline">;
  readonly plan: Pick<Plan, "health" | "findings" | "lastStartedAt">;
  /** How long everything must have run. */
  readonly settleMs: number;
  readonly timeoutMs: number;
  readonly now: number;
}

/**
 * A gate passes when every service is healthy (or finished) and has run for the settling time, also after it has failed;
 * it fails at once when a container ended or turned unhealthy by itself, else at its deadline.
 */
export function judgeGate({ applied, plan, settleMs, timeoutMs, now }: GateQuestion): GateVerdict {
  if (plan.health.status === "Healthy") {
    const settledAt = plan.lastStartedAt + settleMs;
    // A start in the future is a clock that was set back: do not wait for it.
    if (now >= settledAt || plan.lastStartedAt > now) return { gate: "passed" };
    return { gate: "pending", recheckAt: settledAt };
  }
  const fault = plan.findings.find(({ cause }) => cause === "itself");
  if (fault !== undefined) {
    return {
      gate: "failed",
      reason: fault.kind === "Restarting" ? "CrashLoop" : "HealthGateFailed",
      message: `service "${fault.service}": ${fault.kind}: ${fault.actual}`,
      ...(fault.containerId && { containerId: fault.containerId }),
    };
  }
  if (now >= applied.gateDeadline) {
    return {
      gate: "failed",
      reason: "HealthGateFailed",
      message: `not healthy within ${Math.round(timeoutMs / 1000)}s: ${plan.health.message}`,
      ...(plan.health.containerId && { containerId: plan.health.containerId }),
    };
  }
  return { gate: "pending", recheckAt: applied.gateDeadline };
}
