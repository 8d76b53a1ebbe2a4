/** What the records say to those who begin before anything was looked at. */
import type { Application } from "../api/application.ts";
import type { KnownResource } from "../registry/registry.ts";
import type { ApplicationRecord } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";

/** What the registry has to know of deletions that were judged before this process began. */
export function knownResource({ name, place, deletion, conditions }: ApplicationRecord): KnownResource {
  if (deletion !== undefined) return { name, place, deletion: "decided" };
  const isHeld = conditions.some(({ reason }) => reason === "DeletionHeld");
  return isHeld ? { name, place, deletion: "held" } : { name, place };
}

/** The ids of the remotes that Applications follow, whether or not their credentials can be had. */
export function followedRemotes(
  applications: readonly (Application | undefined)[],
  remoteOf: ReconcileDeps["remoteOf"],
): ReadonlySet<string> {
  const found = applications.filter((application) => application !== undefined);
  return new Set(found.map((application) => remoteOf(application, undefined).id));
}
