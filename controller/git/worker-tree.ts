/**
 * What of a commit's tree is to be checked out, found before anything is written: all of it, or what lies below a limit
 * and what the links in there lead to. Subtrees beside the limit are not read. Submodules hang in the tree at their paths.
 */
import type { TreeEntry } from "./git.ts";
import { OperationFault } from "./operation-fault.ts";
import { requirePathLength } from "./tree-object.ts";
import type { Objects } from "./worker-objects.ts";

/** An entry, and the repository that holds its bytes. */
export interface Found extends TreeEntry {
  readonly from: Objects;
}

export interface Selection {
  readonly found: readonly Found[];
  /**
   * The limit with what links brought in, none of them below another: what lies below it is known, also where there is
   * nothing. Undefined: everything.
   */
  readonly paths?: readonly string[];
}

/** A small pack can hold a tree of trees that grows without end. */
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 200;
/** As Linux: a path that follows more links than this does not resolve. */
const MAX_LINKS_FOLLOWED = 40;
/** Beyond so many links in a limited checkout it is less work to take everything. */
const MAX_WALKS = 5000;
const SLASH = 0x2f;
export const MAX_TARGET_BYTES = 4095;

/**
 * Reads the tree of `repositories.get("")`; another repository takes the place of the submodule at its path. Throws
 * OperationFault for what must not, or cannot, be checked out.
 */
export async function selectEntries(
  repositories: ReadonlyMap<string, Objects>,
  limit: readonly string[] | undefined,
): Promise<Selection> {
  const root = repositories.get("");
  if (root === undefined) throw new Error("no repository stands at the root");
  const paths = limit?.map(normal);
  if (paths !== undefined && !paths.includes("")) {
    const limited = await selectBelow(repositories, root, paths);
    if (limited !== undefined) return limited;
  }
  const found: Found[] = [];
  const top: Folder = { from: root, id: root.treeId, path: "" };
  const isWhole = await readFolder(repositories, top, { left: MAX_ENTRIES }, (entry) => found.push(entry));
  if (!isWhole) throw new OperationFault("UnsupportedContent", "it holds too many files");
  return { found };
}

interface Folder {
  readonly from: Objects;
  readonly id: string;
  readonly path: string;
}

/** Shows every file, link and submodule below the folder, in Git's order; false when there are more than that. */
async function readFolder(
  repositories: ReadonlyMap<string, Objects>,
  top: Folder,
  budget: { left: number },
  show: (entry: Found) => void,
): Promise<boolean> {
  async function visit({ from, id, path: parent }: Folder, depth: number): Promise<boolean> {
    if (depth > MAX_DEPTH)
      throw new OperationFault("UnsupportedContent", "its folders are nested too deeply");
    const prefix = parent === "" ? "" : `${parent}/`;
    for (const [name, { mode, id: child }] of await from.tree(id, prefix)) {
      if (--budget.left < 0) return false;
      const path = prefix + name;
      requirePathLength(path);
      const submodule = mode === "160000" ? repositories.get(path) : undefined;
      const folder =
        mode === "40000" ? { from, id: child } : submodule && { from: submodule, id: submodule.treeId };
      if (folder !== undefined) {
        if (!(await visit({ ...folder, path }, depth + 1))) return false;
      } else if (mode !== "40000") show({ path, mode, blob: child, from });
    }
    return true;
  }

  return visit(top, top.path.split("/").length);
}

/** Undefined when there are so many links that everything is less work. */
async function selectBelow(
  repositories: ReadonlyMap<string, Objects>,
  root: Objects,
  limit: readonly string[],
): Promise<Selection | undefined> {
  const found = new Map<string, Found>();
  const selected = new Set(limit);
  const waiting = [...limit];
  const budget = { left: MAX_ENTRIES };

  function take(top: Folder): Promise<boolean> {
    return readFolder(repositories, top, budget, (entry) => {
      if (found.has(entry.path)) return;
      found.set(entry.path, entry);
      if (entry.mode === "120000") waiting.push(entry.path);
    });
  }

  /** Follows the path as the kernel would, and takes the links on its way and what stands at its end. */
  async function walk(start: string): Promise<boolean> {
    const pending = start.split("/").toReversed();
    const way: (Folder | undefined)[] = [{ from: root, id: root.treeId, path: "" }];
    let followed = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (way.length === 1) return true; // out of the repository
        way.pop();
        continue;
      }
      const folder = way.at(-1);
      const prefix = folder === undefined || folder.path === "" ? "" : `${folder.path}/`;
      const item = folder && (await folder.from.tree(folder.id, prefix)).get(name);
      const path = prefix + name;
      if (folder === undefined || item === undefined) {
        way.push(undefined); // nothing is there, but the way may lead back
        continue;
      }
      const submodule = item.mode === "160000" ? repositories.get(path) : undefined;
      if (item.mode === "40000") way.push({ from: folder.from, id: item.id, path });
      else if (submodule !== undefined) way.push({ from: submodule, id: submodule.treeId, path });
      else {
        found.set(path, { path, mode: item.mode, blob: item.id, from: folder.from });
        if (!isBelow(path, selected)) selected.add(path);
        if (item.mode !== "120000" || ++followed > MAX_LINKS_FOLLOWED) return true;
        const target = await folder.from.bytes(item.id, path, MAX_TARGET_BYTES);
        if (target === undefined || isUseless(target)) return true;
        pending.push(...target.toString("utf8").split("/").toReversed());
      }
    }
    const end = way.at(-1);
    if (end === undefined || (end.path !== start && isBelow(end.path, selected))) return true;
    selected.add(end.path);
    return take(end);
  }

  let walks = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (++walks > MAX_WALKS || !(await walk(next)) || selected.has("")) return undefined;
  }
  const paths = [...selected].filter((path) => !isBelow(path, selected, "strictly")).toSorted();
  return { found: [...found.values()], paths };
}

/** Whether the path is one of these, or lies below one. */
function isBelow(path: string, folders: ReadonlySet<string>, how?: "strictly"): boolean {
  if (how === undefined && folders.has(path)) return true;
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    if (folders.has(path.slice(0, at))) return true;
  }
  return false;
}

/** A link with this text leads nowhere, or out of the repository. */
function isUseless(target: Buffer): boolean {
  return target.length === 0 || target.includes(0) || target[0] === SLASH;
}

function normal(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? "" : parts.join("/");
}
