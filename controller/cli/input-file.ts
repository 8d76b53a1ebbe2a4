import { readFile } from "node:fs/promises";
import { isErrno } from "../lib/atomic-file.ts";
import { causeOf } from "../registry/files.ts";
import { CommandError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** The bytes of a file that a person named, or of the standard input for `-`. Throws CommandError. */
export async function readInputFile(terminal: Terminal, path: string): Promise<Buffer> {
  if (path === "-") return Buffer.from(await terminal.readInput());
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(`Cannot read ${JSON.stringify(path)}: ${whyUnreadable(error)}`, { cause: error });
  }
}

/** The cause in words. */
export function whyUnreadable(error: unknown): string {
  if (isErrno(error, "ENOENT", "ENOTDIR")) return "there is no such file";
  return isErrno(error, "EISDIR") ? "it is a folder" : causeOf(error);
}
