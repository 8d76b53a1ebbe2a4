/**
 * Which services have files of the repository mounted, and which of them still run with other ones. Compose sees none of
 * this: contents are not in its hash, and a container keeps the inode of a file that was replaced.
 */
import { relative } from "node:path";
import type { RenderedProject, RenderedService } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { TreeEntry } from "../git/git.ts";
import { hashOf } from "../lib/hash.ts";
import type { MadeTarget } from "../status/record.ts";
import { filesBelow } from "./target.ts";

/** service → hash over the repository files that are mounted into it; only services that mount any. */
export function mountedFiles(
  project: RenderedProject,
  stableDir: string,
  entries: readonly TreeEntry[],
): Readonly<Record<string, string>> {
  const mounted: Record<string, string> = {};
  for (const [name, service] of Object.entries(project.services)) {
    const paths = sourcesOf(service, project)
      .filter((source) => source === stableDir || source.startsWith(`${stableDir}/`))
      .map((source) => relative(stableDir, source));
    const files = filesBelow(entries, paths);
    if (Object.keys(files).length > 0) mounted[name] = hashOf(files);
  }
  return mounted;
}

/**
 * The services whose running containers were made with other files than these: they were neither made nor started since
 * `since` (wall milliseconds), and what they mount has changed.
 */
export function servicesWithOldFiles(
  before: Pick<MadeTarget, "mountedFiles"> | undefined,
  now: Pick<MadeTarget, "mountedFiles">,
  containers: readonly ObservedContainer[],
  since: number,
): readonly string[] {
  if (before === undefined) return [];
  return Object.entries(now.mountedFiles)
    .filter(([name, hash]) => before.mountedFiles[name] !== hash)
    .map(([name]) => name)
    .filter((name) =>
      containers.some(
        ({ service, state, startedAt, oneOff, configHash }) =>
          service === name && state === "running" && startedAt < since && !oneOff && configHash !== "",
      ),
    );
}

function sourcesOf(service: RenderedService, project: RenderedProject): readonly string[] {
  const binds = (service.volumes ?? []).filter(({ type }) => type === "bind").map(({ source }) => source);
  const configs = (service.configs ?? []).map(({ source }) => project.configs?.[source]?.file);
  const secrets = (service.secrets ?? []).map(({ source }) => project.secrets?.[source]?.file);
  return [...binds, ...configs, ...secrets].filter((source) => source !== undefined);
}
