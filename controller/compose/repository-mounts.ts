import type { RenderedProject, RepositoryMount } from "./compose.ts";
import { contentUses, type PathUse } from "./path-uses.ts";
import { environmentOf } from "./rendered-project.ts";
import { isWithin, type RepositoryFiles } from "./repository-files.ts";

/**
 * By service: what its containers are given beside their configuration. `resolve` says where in the checkout a path lies
 * that the rendering names elsewhere.
 */
export async function repositoryMounts(
  files: RepositoryFiles,
  project: RenderedProject,
  projectDir: string,
  resolve: (use: PathUse) => PathUse,
): Promise<Readonly<Record<string, readonly RepositoryMount[]>>> {
  const found: Record<string, readonly RepositoryMount[]> = {};
  for (const service of Object.keys(project.services)) {
    const uses = contentUses(project, service, projectDir).map(resolve);
    const mounted = await Promise.all(
      uses.filter(({ path }) => isWithin(files.root, path)).map((use) => mountOf(use, files)),
    );
    const mounts = [...mounted.filter((mount) => mount !== undefined), ...writtenContents(project, service)];
    if (mounts.length > 0) found[service] = mounts;
  }
  return found;
}

async function mountOf(
  { path, field }: PathUse,
  files: RepositoryFiles,
): Promise<RepositoryMount | undefined> {
  const kind = await files.inspect(path);
  // The engine makes a folder of what is not there.
  if (kind !== "file" && kind !== "folder" && kind !== "missing") return undefined;
  const led = await files.follow(path);
  const paths = [...new Set([path, led])].map((one) => files.show(one));
  const name = /^((?:configs|secrets)\..+)\.file$/s.exec(field)?.[1];
  // Where a link leads is found out when the container starts.
  const how = kind === "file" || led !== path ? "file" : "folder";
  if (field.startsWith("security_opt")) return { name: `${field} ${files.show(path)}`, how: "copy", paths };
  return { name: name ?? files.show(path), how, paths };
}

/** Configs and secrets that are no files: Compose copies them into the container when it makes it. */
function writtenContents(project: RenderedProject, service: string): readonly RepositoryMount[] {
  const values = environmentOf(project);
  return (["configs", "secrets"] as const).flatMap((section) =>
    (project.services[service]?.[section] ?? []).flatMap(({ source }): readonly RepositoryMount[] => {
      const item: { readonly content?: string; readonly environment?: string } | undefined =
        project[section]?.[source];
      const content = item?.content ?? (item?.environment && values[item.environment]);
      return content === undefined ? [] : [{ name: `${section}.${source}`, how: "copy", paths: [], content }];
    }),
  );
}
