import { join } from "node:path";
import { findWorkTree, gitDirsOf, gitOperation } from "./git-state.ts";
import type { Listing } from "./listing.ts";

/**
 * Why absences cannot be judged at present; undefined when they can. A Git operation under way in the registry, or in a
 * work tree below it, takes files away and puts them back; a folder that cannot be read may hold what is missing.
 */
export async function whyJudgementWaits(
  dir: string,
  { unreadable, workTrees }: Pick<Listing, "unreadable" | "workTrees">,
): Promise<string | undefined> {
  const [closed] = unreadable;
  if (closed !== undefined) return `the folder "${closed.folder}" cannot be read (${closed.message})`;
  const all = [await findWorkTree(dir)];
  for (const folder of workTrees) all.push(await gitDirsOf(join(dir, folder)));
  for (const git of all) {
    const operation = git && (await gitOperation(git.gitDir));
    if (operation !== undefined) return `a Git operation is under way in the registry (${operation})`;
  }
  return undefined;
}
