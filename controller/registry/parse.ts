/**
 * Bytes of a manifest file → its documents, each valid, wrong or not ours. Pure.
 */
import { API_VERSION, APPLICATION, type Application, type Fault } from "../api/application.ts";
import { described, formatPath, quoted, type FieldFault } from "../api/field-fault.ts";
import { isResourceName } from "../api/metadata.ts";
import { nearest } from "../api/nearest.ts";
import { checkApplication, type CheckedApplication } from "../api/schema.ts";
import { readYaml, type YamlDocument } from "./yaml-documents.ts";
import { MAX_FAULTS } from "./yaml-limits.ts";
import { readText } from "./yaml-text.ts";

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

type Fields = Readonly<Record<string, unknown>>;

const GROUP = API_VERSION.slice(0, API_VERSION.indexOf("/"));

/**
 * Reads a manifest file. Never throws: what cannot be read is an invalid document with the reason. Faults are in the
 * order of the text, at most 20 a document. Of two documents of one name, the second is invalid.
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
  const names = new Map<string, number>();
  return {
    documents: documents.map((document, index) => parseDocument(file, document, index, names, options)),
  };
};

function parseDocument(
  file: string,
  yaml: YamlDocument,
  document: number,
  /** Name → the line where this file declared it first. */
  names: Map<string, number>,
  options: ParseOptions,
): ParsedDocument {
  if (yaml.isEmpty) return { kind: "empty", document };
  const faults: Fault[] = [];
  const add = (fault: FieldFault): void => {
    faults.push({
      file,
      ...yaml.placeOf(fault.path, fault.at),
      field: formatPath(fault.path),
      message: fault.message,
    });
  };
  if (yaml.isYaml && isForeign(yaml.value)) return { kind: "foreign", document };

  const checked = yaml.faults.length === 0 ? check(yaml.value, options) : undefined;
  for (const { path, message, line, column } of yaml.faults)
    faults.push({ file, line, column, field: formatPath(path), message });
  if (checked !== undefined && "faults" in checked) for (const fault of checked.faults) add(fault);

  const readableName = readName(yaml);
  if (readableName !== undefined) {
    const earlier = names.get(readableName);
    if (earlier !== undefined) {
      const message = `the ${APPLICATION} "${readableName}" is there twice in this file, first on line ${earlier}`;
      add({ path: ["metadata", "name"], at: "value", message });
    } else {
      names.set(readableName, yaml.placeOf(["metadata", "name"], "value").line);
    }
  }
  if (checked !== undefined && "application" in checked && faults.length === 0) {
    return { kind: "application", document, application: checked.application };
  }
  const told = faults.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, MAX_FAULTS);
  return { kind: "invalid", document, ...(readableName !== undefined && { readableName }), faults: told };
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

function check(value: unknown, options: ParseOptions): CheckedApplication {
  if (!isFields(value)) {
    const separate = Array.isArray(value) ? '; several manifests are separated by a line "---"' : "";
    const message = `must be a mapping that begins with apiVersion and kind, not ${described(value)}${separate}`;
    return { faults: [{ path: [], at: "value", message }] };
  }
  const faults = [...apiVersionFaults(value), ...kindFaults(value)];
  return faults.length > 0 ? { faults } : checkApplication(value, options);
}

function apiVersionFaults({ apiVersion, services }: Fields): readonly FieldFault[] {
  const path = ["apiVersion"];
  if (apiVersion === API_VERSION) return [];
  const wanted = `must be "${API_VERSION}"`;
  if (apiVersion !== undefined) {
    const actual = typeof apiVersion === "string" ? quoted(apiVersion) : described(apiVersion);
    return [{ path, at: "value", message: `${wanted}, not ${actual}` }];
  }
  const isCompose = services !== undefined;
  const hint = isCompose
    ? "; this looks like a Compose file, which belongs into a Git repository that an Application names"
    : "";
  return [{ path, at: "key", message: `is required: write "apiVersion: ${API_VERSION}"${hint}` }];
}

function kindFaults({ kind }: Fields): readonly FieldFault[] {
  const path = ["kind"];
  if (kind === APPLICATION) return [];
  if (kind === undefined) return [{ path, at: "key", message: `is required: write "kind: ${APPLICATION}"` }];
  if (typeof kind !== "string")
    return [{ path, at: "value", message: `must be "${APPLICATION}", not ${described(kind)}` }];
  const meant = nearest(kind, [APPLICATION]);
  const hint =
    meant === undefined ? `this version knows the kind ${APPLICATION}` : `did you mean "${meant}"?`;
  return [{ path, at: "value", message: `unknown kind ${quoted(kind)} in ${API_VERSION}: ${hint}` }];
}

/** The name under which an Application, or what was surely meant as one, is known. */
function readName(yaml: YamlDocument): string | undefined {
  const { value } = yaml;
  if (!isFields(value) || !isFields(value["metadata"])) return undefined;
  const { apiVersion, kind } = value;
  if (typeof apiVersion === "string" && !isOurGroup(apiVersion)) return undefined;
  if (typeof kind === "string" && nearest(kind, [APPLICATION]) === undefined) return undefined;
  const { name } = value["metadata"];
  return isResourceName(name) && yaml.isReadable(["metadata", "name"]) ? name : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
