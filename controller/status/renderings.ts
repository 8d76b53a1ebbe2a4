import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import { seal, unseal, type SealingKey } from "../lib/aead.ts";
import { isErrno, writeFileAtomic } from "../lib/atomic-file.ts";

/**
 * Renderings of applied targets, whole but sealed, and bound to the Application's name and the rendering's digest, so that
 * a moved file does not open. Each file says by which key it was sealed, in its first line.
 */
export interface Renderings {
  save(name: string, digest: string, json: string): Promise<void>;
  /**
   * Throws ReconcileError `RecordUnopenable` when it is gone, was tampered with, or its key is not there any more. One that
   * an older key sealed is sealed anew, so that the old key can go.
   */
  open(name: string, digest: string): Promise<string>;
  /** Removes all of the Application's but these. */
  keep(name: string, digests: readonly string[]): Promise<void>;
  /** Seals anew whatever an older key sealed, and can be opened. Resolves with the keys that some still need. */
  reseal(): Promise<ReadonlySet<string>>;
}

export interface RenderingsOptions {
  /** The first seals, each opens what it sealed. */
  readonly keys: readonly [SealingKey, ...SealingKey[]];
}

const SUFFIX = ".sealed";

/** Opens the folder of renderings in the data directory, which is made if it is not there. */
export async function openRenderings(dataDir: string, { keys }: RenderingsOptions): Promise<Renderings> {
  const root = join(dataDir, "renderings");
  await mkdir(root, { recursive: true, mode: 0o700 });
  const [first] = keys;
  const pathOf = (name: string, digest: string): string => join(root, name, `${digest}${SUFFIX}`);

  async function save(name: string, digest: string, json: string): Promise<void> {
    await mkdir(join(root, name), { recursive: true, mode: 0o700 });
    await writeFileAtomic(
      pathOf(name, digest),
      Buffer.concat([
        Buffer.from(headerOf(first.id)),
        seal(first, contextOf(first.id, name, digest), Buffer.from(json)),
      ]),
    );
  }

  async function open(name: string, digest: string): Promise<string> {
    const { json, keyId } = await readSealed(pathOf(name, digest), name, digest, keys);
    // A full disk is no reason to open nothing; the next opening tries again.
    if (keyId !== first.id) await save(name, digest, json).catch(() => undefined);
    return json;
  }

  return {
    save,
    open,
    async keep(name, digests) {
      const wanted = new Set(digests.map((digest) => `${digest}${SUFFIX}`));
      const dir = join(root, name);
      const files = await readdir(dir).catch(() => []);
      await Promise.all(
        files.filter((file) => !wanted.has(file)).map((file) => rm(join(dir, file), { force: true })),
      );
      if (digests.length === 0) await rm(dir, { recursive: true, force: true });
    },
    async reseal() {
      const needed = new Set<string>();
      for (const name of await readdir(root)) {
        for (const file of await readdir(join(root, name)).catch(() => [])) {
          if (!file.endsWith(SUFFIX)) continue;
          const keyId = keyIdOf(await readFile(join(root, name, file)).catch(() => Buffer.alloc(0)));
          if (keyId === undefined || keyId === first.id) continue;
          await open(name, file.slice(0, -SUFFIX.length)).catch(() => undefined);
          const now = keyIdOf(await readFile(join(root, name, file)).catch(() => Buffer.alloc(0)));
          if (now === keyId) needed.add(keyId);
        }
      }
      return needed;
    },
  };
}

/** The renderings of a data directory that is another process's: opened with these keys, never written. */
export function readRenderings(dataDir: string, keys: readonly SealingKey[]): Pick<Renderings, "open"> {
  const root = join(dataDir, "renderings");
  return {
    open: async (name, digest) =>
      (await readSealed(join(root, name, `${digest}${SUFFIX}`), name, digest, keys)).json,
  };
}

async function readSealed(
  path: string,
  name: string,
  digest: string,
  keys: readonly SealingKey[],
): Promise<{ readonly json: string; readonly keyId: string }> {
  const file = await readFile(path).catch((cause: unknown) => {
    throw unopenable(name, isErrno(cause, "ENOENT") ? "it is gone" : "it cannot be read", cause);
  });
  const keyId = keyIdOf(file);
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) {
    throw unopenable(
      name,
      keyId === undefined ? "it was changed" : `it was sealed by key ${keyId}, which is not there`,
    );
  }
  const plain = unseal(key, contextOf(key.id, name, digest), file.subarray(headerOf(key.id).length));
  if (plain === undefined) throw unopenable(name, "it was changed, or sealed by another key");
  return { json: plain.toString(), keyId: key.id };
}

/** How many renderings each key sealed, by the key's id. Changes nothing; empty where there are none. */
export async function countRenderings(dataDir: string): Promise<ReadonlyMap<string, number>> {
  const root = join(dataDir, "renderings");
  const counts = new Map<string, number>();
  for (const name of await listFolder(root)) {
    for (const file of await listFolder(join(root, name))) {
      if (!file.endsWith(SUFFIX)) continue;
      const keyId = keyIdOf(await readFile(join(root, name, file)));
      if (keyId !== undefined) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    }
  }
  return counts;
}

async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function headerOf(keyId: string): string {
  return `conops-rendering-v1 ${keyId}\n`;
}

/** Undefined when the file does not begin as one of ours does. */
function keyIdOf(file: Buffer): string | undefined {
  return /^conops-rendering-v1 ([0-9a-f]{8})\n/.exec(file.subarray(0, 40).toString("latin1"))?.[1];
}

function contextOf(keyId: string, name: string, digest: string): string {
  return JSON.stringify([headerOf(keyId), name, digest]);
}

function unopenable(name: string, why: string, cause?: unknown): ReconcileError {
  return new ReconcileError(
    `Cannot open the recorded rendering of "${name}": ${why}; sync once to record it anew`,
    { reason: "RecordUnopenable", cause },
  );
}
