import { OperationFault } from "./operation-fault.ts";

/** One entry of a Git tree object, its name as the bytes that Git holds. */
export interface RawTreeEntry {
  readonly mode: string;
  readonly name: Buffer;
  readonly id: string;
}

const ID_BYTES = 20;
const SPACE = 0x20;

/** The entries of a tree object, in Git's order. Throws OperationFault when the bytes are no tree. */
export function parseTreeObject(bytes: Buffer): RawTreeEntry[] {
  const entries: RawTreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(SPACE, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + ID_BYTES;
    if (space < 0 || end < 0 || next > bytes.length) {
      throw new OperationFault("UnsupportedContent", "it holds a malformed tree");
    }
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
  if (text === "" || text === "." || text === ".." || text.includes("/") || text.toLowerCase() === ".git") {
    throw new OperationFault("UnsafePath", `it holds the unsafe path ${shown}`);
  }
  if (!Buffer.from(text, "utf8").equals(name)) {
    throw new OperationFault("UnsupportedContent", `the path ${shown} is not UTF-8`);
  }
  return text;
}
