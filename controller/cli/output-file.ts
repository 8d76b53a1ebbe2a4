import { realpath, readFile, stat } from "node:fs/promises";
import { isErrno, writeFileAtomic } from "../lib/atomic-file.ts";
import { causeOf } from "../registry/files.ts";
import { parseManifests } from "../registry/parse.ts";
import { CommandError } from "./errors.ts";
import { whyUnreadable } from "./input-file.ts";

/**
 * Writes a manifest to a file, whole or not at all. A file that is there is replaced only where it holds nothing but the
 * Secrets of these names, and keeps its mode and owner. Throws CommandError.
 */
export async function writeSecrets(path: string, text: string, names: readonly string[]): Promise<void> {
  const refuse = (why: string, cause?: unknown): CommandError =>
    new CommandError(`Cannot write ${JSON.stringify(path)}: ${why}`, { cause });
  try {
    const before = await existing(path);
    if (before === undefined) return await writeFileAtomic(path, text, { mode: 0o644 });
    if (!isReplaceable(before.bytes, names)) {
      const secrets = names.map((name) => JSON.stringify(name)).join(", ");
      throw refuse(`it is there, and holds something else than the Secret ${secrets}; choose another file`);
    }
    const { file, mode, uid, gid } = before;
    await writeFileAtomic(file, text, { mode: mode & 0o777, owner: { uid, gid } });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const why = isErrno(error, "ENOENT", "ENOTDIR")
      ? "there is no such folder"
      : isErrno(error, "EISDIR")
        ? whyUnreadable(error)
        : causeOf(error);
    throw refuse(why, error);
  }
}

async function existing(path: string) {
  try {
    const file = await realpath(path);
    const [bytes, { mode, uid, gid }] = await Promise.all([readFile(file), stat(file)]);
    return { file, bytes, mode, uid, gid };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** An empty file is what a redirection of the shell has left. */
function isReplaceable(bytes: Uint8Array, names: readonly string[]): boolean {
  return parseManifests("", bytes, { allowFileRepos: true }).documents.every(
    (found) =>
      found.kind === "empty" ||
      (found.kind === "resource" && found.resource.kind === "Secret" && names.includes(found.resource.name)),
  );
}
