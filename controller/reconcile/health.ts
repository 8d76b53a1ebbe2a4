import { ONLY_DRIFT } from "../api/drift.ts";
import type { ServiceStatus } from "../api/status.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { DesiredService } from "./desired.ts";
import type { Finding, Judged } from "./judged.ts";

/** The health of a whole Application. */
export interface Health {
  readonly status: "Healthy" | "Progressing" | "Degraded" | "Missing" | "Stopped";
  /** The first service that is not well, and why; for a person. */
  readonly message: string;
  /** The container whose last words explain it. */
  readonly containerId?: string;
}

/** A service as the status file shows it; `waits`: for what it waits before it is started, or brought up at all. */
export function statusOf(
  one: Judged,
  found: readonly Finding[],
  waits: readonly string[] = [],
): ServiceStatus {
  const { service, containers } = one;
  const running = containers.filter(({ verdict }) => verdict.is === "running");
  const note = containers.map(({ verdict }) => ("note" in verdict ? verdict.note : undefined)).find(Boolean);
  const base = (status: ServiceStatus["status"], message?: string): ServiceStatus =>
    serviceStatus(service, containers[0]?.container, status, running.length, message);
  const waiting = waits.length === 0 ? undefined : `waits for ${waits.join(" and ")}`;
  if (one.left) return base("Progressing", waiting ?? "is to be brought up");
  const first = failureIn(one, found);
  if (first !== undefined) {
    const what = `${first.kind}: ${first.actual}`;
    return base(
      first.kind === "Missing" && containers.length === 0 ? "Missing" : "Degraded",
      waiting === undefined ? what : `${what}; ${waiting}`,
    );
  }
  if (one.madeUntil !== undefined) return base("Progressing", "its containers are being made");
  if (one.finishedWithout) return base("Finished");
  if (containers.some(({ verdict }) => verdict.is === "finished")) return base("Finished", note);
  if (containers.some(({ verdict }) => verdict.is === "restarting")) return base("Progressing", "restarting");
  if (running.some(({ verdict }) => verdict.is === "running" && verdict.settling)) {
    return base("Progressing", "its health check has not answered yet");
  }
  return base("Healthy", note);
}

/** The first finding for which the service does not work as it should; ignoring it makes nothing well. */
function failureIn(one: Judged, found: readonly Finding[]): Finding | undefined {
  const isSurplus = one.containers.length > one.service.replicas;
  return found.find(({ kind, ignored }) => {
    if (kind === "Scaled") return !isSurplus;
    return !ONLY_DRIFT.has(kind) && !(kind === "FilesChanged" && ignored === true);
  });
}

export function serviceStatus(
  service: DesiredService,
  container: ObservedContainer | undefined,
  status: ServiceStatus["status"],
  running: number,
  message?: string,
): ServiceStatus {
  return {
    name: service.name,
    status,
    replicas: `${running}/${service.replicas}`,
    // Where it was made by an id, the rendering has the name.
    image: container === undefined || container.image === container.imageId ? service.image : container.image,
    ...(container && { imageID: container.imageId }),
    ...(message !== undefined && { message }),
  };
}

export function healthOf(one: Judged, status: ServiceStatus, found: readonly Finding[]): Health {
  const containerId = failureIn(one, found)?.containerId;
  const message = `service "${one.service.name}": ${status.message ?? status.status}`;
  switch (status.status) {
    case "Healthy":
    case "Finished":
    case "Stopped":
      return { status: "Healthy", message: "every service is healthy" };
    case "Progressing":
    case "Missing":
    case "Degraded":
      return { status: status.status, message, ...(containerId && { containerId }) };
    default:
      return status.status satisfies never;
  }
}

const WORSE: Readonly<Record<Health["status"], number>> = {
  Stopped: 0,
  Healthy: 0,
  Progressing: 1,
  Missing: 2,
  Degraded: 3,
};

export function worseHealth(a: Health, b: Health): Health {
  return WORSE[b.status] > WORSE[a.status] ? b : a;
}
