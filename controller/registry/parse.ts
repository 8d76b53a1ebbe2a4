/**
 * Bytes of a manifest file → its documents, each valid, wrong or not ours. Pure.
 */
import type { Application, Fault } from "../api/application.ts";

export type ParsedDocument =
  | { readonly kind: "application"; readonly document: number; readonly application: Application }
  /** Valid YAML of a kind that is not of our API group. */
  | { readonly kind: "foreign"; readonly document: number }
  /** Nothing but white space and comments. */
  | { readonly kind: "empty"; readonly document: number }
  | {
      readonly kind: "invalid";
      readonly document: number;
      /** `metadata.name`, where it can be read and is a DNS label. */
      readonly readableName?: string;
      readonly faults: readonly Fault[];
    };

export interface ParsedFile {
  /** At least one; a file that cannot be read as YAML at all is one invalid document. */
  readonly documents: readonly ParsedDocument[];
}

export interface ParseOptions {
  /** file: URLs and local paths are allowed as repoURL. */
  readonly allowFileRepos: boolean;
}

export type ParseManifests = (file: string, bytes: Uint8Array, options: ParseOptions) => ParsedFile;
