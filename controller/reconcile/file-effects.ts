/** What is to happen to which service because files that it has mounted changed. Pure. */
import type { MadeTarget } from "../status/record.ts";
import type { FileEffect } from "./apply-input.ts";

/** By service. Nothing where nothing was made before: then everything is made from the files as they are. */
export function fileEffects(
  before: Pick<MadeTarget, "mountedFiles"> | undefined,
  now: MadeTarget["mountedFiles"],
): Readonly<Record<string, FileEffect>> {
  if (before === undefined) return {};
  return Object.fromEntries(
    Object.entries(now)
      .filter(([service, hash]) => before.mountedFiles[service] !== hash)
      .map(([service]) => [service, { how: "recreate", files: [] } as const]),
  );
}
