/**
 * What an Application is, as the rest of ConOps sees it: read from a manifest, checked against `crds/applications.yaml`,
 * with every default filled in. The types of `generated/` come from the CRD (`make generate`).
 */
import type { IgnoredDifference } from "./drift.ts";

export const API_VERSION = "conops.dev/v1alpha1";
export const APPLICATION = "Application";

export type RevisionWanted =
  | { readonly kind: "head" }
  | { readonly kind: "branch"; readonly name: string }
  | { readonly kind: "tag"; readonly name: string }
  /** The highest version among the tags that is within the range. */
  | { readonly kind: "semver"; readonly range: string }
  | { readonly kind: "commit"; readonly sha: string };

export interface ApplicationSource {
  readonly repoURL: string;
  readonly revision: RevisionWanted;
  /** Repository-relative, POSIX separators, without `..`. A Compose file or a directory. */
  readonly path: string;
  readonly intervalMs: number;
  /** The name of the Secret with the credential; none: the remote is read without. */
  readonly secretRef?: string;
  readonly submodules: boolean;
  /** By host, in lower case, with its port where it has one; each names a Secret. */
  readonly submoduleSecretRefs: readonly { readonly host: string; readonly secretRef: string }[];
  readonly verify?: SourceVerify;
}

/** Who must have signed what is deployed. At least one of the three fields is there. */
export interface SourceVerify {
  readonly mode: "HEAD" | "Tag";
  /** Text in the format of OpenSSH's allowed_signers. */
  readonly allowedSigners?: string;
  /** Armored public keys. */
  readonly allowedPGPKeys?: string;
  /** The name of a Secret whose fields allowed_signers and allowed_pgp_keys add to the above. */
  readonly secretRef?: string;
}

export interface ComposeVariable {
  readonly name: string;
  readonly value: string;
  /** Also put into every container. */
  readonly inject: boolean;
}

/** A variable as the spec has it: with its value, or with the place of it. */
export type DeclaredVariable =
  | ComposeVariable
  | {
      readonly name: string;
      readonly secretKeyRef: { readonly name: string; readonly key: string };
      readonly inject: boolean;
    };

export interface ApplicationCompose {
  readonly projectName: string;
  readonly overrides: readonly string[];
  readonly profiles: readonly string[];
  readonly env: readonly DeclaredVariable[];
  readonly envFiles: readonly string[];
  readonly allowUnset: readonly string[];
  readonly pull: "missing" | "always" | "never";
  readonly build: boolean;
  readonly adopt: boolean;
  /** Names of Secrets of type kubernetes.io/dockerconfigjson; of two that name one registry, the first wins. */
  readonly imagePullSecrets: readonly string[];
}

export interface ApplicationSync {
  readonly automated: boolean;
  readonly selfHeal: boolean;
  readonly prune: boolean;
  readonly timeoutMs: number;
  readonly rollbackOnFailure: boolean;
}

export type DeletionPolicy = "Delete" | "DeleteVolumes" | "Orphan";

export interface ApplicationSpec {
  readonly suspend: boolean;
  readonly state: "Running" | "Stopped";
  readonly source: ApplicationSource;
  readonly compose: ApplicationCompose;
  readonly sync: ApplicationSync;
  readonly ignoreDifferences: readonly IgnoredDifference[];
  readonly deletionPolicy: DeletionPolicy;
}

/** One valid Application manifest. Frozen: a change is a new object. */
export interface Application {
  readonly kind: "Application";
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: ApplicationSpec;
  /** The document as the person wrote it, before defaults: what the record keeps as last good. */
  readonly manifest: Manifest;
  /** Hash of `manifest.spec` as written; `generation` counts its changes. */
  readonly writtenSpecHash: string;
}

/** A document of ours as written, parsed but without defaults. */
export interface ManifestDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** An Application as written. */
export interface Manifest extends ManifestDocument {
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One thing that is wrong with a manifest, where, and what was meant. */
export interface Fault {
  /** Registry-relative path. */
  readonly file: string;
  /** 1-based; 0 when the fault is of the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** Dotted path (`spec.source.repoURL`), empty for the document or file. */
  readonly field: string;
  readonly message: string;
}

/** `file:line:column: field: message`, as compilers say it. */
export function formatFault(fault: Fault): string {
  const place = fault.line > 0 ? `${fault.file}:${fault.line}:${fault.column}` : fault.file;
  return fault.field === "" ? `${place}: ${fault.message}` : `${place}: ${fault.field}: ${fault.message}`;
}
