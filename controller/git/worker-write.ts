/**
 * Writes the selected files of one repository by libgit2, symbolic links as files that hold their targets. Submodules are
 * kept from it: where it meets one, it reads .gitmodules, and stumbles over what a stranger has written there.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { nodegit } from "./nodegit.ts";
import type { Objects } from "./worker-objects.ts";
import type { Selection } from "./worker-tree.ts";

/** The repository stands at `root` of the checkout in `dir`; `submodules` are the paths of all that are known. */
export async function writeFiles(
  objects: Objects,
  dir: string,
  root: string,
  selection: Selection,
  submodules: readonly string[],
): Promise<void> {
  const within = relativeTo(root, submodules).filter((path) => path !== "");
  const selected = selection.paths && pathsWithin(root, selection.paths);
  const paths =
    within.length === 0
      ? selected
      : (
          await Promise.all((selected ?? [""]).map((path) => withoutSubmodules(objects, path, within)))
        ).flat();
  if (paths?.length === 0) return;
  const { FORCE, DONT_UPDATE_INDEX, DONT_WRITE_INDEX, DISABLE_PATHSPEC_MATCH } = nodegit.Checkout.STRATEGY;
  const target = join(dir, root);
  await mkdir(target, { recursive: true, mode: 0o755 });
  objects.repository.setWorkdir(target, 0);
  await nodegit.Checkout.tree(objects.repository, await objects.commit.getTree(), {
    checkoutStrategy: FORCE | DONT_UPDATE_INDEX | DONT_WRITE_INDEX | DISABLE_PATHSPEC_MATCH,
    disableFilters: 1,
    ...(paths && { paths }),
  });
}

/** The selected paths as the repository at `root` names them; undefined when all of it is selected. */
function pathsWithin(root: string, paths: readonly string[]): readonly string[] | undefined {
  const isWhole = paths.some((path) => root === path || root.startsWith(`${path}/`));
  return isWhole ? undefined : relativeTo(root, paths);
}

function relativeTo(root: string, paths: readonly string[]): readonly string[] {
  if (root === "") return paths;
  return paths.flatMap((path) =>
    path === root ? [""] : path.startsWith(`${root}/`) ? [path.slice(root.length + 1)] : [],
  );
}

/** The largest files and folders that together are all below `path`, but for submodules. */
async function withoutSubmodules(
  objects: Objects,
  path: string,
  submodules: readonly string[],
): Promise<readonly string[]> {
  const isConcerned = (folder: string): boolean =>
    submodules.some((one) => folder === "" || one === folder || one.startsWith(`${folder}/`));

  async function cover(treeId: string, folder: string): Promise<readonly string[]> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const covered: string[] = [];
    for (const [name, { mode, id }] of await objects.tree(treeId, prefix)) {
      const child = prefix + name;
      if (mode === "160000") continue;
      if (mode === "40000" && isConcerned(child)) covered.push(...(await cover(id, child)));
      else covered.push(child);
    }
    return covered;
  }

  if (!isConcerned(path)) return [path];
  let treeId = objects.treeId;
  let walked = "";
  for (const name of path.split("/").filter((part) => part !== "")) {
    const item = (await objects.tree(treeId, walked)).get(name);
    if (item?.mode !== "40000") return []; // a submodule itself
    treeId = item.id;
    walked += `${name}/`;
  }
  return cover(treeId, path);
}
