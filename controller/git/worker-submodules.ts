/** The submodules of a checkout that nobody has said anything of yet. */
import type { CheckoutPart, WantedSubmodule } from "./protocol.ts";
import type { Objects } from "./worker-objects.ts";
import type { Found } from "./worker-tree.ts";

const FILE = ".gitmodules";
const MAX_FILE_BYTES = 1024 * 1024;

/** Each with the repository that names it, and what that one's .gitmodules says: read from there, never from a checkout. */
export async function findSubmodules(
  found: readonly Found[],
  repositories: ReadonlyMap<string, Objects>,
  parts: readonly CheckoutPart[],
  leftOut: ReadonlyMap<string, string>,
): Promise<readonly WantedSubmodule[]> {
  const wanted: WantedSubmodule[] = [];
  const texts = new Map<Objects, Promise<string | undefined>>();
  for (const { path, mode, blob, from } of found) {
    if (mode !== "160000" || leftOut.has(path)) continue;
    const part = parts.findIndex((one) => repositories.get(one.path) === from);
    const text = texts.get(from) ?? readGitmodules(from);
    texts.set(from, text);
    const gitmodules = await text;
    wanted.push({ path, sha: blob, part, ...(gitmodules !== undefined && { gitmodules }) });
  }
  return wanted;
}

/** Undefined when there is none that counts: a link is none, and a very large one is none, either. */
async function readGitmodules(objects: Objects): Promise<string | undefined> {
  const item = (await objects.tree(objects.treeId, "")).get(FILE);
  if (item === undefined || !item.mode.startsWith("100")) return undefined;
  return (await objects.bytes(item.id, FILE, MAX_FILE_BYTES))?.toString("utf8");
}
