import { libcFunction } from "./libc.ts";

type Call = ReturnType<typeof libcFunction>;

let calls: { readonly list: Call; readonly get: Call; readonly set: Call; readonly remove: Call } | undefined;

/** More than any file system holds for one file. */
const MAX_BYTES = 65_536;

/**
 * Gives an open file the extended attributes of another one, its access control list with them, and takes away what only it
 * has. Returns the names of those that could not be; labels of the system (`security.*`) do not count. Where the system has no
 * such attributes, there is nothing to do.
 */
export function copyAttributes(from: number, to: number): readonly string[] {
  if (process.platform !== "linux") return [];
  calls ??= {
    list: libcFunction("long flistxattr(int, void *, size_t)"),
    get: libcFunction("long fgetxattr(int, const char *, void *, size_t)"),
    set: libcFunction("int fsetxattr(int, const char *, const void *, size_t, int)"),
    remove: libcFunction("int fremovexattr(int, const char *)"),
  };
  const { get, set, remove } = calls;
  const lost: string[] = [];
  const names = namesOf(calls.list, from);
  const value = Buffer.alloc(MAX_BYTES);
  for (const name of names) {
    const { result, code } = get(from, name, value, value.length);
    if (code === "ENODATA") continue;
    if (code !== "" || set(to, name, value.subarray(0, result), result, 0).code !== "") lost.push(name);
  }
  for (const name of namesOf(calls.list, to)) {
    if (!names.includes(name) && remove(to, name).code !== "") lost.push(name);
  }
  return lost.filter((name) => !name.startsWith("security."));
}

function namesOf(list: Call, fd: number): readonly string[] {
  const names = Buffer.alloc(MAX_BYTES);
  const { result, code } = list(fd, names, names.length);
  if (code !== "") return [];
  return names
    .toString("utf8", 0, result)
    .split("\0")
    .filter((name) => name !== "");
}
