import type { Why } from "../status/verdict.ts";
import { isSpent } from "./budget.ts";
import type { Look } from "./look.ts";
import type { Memory } from "./memory.ts";

/** Every service is healthy, and nothing is left to be healed. */
export function isWell({ plan }: Pick<Look, "plan">): boolean {
  return plan.health.status === "Healthy" && plan.steps.length === 0;
}

/** What a person should look at, because ConOps cannot go on, or only slowly. */
export function whyStalled(
  seen: Pick<Look, "plan" | "unopenable"> | undefined,
  memory: Pick<Memory, "budget">,
): Why | undefined {
  if (seen === undefined) return undefined;
  if (seen.unopenable !== undefined) return { reason: "RecordUnopenable", message: seen.unopenable.message };
  if (isSpent(memory.budget) && !isWell(seen)) {
    return {
      reason: "HealBudgetSpent",
      message: `healing has failed again and again, and goes on every 5 minutes: ${whatIsWrong(seen.plan)}`,
    };
  }
  const changed = seen.plan.findings.find(
    ({ kind, ignored }) => kind === "VolumeChanged" && ignored !== true,
  );
  if (changed === undefined) return undefined;
  const { of: volume = "", actual, service } = changed;
  return {
    reason: "VolumeChanged",
    message:
      `volume "${volume}" of service "${service}": ${actual}. ConOps never changes a volume, because its data would be lost. ` +
      "Save the data, `conops suspend`, `docker compose -p PROJECT down`, `docker volume rm`, `conops resume`, and put the data " +
      "back. A volume that somebody made anew on purpose is accepted by `conops sync`",
  };
}

function whatIsWrong({ health, findings }: Look["plan"]): string {
  if (health.status !== "Healthy") return health.message;
  const [first] = findings;
  return first === undefined ? health.message : `service "${first.service}": ${first.kind}: ${first.actual}`;
}
