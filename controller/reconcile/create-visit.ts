import { join } from "node:path";
import { syncUnderWay } from "../status/history.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { SyncLogs } from "../status/sync-logs.ts";
import type { PrepareDeps } from "./deps.ts";
import type { Memory } from "./memory.ts";
import { discretionOf } from "./recorded-rendering.ts";
import { secretsInUse } from "./secrets.ts";
import type { Visit } from "./visit.ts";
import { projectTaken, whoRuns } from "./wanted.ts";

export interface VisitSetting extends Pick<Visit, "application" | "signal"> {
  /** Compose project → the Application whose visit under way is about to claim it. */
  readonly claims: Map<string, string>;
  readonly memory: Memory;
}

/** A visit of the record's Application, with its Secrets as they are now, and a mask that knows what runs, too. */
export async function createVisit(
  first: ApplicationRecord,
  { application, signal, claims, memory }: VisitSetting,
  deps: Pick<PrepareDeps, "records" | "secrets" | "renderings" | "dataDir"> & {
    readonly syncLogs: Pick<SyncLogs, "add">;
  },
): Promise<Visit> {
  let record = first;
  const secrets = secretsInUse(application.spec, deps.secrets);
  const discretion = await discretionOf(first, secrets, memory, deps);
  const project = record.project ?? application.spec.compose.projectName;
  return {
    name: record.name,
    application,
    project,
    stableDir: join(deps.dataDir, "checkouts", record.name),
    signal,
    secrets,
    ...discretion,
    record: () => record,
    say(text, source) {
      const id = syncUnderWay(record);
      if (id !== undefined) deps.syncLogs.add(record.name, id, discretion.mask(text), source);
    },
    claimProject() {
      const other = claims.get(project) ?? whoRuns(project, record.name, deps);
      if (other !== undefined && other !== record.name) throw projectTaken(project, other);
      claims.set(project, record.name);
    },
    async update(change) {
      record = await deps.records.put(change(record));
      return record;
    },
  };
}
