import { join } from "node:path";
import { stringify } from "yaml";
import { API_VERSION } from "../api/application.ts";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import type { RegistryRequest } from "../registry/registry.ts";

/** Drops a request into the registry's root, in place of an older one of the same kind. */
export async function writeRequest(registryDir: string, request: RegistryRequest): Promise<void> {
  const { action, name, token, requestedAt } = request;
  const text = stringify({ apiVersion: API_VERSION, kind: "Request", action, name, token, requestedAt });
  await writeFileAtomic(join(registryDir, `application.${name}.${action}.request.yaml`), text, {
    mode: 0o644,
  });
}
