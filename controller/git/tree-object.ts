/** Tree objects as Git stores them, taken apart and judged before anything is made of them. */
import { isDotGit } from "./dot-git.ts";
import type { TreeEntry } from "./git.ts";
import { OperationFault } from "./operation-fault.ts";

/** One entry of a Git tree object, its name as the bytes that Git holds. */
export interface RawTreeEntry {
  readonly mode: string;
  readonly name: Buffer;
  readonly id: string;
}

export interface TreeItem {
  readonly mode: "40000" | TreeEntry["mode"];
  readonly id: string;
}

/** name → item, in Git's order. */
export type Tree = ReadonlyMap<string, TreeItem>;

const ID_BYTES = 20;
const SPACE = 0x20;
/** No file system of Linux takes a longer name. */
const MAX_NAME_BYTES = 255;
/** The kernel takes 4095 with what stands before it. */
const MAX_PATH_BYTES = 3000;
const MAX_SHOWN = 100;

/**
 * The items of the tree object at `folder` (empty, or with a slash at its end). Throws OperationFault for names that must
 * not, or cannot, be written, two items of one name, modes that mean nothing, and bytes that are no proper tree.
 */
export function readTreeObject(bytes: Buffer, folder: string): Tree {
  const items = new Map<string, TreeItem>();
  let before: Buffer | undefined;
  for (const { mode: written, name, id } of parseTreeObject(bytes)) {
    const text = requireFileName(name, folder);
    const path = folder + text;
    if (items.has(text)) {
      throw new OperationFault("UnsafePath", `it holds the path ${JSON.stringify(path)} twice`);
    }
    const mode = requireMode(written, path);
    // Whoever looks a name up in a tree relies on the order: in another one, two programs may see different trees.
    const key = mode === "40000" ? Buffer.concat([name, Buffer.from("/")]) : name;
    if (before !== undefined && Buffer.compare(before, key) >= 0) throw malformed();
    before = key;
    items.set(text, { mode, id });
  }
  return items;
}

/** The entries of a tree object, in Git's order. Throws OperationFault when the bytes are no tree. */
export function parseTreeObject(bytes: Buffer): RawTreeEntry[] {
  const entries: RawTreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(SPACE, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + ID_BYTES;
    if (space < 0 || end < 0 || next > bytes.length) throw malformed();
    entries.push({
      mode: bytes.toString("latin1", at, space).replace(/^0+/, ""),
      name: bytes.subarray(space + 1, end),
      id: bytes.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** The entry's name as text. Throws OperationFault for what must not, or cannot, become a file. */
export function requireFileName(name: Buffer, folder: string): string {
  const text = name.toString("utf8");
  const shown = JSON.stringify(folder + text);
  if (text === "" || text === "." || text === ".." || text.includes("/") || isDotGit(text)) {
    throw new OperationFault("UnsafePath", `it holds the unsafe path ${shown}`);
  }
  if (!Buffer.from(text, "utf8").equals(name)) {
    throw new OperationFault("UnsupportedContent", `the path ${shown} is not UTF-8`);
  }
  if (name.length > MAX_NAME_BYTES) throw tooLong(folder + text);
  return text;
}

/** Throws OperationFault for a path of the repository that cannot be a path of this machine. */
export function requirePathLength(path: string): void {
  if (path.length * 3 > MAX_PATH_BYTES && Buffer.byteLength(path) > MAX_PATH_BYTES) throw tooLong(path);
}

function requireMode(mode: string, path: string): TreeItem["mode"] {
  if (mode === "40000" || mode === "120000" || mode === "160000") return mode;
  // Old versions of Git wrote other permissions; only "executable by its owner" means anything.
  if (/^100[0-7]{3}$/.test(mode)) return (parseInt(mode, 8) & 0o100) === 0 ? "100644" : "100755";
  const shown = mode.slice(0, 12) || "0";
  throw new OperationFault("UnsupportedContent", `${JSON.stringify(path)} has the unknown mode ${shown}`);
}

function tooLong(path: string): OperationFault {
  const start = JSON.stringify(`${path.slice(0, MAX_SHOWN)}...`);
  return new OperationFault("UnsupportedContent", `it holds a path that is too long: ${start}`);
}

function malformed(): OperationFault {
  return new OperationFault("UnsupportedContent", "it holds a malformed tree");
}
