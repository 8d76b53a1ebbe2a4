import type { Condition, ConditionType } from "../api/status.ts";

/** A condition as computed now, before it is compared with the one of before. */
export type NewCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

/**
 * The conditions to publish: `lastTransitionTime` moves only where `status` changed (apimachinery's SetStatusCondition),
 * a condition that is not computed any more goes away, and the order is the one given.
 */
export function mergeConditions(
  before: readonly Condition[],
  now: readonly NewCondition[],
  observedGeneration: number,
  at: string,
): readonly Condition[] {
  const old = new Map<ConditionType, Condition>(before.map((condition) => [condition.type, condition]));
  return now.map(({ type, status, reason, message }) => {
    const previous = old.get(type);
    const lastTransitionTime = previous?.status === status ? previous.lastTransitionTime : at;
    return { type, status, observedGeneration, lastTransitionTime, reason, message };
  });
}
