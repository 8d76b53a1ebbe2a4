/** What the records say to those who begin before anything was looked at. */
import { isApplicationKey, parseKey } from "../api/resource.ts";
import type { KnownResource } from "../registry/registry.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { RecordStore } from "../status/record-store.ts";
import type { StatusPublisher } from "../status/status-file.ts";
import type { ReconcileDeps } from "./deps.ts";

/**
 * What the registry has to know of what was there before this process: of Applications by their records, with the
 * deletions that were judged; of Secrets and Receivers, which have none, by their statuses.
 */
export function knownResources(
  records: Pick<RecordStore, "list">,
  status: Pick<StatusPublisher, "unclaimed">,
): readonly KnownResource[] {
  return [
    ...records.list().map(ofRecord),
    ...status.unclaimed().filter(({ key }) => parseKey(key) !== undefined && !isApplicationKey(key)),
  ];
}

function ofRecord({ name: key, place, deletion, conditions }: ApplicationRecord): KnownResource {
  if (deletion !== undefined) return { key, place, deletion: "decided" };
  const isHeld = conditions.some(({ reason }) => reason === "DeletionHeld");
  return isHeld ? { key, place, deletion: "held" } : { key, place };
}

/**
 * The ids of the remotes whose mirrors are needed: that Applications follow, whether or not their credentials can be had, and
 * from which what was healthy last would be brought back.
 */
export function neededRemotes(
  records: Pick<RecordStore, "list">,
  readManifest: ReconcileDeps["readManifest"],
  remoteOf: ReconcileDeps["remoteOf"],
): ReadonlySet<string> {
  const ids = records.list().flatMap(({ manifest, lastHealthy }) => {
    const application = readManifest(manifest);
    const followed = application && remoteOf(application, undefined).id;
    return [followed, lastHealthy?.checkout?.remote.id];
  });
  return new Set(ids.filter((id) => id !== undefined));
}
