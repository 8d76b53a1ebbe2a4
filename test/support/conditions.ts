import type { ApplicationStatus, Condition, ConditionType } from "../../controller/api/status.ts";

/** The condition of this type; empty where there is none. */
export function conditionOf(status: ApplicationStatus, type: ConditionType): Partial<Condition> {
  return status.conditions.find((condition) => condition.type === type) ?? {};
}

/** The reason of the condition of this type; empty where there is none. */
export function reasonOf(status: ApplicationStatus, type: ConditionType): string {
  return conditionOf(status, type).reason ?? "";
}
