import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import { isErrno, writeFileAtomic } from "../lib/atomic-file.ts";

/**
 * Renderings of applied targets, whole but sealed: AES-256-GCM under the data directory's own key (`<data>/key`, mode
 * 0600), bound to the Application's name and the rendering's digest, so that a moved file does not open.
 */
export interface Renderings {
  save(name: string, digest: string, json: string): Promise<void>;
  /** Throws ReconcileError `RecordUnopenable` when it is gone, was tampered with, or the key is another one. */
  open(name: string, digest: string): Promise<string>;
  /** Removes all of the Application's but these. */
  keep(name: string, digests: readonly string[]): Promise<void>;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export async function openRenderings(dataDir: string): Promise<Renderings> {
  const root = join(dataDir, "renderings");
  await mkdir(root, { recursive: true, mode: 0o700 });
  const key = await readOrMakeKey(join(dataDir, "key"));
  const pathOf = (name: string, digest: string): string => join(root, name, `${digest}.sealed`);
  return {
    async save(name, digest, json) {
      await mkdir(join(root, name), { recursive: true, mode: 0o700 });
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(boundTo(name, digest));
      const sealed = Buffer.concat([cipher.update(json, "utf8"), cipher.final()]);
      await writeFileAtomic(pathOf(name, digest), Buffer.concat([nonce, cipher.getAuthTag(), sealed]));
    },
    async open(name, digest) {
      try {
        const bytes = await readFile(pathOf(name, digest));
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(boundTo(name, digest))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
          decipher.final(),
        ]).toString();
      } catch (cause) {
        throw new ReconcileError(
          `Cannot open the recorded rendering of "${name}": ${isErrno(cause, "ENOENT") ? "it is gone" : "it was changed, or sealed by another key"}; sync once to record it anew`,
          { reason: "RecordUnopenable", cause },
        );
      }
    },
    async keep(name, digests) {
      const wanted = new Set(digests.map((digest) => `${digest}.sealed`));
      const dir = join(root, name);
      const files = await readdir(dir).catch(() => []);
      await Promise.all(
        files.filter((file) => !wanted.has(file)).map((file) => rm(join(dir, file), { force: true })),
      );
      if (digests.length === 0) await rm(dir, { recursive: true, force: true });
    },
  };
}

function boundTo(name: string, digest: string): Buffer {
  return Buffer.from(`conops rendering\0${name}\0${digest}`);
}

async function readOrMakeKey(path: string): Promise<Buffer> {
  try {
    const key = Buffer.from((await readFile(path, "utf8")).trim(), "base64");
    if (key.length !== KEY_BYTES) {
      throw new Error(
        `Cannot read the data directory's key "${path}": it is not ${KEY_BYTES} bytes in base64`,
      );
    }
    return key;
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    const key = randomBytes(KEY_BYTES);
    await writeFileAtomic(path, `${key.toString("base64")}\n`);
    return key;
  }
}
