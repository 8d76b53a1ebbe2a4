/** The logs of syncs, which are in the controller's data directory: whoever asks may not be allowed to read it. */
import { isDataDirOf } from "../registry/marker.ts";
import { listSyncLogs, readSyncLog, type FromDataDir } from "../status/read-sync-log.ts";
import { cleanText } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { CommandError } from "./errors.ts";

type Folders = Pick<CommandContext, "manifestsDir" | "dataDir">;

/** The log of a sync, safe to print. Throws CommandError, which says why there is none. */
export async function logOfSync(folders: Folders, name: string, id: number): Promise<string> {
  const read = await readSyncLog(folders.dataDir, name, id);
  if (read.kind === "read" && (await isDataDirOf(folders.manifestsDir, folders.dataDir)) !== false)
    return cleanText(read.value);
  throw unreadable(read, `Cannot read the log of sync ${id} of "${name}"`, await whyMissing(folders));
}

/** The newest sync that has a log, perhaps one that is under way. Throws CommandError. */
export async function newestLog(folders: Folders, name: string): Promise<number> {
  const listed = await listSyncLogs(folders.dataDir, name);
  const newest = listed.kind === "read" ? listed.value[0] : undefined;
  if (newest !== undefined) return newest;
  throw unreadable(listed, `Cannot read a log of "${name}"`, await whyMissing(folders));
}

function unreadable({ kind }: FromDataDir<unknown>, what: string, missing: string): CommandError {
  const why =
    kind === "forbidden" ? "only the user that runs the controller may read its data directory" : missing;
  return new CommandError(`${what}: ${why}`);
}

async function whyMissing({ manifestsDir, dataDir }: Folders): Promise<string> {
  const isRight = await isDataDirOf(manifestsDir, dataDir);
  if (isRight === true) return "there is none; it goes with its entry in the history";
  const not = isRight === undefined ? "holds no log of it" : "belongs to other manifests";
  return `"${dataDir}" ${not}; --data-dir names the data directory of the controller`;
}
