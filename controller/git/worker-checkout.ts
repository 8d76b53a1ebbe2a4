/**
 * Writes commits of mirrors into a fresh folder: an Application's own, and those of its submodules at their places. Everything
 * is judged before the first byte is written. libgit2 writes regular files only (the mirror says `core.symlinks = false`);
 * links are made when all files of all repositories are there, and only those that stay inside.
 */
import { readFileSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { formatSize } from "../api/size.ts";
import type { LeftOut, TreeEntry } from "./git.ts";
import { canBeLfsPointer, isLfsPointer } from "./lfs-pointer.ts";
import { OperationFault } from "./operation-fault.ts";
import type { CheckedOut, CheckoutRequest } from "./protocol.ts";
import { planLinks, type PlannedLink } from "./worker-links.ts";
import { describeCommit, openObjects, type Objects } from "./worker-objects.ts";
import { findSubmodules } from "./worker-submodules.ts";
import { selectEntries, type Found } from "./worker-tree.ts";
import { writeFiles } from "./worker-write.ts";

const MAX_WARNINGS = 20;
const MAX_TARGET_SHOWN = 200;
/** How many files are looked at before other operations of this process have their turn. */
const SLICE = 500;

/** On failure the folder may be left behind, for the caller to remove. */
export async function checkOut(request: CheckoutRequest): Promise<CheckedOut> {
  const repositories = new Map<string, Objects>();
  try {
    const lacking: number[] = [];
    for (const [index, { mirror, sha, path }] of request.parts.entries()) {
      const objects = await openObjects(mirror, sha);
      if (objects === undefined) lacking.push(index);
      else repositories.set(path, objects);
    }
    if (lacking.length > 0) return { kind: "lacking", parts: lacking };
    return await checkOutAll(request, repositories);
  } finally {
    for (const objects of repositories.values()) objects.close();
  }
}

async function checkOutAll(
  request: CheckoutRequest,
  repositories: ReadonlyMap<string, Objects>,
): Promise<CheckedOut> {
  const { dir, limits, parts, submodules } = request;
  const selection = await selectEntries(repositories, request.paths);
  if (submodules !== undefined) {
    const wanted = await findSubmodules(selection.found, repositories, parts, submodules.leftOut);
    if (wanted.length > 0) return { kind: "submodules", wanted };
  }
  await requireSizes(selection.found, limits);
  const links = await planLinks(selection.found);

  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { mode: 0o755 });
  const known = [...selection.found.filter(({ mode }) => mode === "160000"), ...parts].map(
    ({ path }) => path,
  );
  for (const [path, objects] of repositories) await writeFiles(objects, dir, path, selection, known);
  const pointers = await findPointers(selection.found, dir);
  const entries: TreeEntry[] = [];
  const leftOut: LeftOut[] = [];
  const warnings: string[] = [];
  for (const { path, mode, blob } of selection.found) {
    const left = await finish({ path, mode, blob }, { dir, links, pointers, submodules });
    if (left === undefined) entries.push({ path, mode, blob });
    else {
      leftOut.push(left);
      warnings.push(warningOf(left, links.get(path)));
    }
  }
  const [root] = parts;
  const commit = repositories.get("")?.commit;
  if (root === undefined || commit === undefined) throw new Error("no repository stands at the root");
  const { paths } = selection;
  return {
    kind: "staged",
    staged: {
      commit: describeCommit(root.sha, commit),
      entries,
      leftOut,
      warnings: shorten(warnings),
      ...(paths && { paths }),
    },
  };
}

/** Throws OperationFault for a file, or files altogether, beyond the limits. */
async function requireSizes(found: readonly Found[], limits: CheckoutRequest["limits"]): Promise<void> {
  let total = 0;
  for (const [index, { path, mode, blob, from }] of found.entries()) {
    if (index % SLICE === SLICE - 1) await turn();
    if (mode !== "100644" && mode !== "100755") continue;
    const sizeBytes = from.sizeOf(blob, path);
    if (sizeBytes > limits.maxFileBytes) {
      throw new OperationFault(
        "UnsupportedContent",
        `the file ${JSON.stringify(path)} has ${sizeBytes} bytes, more than the ${formatSize(limits.maxFileBytes)} that --max-file-size allows`,
      );
    }
    total += sizeBytes;
  }
  if (total > limits.maxCheckoutBytes) {
    throw new OperationFault(
      "UnsupportedContent",
      `its files have ${total} bytes, more than the ${formatSize(limits.maxCheckoutBytes)} that --max-repository-size allows`,
    );
  }
}

/** The paths of files whose content Git LFS keeps elsewhere. */
async function findPointers(found: readonly Found[], dir: string): Promise<ReadonlySet<string>> {
  const verdicts = new Map<string, boolean>();
  const pointers = new Set<string>();
  for (const [index, { path, mode, blob, from }] of found.entries()) {
    if (index % SLICE === SLICE - 1) await turn();
    if (mode !== "100644" && mode !== "100755") continue;
    if (!canBeLfsPointer(from.sizeOf(blob, path))) continue;
    // At once: through the thread pool, a small file takes ten times as long.
    const verdict = verdicts.get(blob) ?? isLfsPointer(readFileSync(join(dir, path)));
    verdicts.set(blob, verdict);
    if (verdict) pointers.add(path);
  }
  return pointers;
}

interface Setting {
  readonly dir: string;
  readonly links: ReadonlyMap<string, PlannedLink>;
  readonly pointers: ReadonlySet<string>;
  readonly submodules: CheckoutRequest["submodules"];
}

/** Makes the link, or takes away what is not to be there. Returns what was left out. */
async function finish({ path, mode }: TreeEntry, setting: Setting): Promise<LeftOut | undefined> {
  const { dir, links, pointers, submodules } = setting;
  const place = join(dir, path);
  if (mode === "160000") {
    const why = submodules?.leftOut.get(path) ?? "spec.source.submodules is not true";
    return {
      path,
      reason: "UnsupportedContent",
      why: `it is a submodule, and ${why}`,
      spoilsFolders: submodules !== undefined,
    };
  }
  if (pointers.has(path)) {
    await rm(place);
    const why = "it is a pointer of Git LFS, whose content ConOps does not fetch";
    return { path, reason: "UnsupportedContent", why, spoilsFolders: true };
  }
  const link = links.get(path);
  if (link === undefined) return undefined;
  await rm(place, { force: true });
  if (link.fault !== undefined) {
    return {
      path,
      reason: "UnsafePath",
      why: `it is a symbolic link, and ${link.fault}`,
      spoilsFolders: false,
    };
  }
  await symlink(link.target, place);
  return undefined;
}

function warningOf({ path, why }: LeftOut, link: PlannedLink | undefined): string {
  const shown = JSON.stringify(path);
  if (link === undefined) return `${shown} is left out: ${why}`;
  const target = JSON.stringify(link.target.toString("utf8").slice(0, MAX_TARGET_SHOWN));
  return `The symbolic link ${shown} to ${target} is left out: ${link.fault}`;
}

function shorten(warnings: readonly string[]): string[] {
  if (warnings.length <= MAX_WARNINGS) return [...warnings];
  const shown = warnings.slice(0, MAX_WARNINGS - 1);
  return [...shown, `${warnings.length - shown.length} more files, links or submodules are like these`];
}
