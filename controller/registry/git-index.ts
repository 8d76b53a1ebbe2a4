/**
 * The index of Git, version 2 to 4, as far as names go: https://git-scm.com/docs/index-format. Pure.
 */

export interface IndexNames {
  /** Paths from the root of the work tree, as bytes read one by one (latin1): Git knows no encoding of names. */
  readonly files: ReadonlySet<string>;
  /** Folders of which the index holds no single files (a sparse index), each with a "/" at its end. */
  readonly folders: readonly string[];
  /** The rest of a split index stands in this file, beside the index. */
  readonly shared?: string;
}

const HEADER_BYTES = 12;
/** Times, device, inode, mode, owner and size. */
const STAT_BYTES = 40;
const MODE_AT = 24;
const FOLDER_MODE = 0o040000;
const EXTENDED = 0x4000;
const NUL = 0;

/** All names of an index. `hashBytes`: 20, or 32 in a repository of SHA-256. Throws RangeError for what is no index. */
export function parseGitIndex(index: Buffer, hashBytes: number): IndexNames {
  const version = index.subarray(0, 4).toString("latin1") === "DIRC" ? index.readUInt32BE(4) : 0;
  if (version < 2 || version > 4) throw new RangeError("it is not an index of a known version");
  const count = index.readUInt32BE(8);
  const files = new Set<string>();
  const folders: string[] = [];
  let at = HEADER_BYTES;
  let name = "";
  for (let entry = 0; entry < count; entry++) {
    const begin = at;
    const mode = index.readUInt32BE(begin + MODE_AT);
    at += STAT_BYTES + hashBytes;
    const flags = index.readUInt16BE(at);
    at += version > 2 && (flags & EXTENDED) !== 0 ? 4 : 2;
    let kept = "";
    if (version === 4) {
      const removed = readVarint(index, at);
      at = removed.end;
      if (removed.value > name.length) throw new RangeError("it is damaged");
      kept = name.slice(0, name.length - removed.value);
    }
    const end = index.indexOf(NUL, at);
    if (end < 0) throw new RangeError("it is cut off");
    name = kept + index.toString("latin1", at, end);
    // Up to version 3, an entry is filled up to a multiple of 8 bytes, with 1 to 8 zeros.
    at = version === 4 ? end + 1 : begin + ((end - begin + 8) & ~7);
    if (mode === FOLDER_MODE) folders.push(name);
    else files.add(name);
  }
  const shared = readLink(index, at, hashBytes);
  return { files, folders, ...(shared !== undefined && { shared }) };
}

/** As in the packs of Git: seven bits a byte, the highest first, each further byte adding one. */
function readVarint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
    if (value > bytes.length) throw new RangeError("it is damaged");
  }
  return { value, end: at };
}

/** The name of the shared index that the extension `link` of a split index tells. */
function readLink(index: Buffer, from: number, hashBytes: number): string | undefined {
  let at = from;
  while (at + 8 <= index.length - hashBytes) {
    const signature = index.toString("latin1", at, at + 4);
    const length = index.readUInt32BE(at + 4);
    at += 8;
    if (signature === "link" && length >= hashBytes) {
      const id = index.toString("hex", at, at + hashBytes);
      return /^0+$/.test(id) ? undefined : `sharedindex.${id}`;
    }
    at += length;
  }
  return undefined;
}
