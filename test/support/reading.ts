import type { ApplicationStatus, HistoryEntry } from "../../controller/api/status.ts";
import { conditionOf } from "./conditions.ts";
import type { Controller, Inspected } from "./world.ts";

export function isReady(status: ApplicationStatus): boolean {
  return conditionOf(status, "Ready").status === "True";
}

export function isRunning({ State }: Inspected): boolean {
  return State.Status === "running";
}

/** The Compose service of a container. */
export function serviceOf({ Config }: Inspected): string {
  return Config.Labels["com.docker.compose.service"] ?? "";
}

/** What was healed, newest first. */
export function healings(status: ApplicationStatus): readonly HistoryEntry[] {
  return status.history.filter(({ trigger }) => trigger === "Drift");
}

/** How often something was healed: repeats of one healing are counted in its entry. */
export function healedCount(status: ApplicationStatus): number {
  return healings(status).reduce((sum, { count }) => sum + (count ?? 1), 0);
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
