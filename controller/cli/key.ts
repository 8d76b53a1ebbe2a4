import { realpath, readFile, stat } from "node:fs/promises";
import { messageOf } from "../api/errors.ts";
import { makeSealingKey, type SealingKey } from "../lib/aead.ts";
import { createFileExclusive, isErrno, writeFileAtomic } from "../lib/atomic-file.ts";
import { formatKey, parseKeyring } from "../secret/keyring.ts";
import type { CommandContext } from "./context.ts";
import { CommandError } from "./errors.ts";
import { whyUnreadable } from "./input-file.ts";

/** Where a new key goes: shown, into a file of its own, or in front of the keys of a file. */
export type KeyTarget =
  | { readonly kind: "show" }
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "add"; readonly path: string };

/** Makes an encryption key. A file that is there is never overwritten: its keys stay, behind the new one. */
export async function generateKey(
  { terminal, clock }: Pick<CommandContext, "terminal" | "clock">,
  target: KeyTarget,
): Promise<void> {
  const key = makeSealingKey();
  if (target.kind === "show") {
    terminal.out(`${formatKey(key)}\n`);
    return;
  }
  const { path } = target;
  const text = `# key ${key.id}, made ${new Date(clock.now()).toISOString().slice(0, 10)}\n${formatKey(key)}\n`;
  const older = target.kind === "add" ? await addKey(path, text) : await createKey(path, text);
  terminal.out(`Key ${key.id} is the first in ${JSON.stringify(path)}: it seals.\n`);
  if (older.length === 0) return;
  terminal.out(
    `${older.map(({ id }) => id).join(", ")} still ${older.length === 1 ? "opens" : "open"} what ${older.length === 1 ? "it" : "they"} sealed.\n` +
      "Restart ConOps, so that it has the new key; then seal everything by it: conops rotate\n",
  );
}

async function createKey(path: string, text: string): Promise<readonly SealingKey[]> {
  try {
    await createFileExclusive(path, text);
    return [];
  } catch (error) {
    const why = isErrno(error, "EEXIST")
      ? "the file is there already; --add-to adds a key to it"
      : isErrno(error, "ENOENT", "ENOTDIR")
        ? "there is no such folder"
        : whyUnreadable(error);
    throw new CommandError(`Cannot write a key to ${JSON.stringify(path)}: ${why}`, { cause: error });
  }
}

async function addKey(path: string, text: string): Promise<readonly SealingKey[]> {
  const refuse = (why: string, cause: unknown): CommandError =>
    new CommandError(`Cannot add a key to ${JSON.stringify(path)}: ${why}`, { cause });
  try {
    const file = await realpath(path);
    const { mode, uid, gid } = await stat(file);
    const before = await readFile(file, "utf8");
    const { keys } = parseKeyring(before, JSON.stringify(path));
    await writeFileAtomic(file, `${text}${before}`, { mode: mode & 0o777, owner: { uid, gid } });
    return keys;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return createKey(path, text);
    throw refuse(error instanceof Error && "code" in error ? whyUnreadable(error) : messageOf(error), error);
  }
}
