/**
 * Bytes of a manifest file → its documents, each valid, wrong or not ours. Pure.
 */
import { API_VERSION, type Fault } from "../api/application.ts";
import { anyOf, described, formatPath, quoted, type FieldFault, type FieldPath } from "../api/field-fault.ts";
import { isResourceName } from "../api/metadata.ts";
import { nearest } from "../api/nearest.ts";
import { checkReceiver } from "../api/receiver-schema.ts";
import {
  KINDS,
  parseKey,
  resourceKey,
  type Kind,
  type Resource,
  type ResourceName,
} from "../api/resource.ts";
import { checkApplication } from "../api/schema.ts";
import { checkSecret, mayBeSecret, tellablePath } from "../api/secret-schema.ts";
import type { Place } from "./text-places.ts";
import { readYaml, type YamlDocument } from "./yaml-documents.ts";
import { MAX_FAULTS } from "./yaml-limits.ts";
import { readText } from "./yaml-text.ts";

export type ParsedDocument =
  | { readonly kind: "resource"; readonly document: number; readonly resource: Resource }
  /** Valid YAML of a kind that is not of our API group; `named` like one that is. */
  | { readonly kind: "foreign"; readonly document: number; readonly named?: Kind }
  /** Nothing but white space and comments. */
  | { readonly kind: "empty"; readonly document: number }
  | {
      readonly kind: "invalid";
      readonly document: number;
      /** The key of what it declares, where kind and name can be read. */
      readonly readableKey?: string;
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

type Fields = Readonly<Record<string, unknown>>;

const GROUP = API_VERSION.slice(0, API_VERSION.indexOf("/"));

/**
 * Reads a manifest file. Never throws: what cannot be read is an invalid document with the reason. Faults are in the
 * order of the text, at most 20 a document; of what is or may be a Secret they repeat nothing. Of two documents of one kind
 * and name, the second is invalid.
 */
export const parseManifests: ParseManifests = (file, bytes, options) => {
  const broken = (fault: Omit<Fault, "file" | "field">): ParsedFile => ({
    documents: [{ kind: "invalid", document: 0, faults: [{ file, field: "", ...fault }] }],
  });
  const text = readText(bytes);
  if (typeof text !== "string") return broken(text);
  const documents = readYaml(text);
  if ("message" in documents) {
    return broken({ line: documents.line, column: documents.column, message: documents.message });
  }
  const lines = new Map<string, number>();
  return {
    documents: documents.map((document, index) => parseDocument(file, document, index, lines, options)),
  };
};

function parseDocument(
  file: string,
  yaml: YamlDocument,
  document: number,
  /** Key → the line where this file declared it first. */
  lines: Map<string, number>,
  options: ParseOptions,
): ParsedDocument {
  if (yaml.isEmpty) return { kind: "empty", document };
  if (yaml.isYaml && isForeign(yaml.value)) {
    const named = KINDS.find((kind) => isFields(yaml.value) && yaml.value["kind"] === kind);
    return { kind: "foreign", document, ...(named !== undefined && { named }) };
  }
  const isConfidential = mayBeSecret(yaml.value);
  const faults: Fault[] = [];
  const add = (path: FieldPath, message: string, { line, column }: Place): void => {
    const field = formatPath(isConfidential ? tellablePath(path, yaml.value) : path);
    faults.push({ file, line, column, field, message });
  };
  for (const fault of yaml.faults) add(fault.path, isConfidential ? fault.discreet : fault.message, fault);
  const checked = yaml.faults.length === 0 ? check(yaml.value, isConfidential, options) : undefined;
  if (checked !== undefined && "faults" in checked) {
    for (const { path, at, message } of checked.faults) add(path, message, yaml.placeOf(path, at));
  }

  const readableKey = readKey(yaml);
  if (readableKey !== undefined) {
    const path = ["metadata", "name"];
    const place = yaml.placeOf(path, "value");
    const earlier = lines.get(readableKey);
    if (earlier === undefined) lines.set(readableKey, place.line);
    else
      add(path, `the ${titleOf(readableKey)} is there twice in this file, first on line ${earlier}`, place);
  }
  if (checked !== undefined && "resource" in checked && faults.length === 0) {
    return { kind: "resource", document, resource: checked.resource };
  }
  const told = faults.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, MAX_FAULTS);
  return { kind: "invalid", document, ...(readableKey !== undefined && { readableKey }), faults: told };
}

/** `Application "shop"`. */
function titleOf(key: string): string {
  const { kind, name } = parseKey(key) as ResourceName;
  return `${kind} "${name}"`;
}

/** A document with apiVersion and kind of a group that is not ours, and not a slip of ours. */
function isForeign(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { apiVersion, kind } = value;
  return typeof apiVersion === "string" && typeof kind === "string" && !isOurGroup(apiVersion);
}

function isOurGroup(apiVersion: string): boolean {
  const [group = ""] = apiVersion.split("/");
  return nearest(group, [GROUP]) !== undefined;
}

type Checked = { readonly resource: Resource } | { readonly faults: readonly FieldFault[] };

function check(value: unknown, isConfidential: boolean, options: ParseOptions): Checked {
  if (!isFields(value)) {
    const isList = Array.isArray(value);
    const separate = isList ? '; several manifests are separated by a line "---"' : "";
    const actual = value === null || isList ? described(value) : `a ${typeof value}`;
    const message = `must be a mapping that begins with apiVersion and kind, not ${actual}${separate}`;
    return { faults: [{ path: [], at: "value", message }] };
  }
  const faults = [...apiVersionFaults(value, isConfidential), ...kindFaults(value, isConfidential)];
  return faults.length > 0 ? { faults } : checkKind(value["kind"] as Kind, value, options);
}

function checkKind(kind: Kind, value: Fields, options: ParseOptions): Checked {
  switch (kind) {
    case "Application": {
      const checked = checkApplication(value, options);
      return "faults" in checked ? checked : { resource: checked.application };
    }
    case "Secret": {
      const checked = checkSecret(value);
      return "faults" in checked ? checked : { resource: checked.secret };
    }
    case "Receiver": {
      const checked = checkReceiver(value);
      return "faults" in checked ? checked : { resource: checked.receiver };
    }
    default:
      return kind satisfies never;
  }
}

function apiVersionFaults({ apiVersion, services }: Fields, isConfidential: boolean): readonly FieldFault[] {
  const path = ["apiVersion"];
  if (apiVersion === API_VERSION) return [];
  const wanted = `must be "${API_VERSION}"`;
  if (apiVersion !== undefined) {
    const actual = typeof apiVersion === "string" ? quoted(apiVersion) : described(apiVersion);
    return [{ path, at: "value", message: isConfidential ? wanted : `${wanted}, not ${actual}` }];
  }
  const isCompose = services !== undefined;
  const hint = isCompose
    ? "; this looks like a Compose file, which belongs into a Git repository that an Application names"
    : "";
  return [{ path, at: "key", message: `is required: write "apiVersion: ${API_VERSION}"${hint}` }];
}

function kindFaults({ kind }: Fields, isConfidential: boolean): readonly FieldFault[] {
  const path = ["kind"];
  if (KINDS.some((known) => known === kind)) return [];
  const known = anyOf(KINDS);
  if (kind === undefined) return [{ path, at: "key", message: `is required: ${known}` }];
  if (typeof kind !== "string") return [{ path, at: "value", message: `must be ${known}` }];
  if (kind === "Policy") return [{ path, at: "value", message: POLICY_ELSEWHERE }];
  const meant = nearest(kind, KINDS);
  const hint =
    meant === undefined ? `this version knows the kinds ${KINDS.join(", ")}` : `did you mean "${meant}"?`;
  const unknown = isConfidential ? "unknown kind" : `unknown kind ${quoted(kind)}`;
  return [{ path, at: "value", message: `${unknown} in ${API_VERSION}: ${hint}` }];
}

const POLICY_ELSEWHERE =
  "a Policy is no manifest, which whoever writes manifests could change: keep it elsewhere, check it with " +
  '"conops policy check FILE", and give it to the controller by --policy FILE';

/** The key of what is declared, or was surely meant to be. */
function readKey(yaml: YamlDocument): string | undefined {
  const { value } = yaml;
  if (!isFields(value) || !isFields(value["metadata"])) return undefined;
  const { apiVersion, kind } = value;
  if (typeof apiVersion === "string" && !isOurGroup(apiVersion)) return undefined;
  const word = typeof kind === "string" && yaml.isReadable(["kind"]) ? nearest(kind, KINDS) : undefined;
  const meant = KINDS.find((known) => known === word);
  const { name } = value["metadata"];
  if (meant === undefined || !isResourceName(name) || !yaml.isReadable(["metadata", "name"]))
    return undefined;
  return resourceKey(meant, name);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
