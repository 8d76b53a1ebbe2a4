import type { ReconcileDeps } from "./deps.ts";
import { withoutProcess, type Visit } from "./visit.ts";

/** How long a Compose process that outlived its controller may go on before it is ended. */
const SURVIVOR_LIMIT_MS = 10 * 60_000;
const LOOK_AGAIN_MS = 250;

/**
 * A Compose process of an earlier controller may still be changing the project: nothing is done to it before that process
 * has ended. Returns when to look again, or undefined when the way is free.
 */
export async function awaitSurvivor(visit: Visit, deps: ReconcileDeps): Promise<number | undefined> {
  const { process } = visit.record();
  if (process === undefined) return undefined;
  if (await deps.processes.isAlive(process)) {
    if (deps.clock.now() - process.startedAt < SURVIVOR_LIMIT_MS) return LOOK_AGAIN_MS;
    deps.log.warn("docker compose of an earlier controller is ended", {
      application: visit.name,
      command: process.command,
      pid: process.pid,
    });
    await deps.processes.end(process);
  }
  await visit.update(withoutProcess);
  await deps.engine.refresh(visit.project, visit.signal);
  return undefined;
}
