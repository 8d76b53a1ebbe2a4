/**
 * The times of a gate, by the monotonic clock: neither a clock that is set nor an engine whose clock differs shortens or
 * lengthens a gate. A new controller takes what is left of the recorded deadline, and lets everything settle anew.
 */
import type { AppliedTarget } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";

type Deps = Pick<ReconcileDeps, "clock" | "settleMs">;

/** How long until every life of a container that is seen now has been seen for the settling time; 0 or less: it has. */
export function settlesInMs(plan: Pick<Plan, "lives">, memory: Memory, { clock, settleMs }: Deps): number {
  const now = clock.monotonic();
  memory.lives = new Map(plan.lives.map((life) => [life, memory.lives?.get(life) ?? now]));
  return Math.max(0, ...[...memory.lives.values()].map((since) => since + settleMs - now));
}

/** While nothing can be seen no gate can pass: it has its whole time anew when it is looked at again. */
export function stopGate(memory: Memory): void {
  if (memory.gate !== undefined) memory.gate = { ...memory.gate, isStopped: true };
}

/** How long until the deadline of the gate; 0 or less when it has passed. */
export function leftOfGateMs(
  { syncedAt, gateDeadline }: Pick<AppliedTarget, "syncedAt" | "gateDeadline">,
  timeoutMs: number,
  memory: Memory,
  { clock }: Deps,
): number {
  const of = `${syncedAt} ${gateDeadline}`;
  if (memory.gate?.of !== of || memory.gate.isStopped === true) {
    const recordedMs = Math.min(Math.max(gateDeadline - clock.now(), 0), timeoutMs);
    const leftMs = memory.gate?.isStopped === true ? timeoutMs : recordedMs;
    memory.gate = { of, endsAt: clock.monotonic() + leftMs };
  }
  return memory.gate.endsAt - clock.monotonic();
}
