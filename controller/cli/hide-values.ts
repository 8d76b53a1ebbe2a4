/** No command prints a secret: what is read of one is hidden before anything else sees it. */
import type { ManifestDocument } from "../api/application.ts";
import { isCopyOfManifest, type Secret, type SecretField } from "../api/secret.ts";
import type { ParsedDocument } from "../registry/parse.ts";

/** Stands for every value that a Secret holds in plain text. */
export const HIDDEN = "***";

const PLAIN = ["stringData", "data"];

/** The document, where it is a Secret without its values; sealed ones stay, as they are safe to show. */
export function hideValues(document: ParsedDocument): ParsedDocument {
  if (document.kind !== "resource" || document.resource.kind !== "Secret") return document;
  return { ...document, resource: hideSecret(document.resource) };
}

function hideSecret(secret: Secret): Secret {
  const fields = Object.entries(secret.fields).map(([name, field]): [string, SecretField] => [
    name,
    field.form === "plain" ? { ...field, text: HIDDEN } : field,
  ]);
  return {
    ...secret,
    annotations: hideIn(secret.annotations, isCopyOfManifest),
    fields: Object.fromEntries(fields),
    manifest: hideManifest(secret.manifest),
  };
}

function hideManifest(manifest: ManifestDocument): ManifestDocument {
  const { annotations } = manifest.metadata;
  const metadata =
    annotations === undefined
      ? manifest.metadata
      : { ...manifest.metadata, annotations: hideIn(annotations, isCopyOfManifest) };
  const fields = Object.entries(manifest).map(([name, value]) => [
    name,
    PLAIN.includes(name) && typeof value === "object" && value !== null ? hideIn(value, () => true) : value,
  ]);
  return { ...(Object.fromEntries(fields) as ManifestDocument), metadata };
}

function hideIn(fields: object, isHidden: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isHidden(name) ? HIDDEN : String(value)]),
  );
}
