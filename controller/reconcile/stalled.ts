import type { ServiceStatus } from "../api/status.ts";
import type { Why } from "../status/verdict.ts";
import { spentOf } from "./budget.ts";
import type { ReconcileDeps } from "./deps.ts";
import { lastLinesOf } from "./last-words.ts";
import type { Look } from "./look.ts";
import type { Memory } from "./memory.ts";
import type { Visit } from "./visit.ts";

/** The service is healthy, and nothing of it is left to be healed. */
export function isWell({ name, status }: ServiceStatus, { steps }: Pick<Look["plan"], "steps">): boolean {
  const isHealthy = status === "Healthy" || status === "Finished" || status === "Stopped";
  return isHealthy && !steps.some(({ service }) => service === name);
}

/** What a person should look at, because ConOps cannot go on, or only slowly. */
export async function whyStalled(
  seen: Look | undefined,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<Why | undefined> {
  if (seen === undefined) return undefined;
  if (seen.unopenable !== undefined) return { reason: "RecordUnopenable", message: seen.unopenable.message };
  return (await whySpent(seen, visit, memory, deps)) ?? whyVolumeChanged(seen);
}

async function whySpent(
  { plan }: Look,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<Why | undefined> {
  const spent = new Set(spentOf(memory.budget));
  const service = plan.services.find((one) => spent.has(one.name) && !isWell(one, plan));
  if (service === undefined) {
    // What is not of one service: the project cannot be stopped, or an orphan not be removed.
    const finding = plan.findings.find(
      ({ kind, service: of }) =>
        (kind === "Running" && spent.has("")) || (kind === "Orphan" && spent.has(of)),
    );
    return finding && stalled(`service "${finding.service}": ${finding.kind}: ${finding.actual}`, "");
  }
  const finding = plan.findings.find((one) => one.service === service.name && one.ignored !== true);
  const container = deps.engine.project(visit.project).find(({ id }) => id === finding?.containerId);
  const lines = await lastLinesOf(finding?.containerId, visit, memory, deps);
  const said = lines.length === 0 ? "" : `, whose last lines are: ${lines.join(", ")}`;
  const look = container === undefined ? "" : `; look at container "${container.name}"${said}`;
  const what =
    finding === undefined ? (service.message ?? service.status) : `${finding.kind}: ${finding.actual}`;
  return stalled(`service "${service.name}": ${what}`, look);
}

function stalled(what: string, look: string): Why {
  return {
    reason: "HealBudgetSpent",
    message: `healing has failed again and again, and goes on every 5 minutes: ${what}${look}`,
  };
}

/** A volume is another one than the applied target asks for. */
export function whyVolumeChanged({ plan }: Pick<Look, "plan">): Why | undefined {
  const changed = plan.findings.find(({ kind, ignored }) => kind === "VolumeChanged" && ignored !== true);
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
