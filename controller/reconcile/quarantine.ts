/**
 * What was rolled back is not tried again by itself: neither that target, nor another commit of the same content. Pure.
 */
import type { RenderedProject } from "../compose/compose.ts";
import { hashOf } from "../lib/hash.ts";
import type { ApplicationRecord, MadeTarget, TakenImage, Target } from "../status/record.ts";
import type { Problem, Quarantined } from "../status/rollback-types.ts";
import { sameTarget, targetOf } from "./target.ts";

/** Older ones are forgotten, and would be tried once more. */
const MAX_QUARANTINED = 10;

/** What makes a target what it is: how it renders, the repository files that it uses, and the images that it finds. */
export function contentOf(
  rendering: { readonly digest: string; readonly project: RenderedProject },
  usedFiles: string,
  images: Readonly<Record<string, Pick<TakenImage, "id">>>,
): string {
  // Of what is built here, the build context is among the files; the same context need not give the same image.
  const found = Object.entries(images)
    .filter(([name]) => rendering.project.services[name]?.build === undefined)
    .map(([name, { id }]): readonly [string, string] => [name, id]);
  return hashOf({ rendering: rendering.digest, usedFiles, images: Object.fromEntries(found) });
}

export function quarantine(
  list: readonly Quarantined[] | undefined,
  failed: MadeTarget,
  why: Problem,
): readonly Quarantined[] {
  const entry: Quarantined = {
    target: targetOf(failed),
    ...(failed.content !== undefined && { content: failed.content }),
    revision: failed.revision,
    why,
  };
  return [entry, ...released(list, failed)].slice(0, MAX_QUARANTINED);
}

/** The list without this target and its content: it was asked for, or is healthy after all. */
export function released(
  list: readonly Quarantined[] | undefined,
  target: Target & { readonly content?: string },
): readonly Quarantined[] {
  return (list ?? []).filter(
    (entry) =>
      !sameTarget(entry.target, target) && (entry.content === undefined || entry.content !== target.content),
  );
}

export function findQuarantined(
  list: readonly Quarantined[] | undefined,
  content: string,
): Quarantined | undefined {
  return list?.find((entry) => entry.content === content);
}

/** A record whose list is empty has none. */
export function withQuarantine(
  { quarantine: _before, ...record }: ApplicationRecord,
  list: readonly Quarantined[],
): ApplicationRecord {
  return list.length === 0 ? record : { ...record, quarantine: list };
}

/** Another target was found to hold what this entry holds: it is what waits for a person from now on. */
export function renamed(
  list: readonly Quarantined[] | undefined,
  entry: Quarantined,
  target: Target,
): readonly Quarantined[] {
  return [{ ...entry, target: targetOf(target) }, ...(list ?? []).filter((other) => other !== entry)];
}

/** Why the target is not tried. */
export function whyQuarantined({ revision, why }: Quarantined, target: Target): Problem {
  const [tried, now] = [revision, target.revision].map((sha) => sha.slice(0, 12));
  const what =
    tried === now
      ? `${now} failed and was rolled back`
      : `${now} holds the same as ${tried}, which failed and was rolled back`;
  return { reason: "RolledBack", message: `${what}: ${why.message}` };
}
