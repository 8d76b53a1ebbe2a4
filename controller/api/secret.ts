/**
 * What a Secret is, as the rest of ConOps sees it: read from a manifest, checked against `crds/secrets.yaml`. It holds what
 * the file holds: values that are sealed stay so here, and are opened by `secret/` alone.
 */
import type { ManifestDocument } from "./application.ts";

export const SECRET_TYPES = [
  "Opaque",
  "kubernetes.io/ssh-auth",
  "kubernetes.io/basic-auth",
  "conops.dev/bearer-token",
  "kubernetes.io/dockerconfigjson",
] as const;
export type SecretType = (typeof SECRET_TYPES)[number];

export type SecretField =
  | {
      readonly form: "plain";
      /** Where it stands; `data` is in base64. */
      readonly in: "stringData" | "data";
      /** As written. */
      readonly text: string;
    }
  | { readonly form: "sealed"; readonly text: string };

/** One valid Secret manifest. Frozen: a change is a new object. */
export interface Secret {
  readonly kind: "Secret";
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: SecretType;
  /** By name. Each stands once, in one form. */
  readonly fields: Readonly<Record<string, SecretField>>;
  /** The document as the person wrote it: with whatever is plain in it. Never to be published. */
  readonly manifest: ManifestDocument;
}

/** The bytes of a field that is written plain. */
export function plainBytes(field: Extract<SecretField, { readonly form: "plain" }>): Buffer {
  return Buffer.from(field.text, field.in === "data" ? "base64" : "utf8");
}

/** Whether the annotation of this name holds a copy of the whole manifest, as kubectl keeps it, with every value. */
export function isCopyOfManifest(annotation: string): boolean {
  return /(?:^|\/)last-applied-configuration$/.test(annotation);
}
