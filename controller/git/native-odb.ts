/**
 * Kinds and sizes of objects as libgit2 reads them from their headers: nodegit itself offers only the whole content, and a
 * blob of a few bytes in a pack may be many gigabytes when unpacked. By the functions of the very library that nodegit has
 * loaded, with an object database of our own. For Git workers only.
 */
import { createRequire } from "node:module";
import koffi from "koffi";
import { OperationFault } from "./operation-fault.ts";

export interface ObjectHeader {
  readonly kind: "commit" | "tree" | "blob" | "tag";
  readonly sizeBytes: number;
}

export interface ObjectHeaders {
  /** Undefined when there is no such object, or it cannot be read. */
  read(id: string): ObjectHeader | undefined;
  close(): void;
}

interface Library {
  readonly open: (out: [unknown], folder: string) => number;
  /** koffi gives a number beyond 2^53 as bigint. */
  readonly readHeader: (size: [number | bigint], kind: [number], odb: unknown, id: Buffer) => number;
  readonly free: (odb: unknown) => void;
}

/** libgit2's numbers. */
const KINDS: readonly (ObjectHeader["kind"] | undefined)[] = [undefined, "commit", "tree", "blob", "tag"];

let library: Library | undefined;

/** Of the objects in this folder, which is a repository's `objects`. */
export function openObjectHeaders(folder: string): ObjectHeaders {
  library ??= load();
  const { open, readHeader, free } = library;
  const out: [unknown] = [null];
  if (open(out, folder) !== 0) throw new OperationFault("native", "the mirror is no repository");
  const [odb] = out;
  const size: [number | bigint] = [0];
  const kind: [number] = [0];
  return {
    read(id) {
      if (readHeader(size, kind, odb, Buffer.from(id, "hex")) !== 0) return undefined;
      const known = KINDS[kind[0]];
      return known === undefined ? undefined : { kind: known, sizeBytes: Number(size[0]) };
    },
    close: () => free(odb),
  };
}

function load(): Library {
  const path = createRequire(import.meta.url).resolve("nodegit/build/Release/nodegit.node");
  const native = koffi.load(path);
  return {
    open: native.func("int git_odb_open(_Out_ void **odb, const char *folder)") as Library["open"],
    readHeader: native.func(
      "int git_odb_read_header(_Out_ size_t *size, _Out_ int *kind, void *odb, const uint8_t *id)",
    ) as Library["readHeader"],
    free: native.func("void git_odb_free(void *odb)") as Library["free"],
  };
}
