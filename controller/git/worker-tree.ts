/** Reads a commit's whole tree from the mirror, before anything of it is written anywhere. */
import type { Commit, TreeEntry } from "./git.ts";
import { nodegit, type NativeCommit, type NativeOdb } from "./nodegit.ts";
import { OperationFault } from "./operation-fault.ts";
import { parseTreeObject, requireFileName, type RawTreeEntry } from "./tree-object.ts";

/** A small pack can hold a tree of trees that grows without end. */
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 200;
const MAX_TEXT = 200;
/** The last second that Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/**
 * Every file, link and submodule of the tree, in Git's order. Throws OperationFault for names that must not be written, two
 * entries of one name, and trees that are too large.
 */
export async function readTree(odb: NativeOdb, treeId: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const parsed = new Map<string, readonly RawTreeEntry[]>();
  let seen = 0;

  /** A tree that stands in many places is read once. */
  async function entriesOf(id: string): Promise<readonly RawTreeEntry[]> {
    const known = parsed.get(id) ?? parseTreeObject(await readObject(odb, id));
    parsed.set(id, known);
    return known;
  }

  async function visit(id: string, folder: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH)
      throw new OperationFault("UnsupportedContent", "its folders are nested too deeply");
    const names = new Set<string>();
    for (const { mode, name, id: child } of await entriesOf(id)) {
      if (++seen > MAX_ENTRIES) throw new OperationFault("UnsupportedContent", "it holds too many files");
      const text = requireFileName(name, folder);
      const path = folder + text;
      if (names.has(text)) {
        throw new OperationFault("UnsafePath", `it holds the path ${JSON.stringify(path)} twice`);
      }
      names.add(text);
      if (mode === "40000") await visit(child, `${path}/`, depth + 1);
      else entries.push({ path, mode: normalMode(mode, path), blob: child });
    }
  }

  await visit(treeId, "", 0);
  return entries;
}

/** The bytes of an object. Throws OperationFault when the mirror does not have it. */
export async function readObject(odb: NativeOdb, id: string): Promise<Buffer> {
  const object = await odb.read(nodegit.Oid.fromString(id));
  if (object === null) throw new OperationFault("native", `object not found: ${id}`);
  const sizeBytes = object.size();
  return sizeBytes === 0 ? Buffer.alloc(0) : object.data().toBuffer(sizeBytes);
}

/** What people are shown of a commit. */
export function describeCommit(sha: string, commit: NativeCommit): Commit {
  const author = commit.author();
  const timeMs = Math.min(Math.max(commit.timeMs(), 0), MAX_TIME_MS);
  return {
    sha,
    subject: oneLine(commit.message().trimStart().split("\n", 1)[0] ?? ""),
    author: oneLine(`${author.name()} <${author.email()}>`),
    committedAt: new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

function normalMode(mode: string, path: string): TreeEntry["mode"] {
  if (mode === "120000" || mode === "160000") return mode;
  // Old versions of Git wrote other permissions; only "executable by its owner" means anything.
  if (/^100[0-7]{3}$/.test(mode)) return (parseInt(mode, 8) & 0o100) === 0 ? "100644" : "100755";
  throw new OperationFault("UnsupportedContent", `${JSON.stringify(path)} has the unknown mode ${mode}`);
}

function oneLine(text: string): string {
  return Array.from(text.replace(/\p{Cc}/gu, "").trim())
    .slice(0, MAX_TEXT)
    .join("");
}
