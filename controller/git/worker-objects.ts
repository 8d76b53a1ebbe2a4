/** One commit of one mirror, and its objects: each is asked for its size before it is unpacked. */
import { join } from "node:path";
import type { Commit } from "./git.ts";
import { openObjectHeaders } from "./native-odb.ts";
import { nodegit, type NativeCommit, type NativeOdb, type NativeRepository } from "./nodegit.ts";
import { OperationFault } from "./operation-fault.ts";
import { readTreeObject, type Tree } from "./tree-object.ts";
import { lookupCommit, openMirror } from "./worker-mirror.ts";

export interface Objects {
  readonly repository: NativeRepository;
  readonly commit: NativeCommit;
  /** The id of the commit's tree. */
  readonly treeId: string;
  /** The tree of this id that stands at `folder` (empty, or with a slash at its end). Read once, wherever it stands. */
  tree(id: string, folder: string): Promise<Tree>;
  /** The size of the file at `path`; no content is read. */
  sizeOf(id: string, path: string): number;
  /** The bytes of a file; undefined when there are more than that. */
  bytes(id: string, path: string, maxBytes: number): Promise<Buffer | undefined>;
  close(): void;
}

/** A tree of a hundred thousand files has less. */
const MAX_TREE_BYTES = 32 * 1024 * 1024;
const MAX_COMMIT_BYTES = 16 * 1024 * 1024;
const MAX_TEXT = 200;
/** The last second that Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** Undefined when the mirror does not have the commit. */
export async function openObjects(mirror: string, sha: string): Promise<Objects | undefined> {
  const repository = await openMirror(mirror);
  if (repository === undefined) return undefined;
  const headers = openObjectHeaders(join(mirror, "objects"));
  try {
    if ((headers.read(sha)?.sizeBytes ?? 0) > MAX_COMMIT_BYTES) {
      throw new OperationFault("UnsupportedContent", "its message is too long");
    }
    const commit = await lookupCommit(repository, sha);
    if (commit !== undefined) return create({ repository, commit, headers, odb: await repository.odb() });
  } catch (error) {
    headers.close();
    throw error;
  }
  headers.close();
  return undefined;
}

interface Opened {
  readonly repository: NativeRepository;
  readonly commit: NativeCommit;
  readonly odb: NativeOdb;
  readonly headers: ReturnType<typeof openObjectHeaders>;
}

function create({ repository, commit, odb, headers }: Opened): Objects {
  const trees = new Map<string, Tree>();
  const sizes = new Map<string, number>();

  function requireSize(kind: "tree" | "blob", id: string, path: string): number {
    const header = headers.read(id);
    if (header === undefined) throw new OperationFault("native", `object not found: ${id}`);
    if (header.kind === kind) return header.sizeBytes;
    throw new OperationFault(
      "UnsupportedContent",
      `${JSON.stringify(path)} is no ${kind}, but a ${header.kind}`,
    );
  }

  function sizeOf(id: string, path: string): number {
    const size = sizes.get(id) ?? requireSize("blob", id, path);
    sizes.set(id, size);
    return size;
  }

  async function read(id: string): Promise<Buffer> {
    const object = await odb.read(nodegit.Oid.fromString(id));
    if (object === null) throw new OperationFault("native", `object not found: ${id}`);
    const sizeBytes = object.size();
    return sizeBytes === 0 ? Buffer.alloc(0) : object.data().toBuffer(sizeBytes);
  }

  return {
    repository,
    commit,
    treeId: commit.treeId().tostrS(),
    async tree(id, folder) {
      const known = trees.get(id);
      if (known !== undefined) return known;
      if (requireSize("tree", id, folder) > MAX_TREE_BYTES) {
        throw new OperationFault(
          "UnsupportedContent",
          `the folder ${JSON.stringify(folder)} holds too many files`,
        );
      }
      const tree = readTreeObject(await read(id), folder);
      trees.set(id, tree);
      return tree;
    },
    sizeOf,
    async bytes(id, path, maxBytes) {
      return sizeOf(id, path) > maxBytes ? undefined : read(id);
    },
    close: () => headers.close(),
  };
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

function oneLine(text: string): string {
  return Array.from(text.replace(/\p{Cc}/gu, "").trim())
    .slice(0, MAX_TEXT)
    .join("");
}
