/** The data directory's own key (`<data>/key`, for its owner alone): it seals where no encryption key is given. */
import { join } from "node:path";
import { makeSealingKey, sealingKeyOf, KEY_BYTES, type SealingKey } from "../lib/aead.ts";
import { readFileIfExists, writeFileAtomic } from "../lib/atomic-file.ts";

/** The key, which is made when there is none yet. Throws when the file is damaged: a new key would open nothing. */
export async function readOrMakeDataKey(dataDir: string): Promise<SealingKey> {
  const known = await readDataKey(dataDir);
  if (known !== undefined) return known;
  const key = makeSealingKey();
  await writeFileAtomic(pathOf(dataDir), `${Buffer.from(key.bytes).toString("base64")}\n`);
  return key;
}

/** The key, if there is one yet. */
export async function readDataKey(dataDir: string): Promise<SealingKey | undefined> {
  const text = await readFileIfExists(pathOf(dataDir));
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length === KEY_BYTES) return sealingKeyOf(bytes);
  throw new Error(
    `Cannot read the data directory's key "${pathOf(dataDir)}": it is not ${KEY_BYTES} bytes in base64`,
  );
}

function pathOf(dataDir: string): string {
  return join(dataDir, "key");
}
