/** Looks at what the engine of this machine will find at the paths that a project names. */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Place, Project, RenderPolicy } from "../policy/input.ts";
import { mountsOf } from "../policy/mounts.ts";
import { fieldsOf, listOf, textOf } from "../policy/values.ts";
import { isWithin, realpathOfExisting, type RepositoryFiles } from "./repository-files.ts";

/**
 * The places of every path that the project, with the paths of the stable checkout, mounts, and of those that the policy
 * allows: links of the repository are followed, and then those on this host. Nothing is looked at where no rule
 * would ask. In a container ConOps sees another file system than the engine: links of the host that it does not see do not
 * count there.
 */
export async function lookAtPlaces(
  project: Project,
  files: RepositoryFiles,
  stableDir: string,
  { allowed, host }: RenderPolicy,
): Promise<ReadonlyMap<string, Place>> {
  const everything = allowed.hostPaths.some(({ path, readOnly }) => resolve(path) === "/" && !readOnly);
  if (everything && allowed.dockerSocket && allowed.nestedMounts && allowed.devices.includes("*"))
    return new Map();
  const paths = new Set([
    ...mountsOf(project).map(({ path }) => path),
    ...devicesOf(project),
    ...allowed.hostPaths.map(({ path }) => path),
  ]);
  const sockets = await Promise.all(host.dockerSockets.map(identityOf));
  const top = await realpathOfExisting(stableDir);
  const stableReal = top === undefined ? stableDir : join(top.path, top.missing);

  async function placeOf(path: string): Promise<Place> {
    const named = resolve(path);
    const followed = isWithin(stableDir, named)
      ? join(
          stableDir,
          relative(files.root, await files.follow(join(files.root, relative(stableDir, named)))),
        )
      : named;
    const real = await realpathOfExisting(followed);
    const identity = real === undefined ? undefined : await identityOf(real.path);
    const end = real === undefined ? followed : join(real.path, real.missing);
    const led = isWithin(stableReal, end) ? join(stableDir, relative(stableReal, end)) : end;
    return {
      paths: [...new Set([named, followed, led])],
      leadsNowhere: real === undefined,
      isDockerSocket: real?.whole === true && identity !== undefined && sockets.includes(identity),
    };
  }
  return new Map(await Promise.all([...paths].map(async (path) => [path, await placeOf(path)] as const)));
}

function devicesOf({ services }: Project): readonly string[] {
  return Object.values(services)
    .flatMap((service) => listOf(fieldsOf(service)["devices"]))
    .map((device) => textOf(fieldsOf(device)["source"]))
    .filter((path) => isAbsolute(path));
}

/** Of a socket: the same for each of its names. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    return found.isSocket() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** The paths as written, and as they really are. */
export async function withRealPaths(paths: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return [...new Set([...paths, ...real])];
}
