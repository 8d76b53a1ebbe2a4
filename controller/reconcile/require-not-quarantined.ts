import { ReconcileError } from "../api/errors.ts";
import type { Trigger } from "../api/status.ts";
import type { Target } from "../status/record.ts";
import { findQuarantined, renamed, whyQuarantined, withQuarantine } from "./quarantine.ts";
import type { Visit } from "./visit.ts";

/**
 * Throws ReconcileError `RolledBack`, terminal, for what holds the same as a target that was rolled back, unless a person asks
 * for it. From then on this target waits for a person, without being looked into again.
 */
export async function requireNotQuarantined(
  content: string,
  target: Target,
  trigger: Trigger,
  visit: Visit,
): Promise<void> {
  const entry = findQuarantined(visit.record().quarantine, content);
  if (entry === undefined || trigger === "Requested") return;
  await visit.update((record) => withQuarantine(record, renamed(record.quarantine, entry, target)));
  const { reason, message } = whyQuarantined(entry, target);
  throw new ReconcileError(message, { reason, terminal: true });
}
