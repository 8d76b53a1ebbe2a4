import { parseInterval } from "../api/interval.ts";
import type { RenderedProject } from "../compose/compose.ts";

/**
 * Services whose health check may fail for longer than the gate waits: service → a sentence. During `start_period` a
 * failing probe counts for nothing, so that only a probe that succeeds can end it.
 */
export function slowStarts(
  { services }: Pick<RenderedProject, "services">,
  timeoutMs: number,
): ReadonlyMap<string, string> {
  const slow = new Map<string, string>();
  for (const [name, { healthcheck }] of Object.entries(services)) {
    const period = healthcheck?.disable === true ? undefined : healthcheck?.start_period;
    if (period === undefined || (parseInterval(period) ?? 0) <= timeoutMs) continue;
    slow.set(
      name,
      `start_period of service "${name}" (${period}) is longer than spec.sync.timeout (${Math.round(timeoutMs / 1000)}s)`,
    );
  }
  return slow;
}
