/**
 * Is what was applied to be believed? By ConOps's own model, not by `--wait`. Pure.
 */
import type { Reason } from "../api/reasons.ts";
import type { Plan } from "./plan.ts";

export type GateVerdict =
  | { readonly gate: "passed" }
  /** Look again after so long, if nothing happens before. */
  | { readonly gate: "pending"; readonly recheckAfterMs: number }
  | {
      readonly gate: "failed";
      readonly reason: Reason;
      readonly message: string;
      readonly containerId?: string;
    };

export interface GateQuestion {
  readonly plan: Pick<Plan, "health" | "findings">;
  /** How long until every container has run for the settling time without a break. */
  readonly settlesInMs: number;
  /** Until the deadline. */
  readonly leftMs: number;
  readonly timeoutMs: number;
  /** What is known to take longer than the timeout, a sentence each. */
  readonly slow: readonly string[];
}

/**
 * A gate passes when every service is healthy (or finished) and has run for the settling time, also after it has failed;
 * it fails at once when a container ended or turned unhealthy by itself, else at its deadline.
 */
export function judgeGate({ plan, settlesInMs, leftMs, timeoutMs, slow }: GateQuestion): GateVerdict {
  if (plan.health.status === "Healthy") {
    return settlesInMs <= 0 ? { gate: "passed" } : { gate: "pending", recheckAfterMs: settlesInMs };
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
  if (leftMs <= 0) {
    const within = `not healthy within ${Math.round(timeoutMs / 1000)}s`;
    return {
      gate: "failed",
      reason: "HealthGateFailed",
      message: [`${within}: ${plan.health.message}`, ...slow].join("; "),
      ...(plan.health.containerId && { containerId: plan.health.containerId }),
    };
  }
  return { gate: "pending", recheckAfterMs: leftMs };
}
