/**
 * Writes one commit of a mirror into a fresh folder. libgit2 writes regular files only (the mirror says
 * `core.symlinks = false`); links are made afterwards, and only those that stay inside.
 */
import { mkdir, open, rm, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { TreeEntry } from "./git.ts";
import { judgeLink } from "./links.ts";
import { nodegit, type NativeOdb, type NativeRepository } from "./nodegit.ts";
import type { CheckedOut, CheckoutRequest } from "./protocol.ts";
import { describeCommit, readObject, readTree } from "./worker-tree.ts";
import { lookupCommit, openMirror } from "./worker-mirror.ts";

const MAX_WARNINGS = 20;
const MAX_TARGET_BYTES = 4095;
const MAX_TARGET_SHOWN = 200;
const MAX_POINTER_BYTES = 1024;
const POINTER_START = "version https://git-lfs.github.com/spec/";

/** Nothing staged when the mirror lacks the commit. On failure the folder may be left behind, for the caller to remove. */
export async function checkOut(request: CheckoutRequest): Promise<CheckedOut> {
  const repository = await openMirror(request.mirror);
  if (repository === undefined) return {};
  const commit = await lookupCommit(repository, request.sha);
  if (commit === undefined) return {};
  const odb = await repository.odb();
  const tree = await readTree(odb, commit.treeId().tostrS());
  const links = await planLinks(odb, tree);

  await rm(request.dir, { recursive: true, force: true });
  await mkdir(request.dir, { mode: 0o755 });
  await writeFiles(repository, commit, request.dir);
  const warnings: string[] = [];
  const entries: TreeEntry[] = [];
  const leftOut: string[] = [];
  for (const entry of tree) {
    const warning = await finish(entry, request.dir, links);
    if (warning === undefined) entries.push(entry);
    else {
      leftOut.push(entry.path);
      warnings.push(warning);
    }
  }
  warnings.push(...(await warnOfPointers(odb, entries, request.dir)));
  const described = describeCommit(request.sha, commit);
  return { staged: { commit: described, entries, leftOut, warnings: shorten(warnings) } };
}

async function writeFiles(
  repository: NativeRepository,
  commit: NonNullable<Awaited<ReturnType<typeof lookupCommit>>>,
  dir: string,
): Promise<void> {
  const { FORCE, DONT_UPDATE_INDEX, DONT_WRITE_INDEX } = nodegit.Checkout.STRATEGY;
  repository.setWorkdir(dir, 0);
  await nodegit.Checkout.tree(repository, await commit.getTree(), {
    checkoutStrategy: FORCE | DONT_UPDATE_INDEX | DONT_WRITE_INDEX,
    disableFilters: 1,
  });
}

interface LinkPlan {
  readonly target: Buffer;
  /** Why it is left out. */
  readonly fault?: string;
}

/** The links of the tree by path. Paths and targets are compared as bytes, one character each. */
async function planLinks(odb: NativeOdb, tree: readonly TreeEntry[]): Promise<Map<string, LinkPlan>> {
  const targets = new Map<string, string>();
  const plans = new Map<string, LinkPlan>();
  for (const { path, mode, blob } of tree) {
    if (mode === "120000") targets.set(bytesOf(path), (await readObject(odb, blob)).toString("latin1"));
  }
  for (const { path, mode } of tree) {
    if (mode !== "120000") continue;
    const text = targets.get(bytesOf(path)) ?? "";
    const fault = faultOfTarget(text) ?? faultOfVerdict(judgeLink(bytesOf(path), targets));
    const target = Buffer.from(text, "latin1");
    plans.set(path, fault === undefined ? { target } : { target, fault });
  }
  return plans;
}

function faultOfTarget(target: string): string | undefined {
  if (target === "" || target.includes("\0")) return "it has no usable target";
  return target.length > MAX_TARGET_BYTES ? "its target is too long" : undefined;
}

function faultOfVerdict(verdict: ReturnType<typeof judgeLink>): string | undefined {
  if (verdict === "inside") return undefined;
  return verdict === "outside" ? "it leads out of the repository" : "it leads in a circle";
}

/** Makes the link, or takes away what is not created. Returns the warning for what was left out. */
async function finish(
  entry: TreeEntry,
  dir: string,
  links: ReadonlyMap<string, LinkPlan>,
): Promise<string | undefined> {
  const { path, mode } = entry;
  const place = join(dir, path);
  if (mode === "160000") {
    await rmdir(place).catch(() => undefined); // libgit2 may or may not have made the empty folder
    return `The submodule ${JSON.stringify(path)} is left out: submodules are not supported`;
  }
  const link = links.get(path);
  if (link === undefined) return undefined;
  await rm(place, { force: true });
  if (link.fault === undefined) {
    await symlink(link.target, place);
    return undefined;
  }
  const target = JSON.stringify(link.target.toString("utf8").slice(0, MAX_TARGET_SHOWN));
  return `The symbolic link ${JSON.stringify(path)} to ${target} is left out: ${link.fault}`;
}

/** Files whose content Git LFS keeps elsewhere. Looked for only where an attribute file speaks of LFS. */
async function warnOfPointers(odb: NativeOdb, entries: readonly TreeEntry[], dir: string): Promise<string[]> {
  const attributes = entries.filter(
    ({ path }) => path === ".gitattributes" || path.endsWith("/.gitattributes"),
  );
  let used = false;
  for (const { mode, blob } of attributes) {
    used ||= mode !== "120000" && (await readObject(odb, blob)).includes("filter=lfs");
  }
  const warnings: string[] = [];
  for (const { path, mode } of used ? entries : []) {
    if (mode !== "120000" && (await isPointer(join(dir, path)))) {
      warnings.push(`The file ${JSON.stringify(path)} is a Git LFS pointer: its content is not fetched`);
    }
  }
  return warnings;
}

async function isPointer(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    if ((await file.stat()).size > MAX_POINTER_BYTES) return false;
    const start = Buffer.alloc(POINTER_START.length);
    await file.read(start, 0, start.length, 0);
    return start.toString("latin1") === POINTER_START;
  } finally {
    await file.close();
  }
}

function shorten(warnings: readonly string[]): string[] {
  if (warnings.length <= MAX_WARNINGS) return [...warnings];
  const shown = warnings.slice(0, MAX_WARNINGS - 1);
  return [...shown, `${warnings.length - shown.length} more files, links or submodules are like these`];
}

function bytesOf(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}
