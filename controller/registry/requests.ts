/**
 * One-time requests: small files in the registry's root, `application.NAME.ACTION.request.yaml`. A newer one of the same
 * name and action replaces an older; the token tells them apart. The CLI writes them, the controller consumes them.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { API_VERSION } from "../api/application.ts";
import { isResourceName } from "../api/metadata.ts";
import { isErrno, writeFileAtomic } from "../lib/atomic-file.ts";
import { causeOf } from "./files.ts";
import type { RegistryRequest } from "./registry.ts";

export const REQUEST_ACTIONS = ["sync", "retry", "confirm-deletion"] as const;
export const MAX_REQUEST_BYTES = 16 * 1024;

/** The file of a request, in the registry's root. */
export function requestFileOf({ name, action }: Pick<RegistryRequest, "name" | "action">): string {
  return `application.${name}.${action}.request.yaml`;
}

/**
 * Puts a request into the registry's folder `dir`, whole or not at all, in the place of an older one of the same name and
 * action. Throws `Cannot write request …`.
 */
export async function writeRequest(dir: string, request: RegistryRequest): Promise<void> {
  const { action, name, token, requestedAt } = request;
  const file = requestFileOf(request);
  const text = stringify({ apiVersion: API_VERSION, kind: "Request", action, name, token, requestedAt });
  const understood = parseRequest(file, Buffer.from(text));
  if (typeof understood === "string") throw new Error(`Cannot write request "${file}": ${understood}`);
  try {
    await writeFileAtomic(join(dir, file), text, { mode: 0o644 }); // the controller may run as another user
  } catch (error) {
    throw new Error(`Cannot write request "${file}": ${causeOf(error)}`, { cause: error });
  }
}

/** The request in a file, or what is wrong with it. */
export function parseRequest(file: string, bytes: Uint8Array): RegistryRequest | string {
  const named = /^application\.([^.]+)\.([^.]+)\.request\.yaml$/.exec(file);
  const name = named?.[1];
  const action = REQUEST_ACTIONS.find((known) => known === named?.[2]);
  if (!isResourceName(name) || action === undefined) {
    return `its name must be application.NAME.ACTION.request.yaml, with ACTION one of ${REQUEST_ACTIONS.join(", ")}`;
  }
  const value = readYaml(bytes);
  if (typeof value !== "object" || value === null) return "it is not a YAML mapping";
  const fields = value as Readonly<Record<string, unknown>>;
  for (const [field, wanted] of Object.entries({ apiVersion: API_VERSION, kind: "Request", action, name })) {
    if (fields[field] !== wanted) return `${field} must be "${wanted}"`;
  }
  const { token, requestedAt } = fields;
  if (typeof token !== "string" || token === "" || token.length > 128) return "token must be a short text";
  if (typeof requestedAt !== "string" || !isRfc3339(requestedAt))
    return "requestedAt must be an RFC 3339 time";
  return { action, name, token, requestedAt };
}

/**
 * Removes the file of `request`, unless another token stands in it by now. The file is taken aside before it is read, so
 * that a newer one, put there in between, is not the one that is removed.
 */
export async function removeRequest(dir: string, request: RegistryRequest): Promise<void> {
  const file = requestFileOf(request);
  const aside = join(dir, `.${file}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await rename(join(dir, file), aside);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw new Error(`Cannot remove request "${file}": ${causeOf(error)}`, { cause: error });
  }
  const found = await readFile(aside).then(
    (bytes) => parseRequest(file, bytes),
    (error: unknown) => causeOf(error),
  );
  if (typeof found === "string" || found.token !== request.token) {
    await link(aside, join(dir, file)).catch((error: unknown) => {
      if (!isErrno(error, "EEXIST")) throw error; // a still newer one is there
    });
  }
  await rm(aside, { force: true });
}

function readYaml(bytes: Uint8Array): unknown {
  try {
    const document = parseDocument(Buffer.from(bytes).toString("utf8"), {
      schema: "core",
      logLevel: "silent",
    });
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function isRfc3339(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}
