/** Where the encryption keys come from: a file that a flag names, or a variable, which is forgotten once it was read. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "./api/errors.ts";
import { UsageError } from "./cli/errors.ts";
import { givenKeyFile, KEY_VARIABLE, type Surroundings } from "./config.ts";
import type { Flags } from "./settings.ts";
import { isErrno } from "./lib/atomic-file.ts";
import { NO_KEYS, parseKeyring, type Keyring } from "./secret/keyring.ts";

const MAX_FILE_BYTES = 64 * 1024;
const READABLE_BY_OTHERS = 0o077;

export interface EncryptionKeys {
  readonly keyring: Keyring;
  /** For a person: what is dangerous about the file. */
  readonly warnings: readonly string[];
}

/**
 * Reads the keys; none when none are given. `fromVariable` is what `CONOPS_ENCRYPTION_KEY` held. Throws UsageError when
 * both are given (which keys seal must not depend on an order that nobody wrote down), and for keys that make no sense.
 */
export async function readEncryptionKeys(
  flags: Flags,
  surroundings: Surroundings,
  fromVariable: string | undefined,
): Promise<EncryptionKeys> {
  const file = givenKeyFile(flags, surroundings);
  if (file !== undefined && fromVariable !== undefined) {
    throw new UsageError(`Cannot use both ${KEY_VARIABLE} and ${file.source}: put all keys in one of them`);
  }
  if (fromVariable !== undefined) return { keyring: parse(fromVariable, KEY_VARIABLE), warnings: [] };
  if (file === undefined) return { keyring: NO_KEYS, warnings: [] };
  const { text, mode } = await readKeyFile(resolve(surroundings.cwd, file.value), file);
  const source = JSON.stringify(file.value);
  const isOpen = (mode & READABLE_BY_OTHERS) !== 0;
  return {
    keyring: parse(text, source),
    warnings: isOpen
      ? [
          `The encryption keys in ${source} can be read by other users of this machine: chmod 600 ${file.value}`,
        ]
      : [],
  };
}

function parse(text: string, source: string): Keyring {
  try {
    return parseKeyring(text, source);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

async function readKeyFile(
  path: string,
  given: { readonly source: string; readonly value: string },
): Promise<{ readonly text: string; readonly mode: number }> {
  const refuse = (why: string, cause?: unknown): UsageError =>
    new UsageError(`Cannot use ${JSON.stringify(given.value)} for ${given.source}: ${why}`, { cause });
  const file = await open(path, "r").catch((error: unknown) => {
    if (isErrno(error, "ENOENT"))
      throw refuse('there is no such file ("conops key generate" makes one)', error);
    if (isErrno(error, "EACCES", "EPERM")) throw refuse("permission denied", error);
    throw refuse(isErrno(error, "EISDIR") ? "it is a folder" : "it cannot be read", error);
  });
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw refuse("it is a folder");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_BYTES + 1), 0, MAX_FILE_BYTES + 1);
    if (bytesRead > MAX_FILE_BYTES) throw refuse("it is far too long for a file of keys");
    return { text: buffer.toString("utf8", 0, bytesRead), mode: found.isFile() ? found.mode : 0 };
  } finally {
    await file.close();
  }
}
