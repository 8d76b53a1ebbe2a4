/**
 * What each container was given of the repository: by evidence, not by its age. Pure. The record says what a container
 * started now would be given, and, of those that were started before, what they were given then.
 */
import { hashOf } from "../lib/hash.ts";
import type { RepositoryMount } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { TreeEntry } from "../git/git.ts";
import type { FilesRecord, Mounts } from "../status/record.ts";
import { filesBelow } from "./target.ts";

export type ServiceMounts = Readonly<Record<string, Mounts>>;

/** Of what a container that started during an update of the checkout was given, nobody can say. */
const MIXED = "mixed";
const NOTHING = hashOf({});

/** service → mount → how, from where, and a hash of what comes through it. `fingerprint` is keyed: contents may be secret. */
export function mountsOf(
  mounts: Readonly<Record<string, readonly RepositoryMount[]>>,
  entries: readonly TreeEntry[],
  fingerprint: (text: string) => string,
): ServiceMounts {
  const valueOf = ({ how, paths, content }: RepositoryMount): string =>
    content === undefined
      ? `${how} ${paths[0] ?? ""}:${hashOf(filesBelow(entries, paths))}`
      : `${how}:${fingerprint(content)}`;
  return Object.fromEntries(
    Object.entries(mounts).map(([service, own]) => [
      service,
      Object.fromEntries(own.map((mount) => [mount.name, valueOf(mount)])),
    ]),
  );
}

/** How it arrives, and from where: what a new start of the container does not change. */
export function wayOf(value: string): string {
  return value.slice(0, Math.max(0, value.lastIndexOf(":")));
}

/** The folder that this value is of has files, and is the one that is still there: it goes with its last file. */
export function isSameFolder(value: string): boolean {
  return value.startsWith("folder ") && !value.endsWith(`:${MIXED}`) && !value.endsWith(`:${NOTHING}`);
}

/** What this container has. Undefined where nobody knows: that is no drift. */
export function givenTo(
  container: Pick<ObservedContainer, "id" | "service" | "startedAt">,
  files: FilesRecord | undefined,
): Mounts | undefined {
  if (files === undefined) return undefined;
  const now = files.checkout[container.service];
  const known = files.given[container.id];
  if (known === undefined || known.startedAt === container.startedAt) return known?.mounts ?? now;
  // A start mounts anew, from the same places; what was copied in when it was made stays.
  return Object.fromEntries(
    Object.entries(known.mounts).map(([name, value]) => {
      const renewed = now?.[name];
      const stays = renewed === undefined || isCopy(value) || wayOf(renewed) !== wayOf(value);
      return [name, stays ? value : renewed];
    }),
  );
}

/** Some mounts of `want` that the container has otherwise, by name. */
export function otherMounts(have: Mounts | undefined, want: Mounts | undefined): readonly string[] {
  return Object.entries(want ?? {})
    .filter(([name, value]) => have?.[name] !== undefined && have[name] !== value)
    .map(([name]) => name);
}

export interface Update {
  /** What the services are to be given afterwards. */
  readonly wanted: ServiceMounts;
  /** Whether the update will write, or remove, anything that comes through this mount. */
  readonly changes: (service: string, mount: string) => boolean;
}

/** As it has to be written down before the first file changes. */
export function beforeUpdate(
  files: FilesRecord | undefined,
  containers: readonly ObservedContainer[],
  { wanted, changes }: Update,
): FilesRecord {
  const unsure = Object.fromEntries(
    Object.entries(wanted).map(([service, mounts]) => [
      service,
      blend(files?.checkout[service], mounts, (mount) => changes(service, mount)),
    ]),
  );
  return { checkout: unsure, given: given(containers, files ?? { checkout: unsure, given: {} }) };
}

/** As it has to be written down when the last file has changed. */
export function afterUpdate(
  files: FilesRecord | undefined,
  containers: readonly ObservedContainer[],
  wanted: ServiceMounts,
): FilesRecord {
  return { checkout: wanted, given: given(containers, files ?? { checkout: {}, given: {} }) };
}

/** A program was told of the files that it sees, and reads them again. */
export function toldOf(
  files: FilesRecord,
  container: Pick<ObservedContainer, "id" | "service" | "startedAt">,
  wanted: Mounts,
): FilesRecord {
  const mounts = { ...givenTo(container, files), ...wanted };
  const { id, startedAt } = container;
  return { ...files, given: { ...files.given, [id]: { startedAt, mounts } } };
}

function given(containers: readonly ObservedContainer[], files: FilesRecord): FilesRecord["given"] {
  return Object.fromEntries(
    containers.flatMap((container) => {
      const mounts = givenTo(container, files);
      return mounts === undefined ? [] : [[container.id, { startedAt: container.startedAt, mounts }]];
    }),
  );
}

/** What is in the checkout while it changes. Where it was not known before: what the update does not touch is as it will be. */
function blend(old: Mounts | undefined, wanted: Mounts, changes: (mount: string) => boolean): Mounts {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => {
      const before = old?.[name];
      const same = before === undefined ? !changes(name) : before === value;
      return [name, same ? value : `${wayOf(value)}:${MIXED}`];
    }),
  );
}

function isCopy(value: string): boolean {
  return value.startsWith("copy");
}
