import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SealingKey } from "../../controller/lib/aead.ts";
import { sealValue } from "../../controller/secret/sealed-value.ts";
import { keyIdsIn } from "../../controller/secret/seal-plan.ts";
import { parseManifests } from "../../controller/registry/parse.ts";
import { openSecret } from "../../controller/secret/opened-secret.ts";

/** The text of a Secret whose fields `key` has sealed. */
export function sealedManifest(
  name: string,
  fields: Readonly<Record<string, string>>,
  key: SealingKey,
): string {
  const lines = Object.entries(fields).map(
    ([field, text]) =>
      `  ${field}: ${sealValue(key, { kind: "Secret", name, field }, Buffer.from(text), 0)} # of ${field}\n`,
  );
  return `apiVersion: conops.dev/v1alpha1\nkind: Secret\nmetadata: {name: ${name}}\nsealedData:\n${lines.join("")}`;
}

/** What the Secrets in a text hold, as far as these keys open it: `shop.db` → value. Throws for a manifest that is not valid. */
export function openedIn(text: string, keys: readonly SealingKey[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const found of parseManifests("x", Buffer.from(text), { allowFileRepos: true }).documents) {
    if (found.kind === "invalid") throw new Error(JSON.stringify(found.faults));
    if (found.kind !== "resource" || found.resource.kind !== "Secret") continue;
    for (const [field, bytes] of openSecret(found.resource, { keys }).values) {
      values[`${found.resource.name}.${field}`] = bytes.toString("latin1");
    }
  }
  return values;
}

/** The same of a whole folder, with the ids of the keys that its files name. */
export async function readSealed(
  dir: string,
  keys: readonly SealingKey[],
): Promise<{
  readonly values: Readonly<Record<string, string>>;
  readonly keyIds: readonly string[];
  readonly files: readonly string[];
}> {
  const files = (await readdir(dir)).toSorted();
  const texts = await Promise.all(
    files.filter((file) => file.endsWith(".yaml")).map((file) => readFile(join(dir, file), "utf8")),
  );
  return {
    values: Object.assign({}, ...texts.map((text) => openedIn(text, keys))) as Readonly<
      Record<string, string>
    >,
    keyIds: [...new Set(texts.flatMap((text) => [...keyIdsIn(text)]))].toSorted(),
    files,
  };
}
