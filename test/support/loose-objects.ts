/** Git objects written by hand, however wrong, straight into a repository: what no honest server would send. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { objectId, type RawEntry } from "./git-repo.ts";

/** What stands at a path: a file, an executable, a symbolic link, a submodule. */
export type LooseFile =
  | string
  | Uint8Array
  | { readonly executable: string }
  | { readonly link: string | Uint8Array }
  | { readonly commit: string };

export interface LooseObjects {
  /** Each tells the object's id. */
  readonly blob: (bytes: string | Uint8Array) => string;
  /** The entries in the order given. */
  readonly tree: (entries: readonly RawEntry[]) => string;
  /** The tree of these files, as Git would write it. */
  readonly files: (files: Readonly<Record<string, LooseFile>>) => string;
  readonly commit: (tree: string, message?: string) => string;
  readonly write: (type: "blob" | "tree" | "commit", bytes: Uint8Array) => string;
}

/** Of the repository whose `objects` folder this is. */
export function looseObjects(folder: string): LooseObjects {
  function write(type: string, bytes: Uint8Array): string {
    const id = objectId(type, bytes);
    const place = join(folder, id.slice(0, 2));
    mkdirSync(place, { recursive: true });
    const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
    writeFileSync(join(place, id.slice(2)), deflateSync(whole, { level: 1 }));
    return id;
  }
  const blob = (bytes: string | Uint8Array): string => write("blob", Buffer.from(bytes));
  const tree = (entries: readonly RawEntry[]): string =>
    write(
      "tree",
      Buffer.concat(
        entries.flatMap(({ mode, name, id }) => [
          Buffer.from(`${mode} `),
          Buffer.from(name),
          Buffer.from([0]),
          Buffer.from(id, "hex"),
        ]),
      ),
    );

  function entryOf(name: string, file: LooseFile): RawEntry {
    if (typeof file === "string" || file instanceof Uint8Array)
      return { mode: "100644", name, id: blob(file) };
    if ("executable" in file) return { mode: "100755", name, id: blob(file.executable) };
    return "link" in file
      ? { mode: "120000", name, id: blob(file.link) }
      : { mode: "160000", name, id: file.commit };
  }

  function files(all: Readonly<Record<string, LooseFile>>): string {
    const entries: RawEntry[] = [];
    const folders = new Map<string, Record<string, LooseFile>>();
    for (const [path, file] of Object.entries(all)) {
      const slash = path.indexOf("/");
      if (slash < 0) entries.push(entryOf(path, file));
      else {
        const name = path.slice(0, slash);
        const below = folders.get(name) ?? {};
        folders.set(name, Object.assign(below, { [path.slice(slash + 1)]: file }));
      }
    }
    for (const [name, below] of folders) entries.push({ mode: "40000", name, id: files(below) });
    const key = ({ mode, name }: RawEntry): Buffer =>
      Buffer.from(mode === "40000" ? `${String(name)}/` : name);
    return tree(entries.toSorted((a, b) => Buffer.compare(key(a), key(b))));
  }

  return {
    blob,
    tree,
    files,
    write: (type, bytes) => write(type, bytes),
    commit(treeId, message = "Hostile") {
      const who = "Eve <eve@example.com> 1700000000 +0000";
      return write("commit", Buffer.from(`tree ${treeId}\nauthor ${who}\ncommitter ${who}\n\n${message}\n`));
    },
  };
}
