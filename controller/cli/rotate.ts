/**
 * `conops rotate`: every sealed value of the registry is sealed by the first key. File by file, each whole: broken off
 * anywhere and run again, it arrives.
 */
import { formatFault } from "../api/application.ts";
import { messageOf } from "../api/errors.ts";
import { checkSecret } from "../api/secret-schema.ts";
import type { Secret } from "../api/secret.ts";
import { EditError } from "../edit/edit-error.ts";
import { editManifestFile } from "../edit/edit-file.ts";
import { findFiles, readRegistryFile } from "../registry/files.ts";
import { parseManifests } from "../registry/parse.ts";
import type { Keyring } from "../secret/keyring.ts";
import { keyIdsIn, plainFields, planRotation, type Rotation } from "../secret/seal-plan.ts";
import { countRenderings } from "../status/renderings.ts";
import { oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { isControllerRunning } from "./controller-running.ts";
import { CommandError } from "./errors.ts";
import { requireKey } from "./seal.ts";

export interface RotateOptions {
  readonly keyring: Keyring;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
}

interface Counts {
  resealed: number;
  current: number;
  failed: number;
}

/**
 * Rotates, says of each field what was done, and which of the keys can go now. Throws CommandError when something could not
 * be sealed anew.
 */
export async function rotate(context: CommandContext, { keyring, dryRun }: RotateOptions): Promise<void> {
  const { terminal, manifestsDir } = context;
  const key = requireKey(keyring);
  const counts: Counts = { resealed: 0, current: 0, failed: 0 };
  const { manifests, unreadable } = await findManifests(manifestsDir);
  const say = (file: string, text: string): void => terminal.out(oneLine(`${file}: ${text}`) + "\n");
  const fail = (file: string, text: string): void => {
    counts.failed++;
    say(file, text);
  };
  for (const { folder, message } of unreadable) fail(folder, `cannot be read: ${message}`);
  for (const file of manifests) {
    const secrets = await readSecrets(manifestsDir, file, fail);
    for (const secret of secrets) {
      const plain = plainFields(secret);
      if (plain.length === 0) continue;
      say(
        file,
        `Secret ${secret.name}: ${plain.join(", ")}: written plain ("conops seal --in-place" seals it)`,
      );
    }
    const planned = secrets.map((secret) => ({ secret, rotations: planRotation(secret, keyring, 0) }));
    const isDue = planned.some(({ rotations }) => rotations.some(({ kind }) => kind === "resealed"));
    if (isDue && !dryRun) {
      try {
        await rotateFile(context, file, secrets, keyring);
      } catch (error) {
        if (!(error instanceof EditError)) throw error;
        fail(file, error.message);
        continue;
      }
    }
    for (const { secret, rotations } of planned) {
      for (const rotation of rotations) {
        const where = `Secret ${secret.name}: ${rotation.field}`;
        if (rotation.kind === "current") counts.current++;
        if (rotation.kind === "unopenable") fail(file, `${where}: ${rotation.message}`);
        if (rotation.kind !== "resealed") continue;
        counts.resealed++;
        say(
          file,
          `${where}: ${dryRun ? "would be sealed" : "sealed"} by ${key.id} instead of ${rotation.from}`,
        );
      }
    }
  }
  const fields = counts.resealed === 1 ? "field" : "fields";
  terminal.out(
    `${counts.resealed} ${fields} ${dryRun ? "would be sealed" : "sealed"} anew, ${counts.current} sealed by ${key.id} already.\n`,
  );
  if (!dryRun) await tellKeys(context, keyring, manifests);
  if (counts.failed > 0) {
    throw new CommandError(`${counts.failed} of them could not be sealed anew: see above`);
  }
}

async function findManifests(dir: string): Promise<Awaited<ReturnType<typeof findFiles>>> {
  try {
    return await findFiles(dir);
  } catch (error) {
    throw new CommandError(`Cannot read the manifests in ${JSON.stringify(dir)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function readSecrets(
  dir: string,
  file: string,
  fail: (file: string, text: string) => void,
): Promise<readonly Secret[]> {
  const read = await readRegistryFile(dir, file);
  if (read.kind === "unreadable") fail(file, read.message);
  if (read.kind !== "read") return [];
  const { documents } = parseManifests(file, read.bytes, { allowFileRepos: true });
  const faults = documents.flatMap((found) => (found.kind === "invalid" ? found.faults : []));
  const [fault] = faults;
  // A file without anything sealed in it is somebody else's worry.
  if (fault !== undefined && keyIdsIn(Buffer.from(read.bytes).toString()).size > 0) {
    fail(file, `is not valid, and was left alone: ${formatFault(fault)}`);
  }
  if (fault !== undefined) return [];
  return documents.flatMap((found) =>
    found.kind === "resource" && found.resource.kind === "Secret" ? [found.resource] : [],
  );
}

async function rotateFile(
  { manifestsDir, clock }: CommandContext,
  file: string,
  secrets: readonly Secret[],
  keyring: Keyring,
): Promise<void> {
  await editManifestFile(
    {
      dir: manifestsDir,
      file,
      clock,
      edits: secrets.map(({ name }) => ({
        kind: "Secret",
        name,
        changes(document) {
          const checked = checkSecret(document);
          const rotations: readonly Rotation[] =
            "faults" in checked ? [] : planRotation(checked.secret, keyring, clock.now());
          return rotations.flatMap((rotation) => (rotation.kind === "resealed" ? [rotation.edit] : []));
        },
      })),
    },
    new AbortController().signal,
  );
}

/** From what lies there now, whatever it was that this command did: files that it did not understand count, too. */
async function tellKeys(
  { terminal, manifestsDir, dataDir }: CommandContext,
  { keys }: Keyring,
  manifests: readonly string[],
): Promise<void> {
  const [first, ...older] = keys;
  if (first === undefined || older.length === 0) return;
  const users = new Map<string, string[]>();
  const use = (keyId: string, user: string): void =>
    void users.set(keyId, [...(users.get(keyId) ?? []), user]);
  for (const file of manifests) {
    const read = await readRegistryFile(manifestsDir, file);
    if (read.kind === "unreadable") for (const { id } of older) use(id, `${file}, which cannot be read`);
    if (read.kind === "read") for (const id of keyIdsIn(Buffer.from(read.bytes).toString())) use(id, file);
  }
  try {
    for (const [id, count] of await countRenderings(dataDir)) {
      use(id, `${count} recorded rendering${count === 1 ? "" : "s"}, until ConOps starts with the new key`);
    }
  } catch {
    for (const { id } of older)
      use(id, `perhaps recorded renderings: ${JSON.stringify(dataDir)} cannot be read`);
  }
  for (const { id } of older) {
    const needed = users.get(id);
    terminal.out(
      oneLine(
        needed === undefined ? `Key ${id} can go.` : `Key ${id} is needed still: ${needed.join("; ")}.`,
      ) + "\n",
    );
  }
  if ((await isControllerRunning(manifestsDir)) !== false) {
    terminal.err(
      `A controller runs on this folder. If it has not been restarted since key ${first.id} was added, it cannot open what was sealed: restart it now.\n`,
    );
  }
}
