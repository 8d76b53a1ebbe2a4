/**
 * What the statuses of Secrets and Receivers have in common. They have no record: the document that was published last,
 * by this process or one before, tells who a resource is and since when its conditions hold.
 */
import { randomUUID } from "node:crypto";
import type { Reason } from "../api/reasons.ts";
import { subjectOf } from "../api/resource.ts";
import type { Condition, StatusDocument, StatusMetadata } from "../api/status.ts";
import type { NewCondition } from "../status/conditions.ts";
import type { Why } from "../status/verdict.ts";
import type { ReconcileDeps } from "./deps.ts";

export type Known = StatusMetadata & { readonly generation: number };

/** Who the resource is, as the document of before has it; a resource that was never valid before is a new one. */
export function identify(
  name: string,
  before: StatusDocument | undefined,
  isSame: (before: StatusDocument) => boolean,
  at: string,
): Known {
  const { uid, generation, creationTimestamp } = before?.metadata ?? {};
  if (before === undefined || uid === undefined || !Number.isSafeInteger(generation)) {
    return { name, uid: randomUUID(), generation: 1, creationTimestamp: at };
  }
  const next = Number(generation) + (isSame(before) ? 0 : 1);
  return { name, uid, generation: next, creationTimestamp: creationTimestamp ?? at };
}

/** Ready, and Stalled while a person should look. */
export function readyConditions(fault: Why | undefined, well: Why): readonly NewCondition[] {
  if (fault === undefined) return [{ type: "Ready", status: "True", ...well }];
  return [
    { type: "Ready", status: "False", ...fault },
    { type: "Stalled", status: "True", ...fault },
  ];
}

/** Says once that something needs a person, and once that it does not any more. */
export function tellTurns(
  key: string,
  before: readonly Condition[],
  now: readonly Condition[],
  log: ReconcileDeps["log"],
): void {
  for (const { type, status, reason, message } of now) {
    if (type === "Stalled") continue;
    const known = before.find((condition) => condition.type === type);
    const resource = subjectOf(key);
    if (status === "False" && (known?.reason !== reason || known.message !== message)) {
      log.warn("needs a person", { event: "NeedsAttention", reason, resource, message });
    } else if (status === "True" && known?.status === "False") {
      log.info("goes on", { event: "GoesOn", reason: known.reason, resource });
    }
  }
}

/** Several faults in one sentence. */
export function faultOf(reason: Reason, faults: readonly string[]): Why | undefined {
  const [first, ...others] = faults;
  if (first === undefined) return undefined;
  return { reason, message: others.length === 0 ? first : `${first} (and ${others.length} more)` };
}
