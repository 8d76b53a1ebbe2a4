import type {
  ApplicationStatus,
  Condition,
  ConditionType,
  HistoryEntry,
} from "../../controller/api/status.ts";
import type { Controller } from "./world.ts";

/** The condition of this type; throws where there is none. */
export function conditionOf(status: ApplicationStatus, type: ConditionType): Condition {
  const found = status.conditions.find((condition) => condition.type === type);
  if (found === undefined) throw new Error(`The status has no condition ${type}`);
  return found;
}

/** What was healed, newest first. */
export function healings(status: ApplicationStatus): readonly HistoryEntry[] {
  return status.history.filter(({ trigger }) => trigger === "Drift");
}

/** The value of one series as `/metrics` shows it, such as `conops_drift_total{name="web",kind="Stopped"}`; 0 where it is not there. */
export async function metricOf(controller: Controller, series: string): Promise<number> {
  const text = await (await fetch(`${controller.http}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Watches for `forMs` that something stays as it is; rejects the moment it does not. For what must not happen. */
export async function stays(what: string, forMs: number, ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + forMs;
  do {
    if (!(await ask())) throw new Error(`It did not stay so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (performance.now() < end);
}
