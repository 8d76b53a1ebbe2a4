/**
 * What ajv says of a document, in words that name the fault and what was meant.
 */
import type { ErrorObject } from "ajv";
import type { Schema } from "./crd.ts";
import { anyOf, described, formatPath, quoted, type FieldFault, type FieldPath } from "./field-fault.ts";
import { nearest } from "./nearest.ts";

/** What a pattern of the CRD asks for. */
export const PATTERN_WORDS: Readonly<Record<string, string>> = {
  "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$":
    'a DNS label (lower-case letters, digits and "-", beginning and ending with a letter or digit)',
  "^[a-zA-Z0-9._-]+$": 'the name of a service (letters, digits, ".", "_" and "-")',
  "^[a-z0-9][a-z0-9_-]*$":
    'a project name (lower-case letters, digits, "_" and "-", beginning with a letter or digit)',
  "^[A-Za-z_][A-Za-z0-9_]*$": 'a variable name (letters, digits and "_", not beginning with a digit)',
  "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$": "a duration such as 30s, 5m or 1h30m",
  "^[0-9a-fA-F]{40}$": "the full id of a commit, 40 hexadecimal digits",
  "^([a-zA-Z0-9][a-zA-Z0-9_.-]*|[*])$": 'a profile name (letters, digits, "_", "." and "-") or "*"',
  "^[-._a-zA-Z0-9]+$": 'a key of a Secret (letters, digits, "-", "_" and ".")',
  "^[A-Za-z0-9_.-]+(:[0-9]{1,5})?$": "a host, with a port where the URLs have one: git.example.com:2222",
  "^conops-v[0-9]+[.][A-Za-z0-9._-]+$":
    'a sealed value, as "conops seal" makes it; a new value in plain text stands in stringData',
  "^[-a-z0-9*]+$": 'a name of an Application, with "*" for any part of it',
  "^[0-9]{1,5}(-[0-9]{1,5})?$": 'a port or a range of ports, such as "8080" or "8000-8999"',
  "^/": "an absolute path",
};

/** More help nobody, and each costs a search for what was meant. */
const MAX_ERRORS = 100;

const FIELDS_OF_CONOPS = [
  "creationTimestamp",
  "deletionTimestamp",
  "finalizers",
  "generateName",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
];

/**
 * The faults of one run of ajv (with allErrors and verbose) over `root`, by `schema`. Those of a confidential document
 * repeat nothing of it: a password may stand anywhere in a file that has a slip of the pen.
 */
export function schemaFaults(
  errors: readonly ErrorObject[],
  schema: Schema,
  root: unknown,
  isConfidential = false,
): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  const meantFields = new Set<string>();
  for (const error of errors.slice(0, MAX_ERRORS)) {
    // Said better by the rule of that field.
    if (error.keyword === "minProperties" || error.keyword === "maxProperties") continue;
    const path = pathOf(error.instancePath, root);
    const params = error.params as Readonly<Record<string, unknown>>;
    const node = error.parentSchema as Schema;
    if (error.keyword === "required") {
      faults.push({ path: [...path, String(params["missingProperty"])], at: "key", message: REQUIRED });
    } else if (error.keyword === "additionalProperties") {
      const field = [...path, String(params["additionalProperty"])];
      const meant = meantField(field, node, schema);
      meantFields.add(formatPath([...path, meant ?? ""]));
      faults.push({ path: field, at: "key", message: unknownField(field, meant, node, isConfidential) });
    } else {
      faults.push({
        path,
        at: "value",
        message: valueFault(error.keyword, node, error.data, isConfidential),
      });
    }
  }
  // A required field under a wrong name is one mistake, not two.
  return faults.filter(({ path, message }) => message !== REQUIRED || !meantFields.has(formatPath(path)));
}

const REQUIRED = "is required";

function valueFault(keyword: string, schema: Schema, value: unknown, isConfidential: boolean): string {
  const isHidden = isConfidential || isSecret(schema);
  const not = isHidden ? "" : `, not ${quoted(textOf(value))}`;
  switch (keyword) {
    case "type":
      return typeFault(schema, value, isHidden);
    case "enum": {
      const allowed = schema.enum ?? [];
      const meant = nearest(textOf(value), allowed);
      return `must be ${anyOf(allowed)}${not}${meant === undefined ? "" : `: did you mean "${meant}"?`}`;
    }
    case "pattern": {
      const words = PATTERN_WORDS[schema.pattern ?? ""] ?? `like ${schema.pattern}`;
      return `must be ${words}${not}`;
    }
    case "minLength":
      return "must not be empty";
    case "maxLength":
      return `must be at most ${schema.maxLength} characters long, not ${textOf(value).length}`;
    case "minItems":
      return `must have at least ${schema.minItems === 1 ? "one item" : `${schema.minItems} items`}`;
    case "maxItems":
      return `must have at most ${schema.maxItems} items, not ${Array.isArray(value) ? value.length : 0}`;
    default:
      return `must keep to ${keyword} of the schema`;
  }
}

const TYPE_WORDS: Readonly<Record<Schema["type"], string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
};

function typeFault(schema: Schema, value: unknown, isHidden: boolean): string {
  const isPlain = typeof value === "number" || typeof value === "boolean";
  const actual = isHidden && value !== null ? kindOf(value) : described(value);
  if (schema.type === "string") {
    const words = PATTERN_WORDS[schema.pattern ?? ""] ?? TYPE_WORDS.string;
    const isDuration = words.startsWith("a duration");
    if (value === null) {
      return `must be ${words}, not empty: ${isSecret(schema) ? 'write ""' : "fill it in or remove it"}`;
    }
    if (isDuration && typeof value === "number")
      return `must be ${words}, not ${actual}: the unit is missing`;
    if (isPlain) return `must be ${words}, not ${actual}: put it in quotes`;
    return `must be ${words}, not ${actual}`;
  }
  if (value === null) return `must be ${TYPE_WORDS[schema.type]}, not empty: fill it in or remove it`;
  const hint = schema.type === "array" ? ': begin each item with "- "' : "";
  return `must be ${TYPE_WORDS[schema.type]}, not ${actual}${hint}`;
}

/** What stands there may be a password, also where it has the wrong type: it is not repeated. */
function isSecret({ format, additionalProperties }: Schema): boolean {
  return (
    format === "password" || (additionalProperties !== false && additionalProperties?.format === "password")
  );
}

/** A mapping may hold a `toString` of its own, which is no function. */
function textOf(value: unknown): string {
  return typeof value === "object" && value !== null ? kindOf(value) : String(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}

/** The field that was meant: one near it in its own mapping, else the one of that name at another place. */
function meantField(path: FieldPath, parent: Schema, root: Schema): string | undefined {
  const name = String(path.at(-1));
  return nearest(name, Object.keys(parent.properties ?? {})) ?? elsewhere(name, root);
}

function unknownField(
  path: FieldPath,
  meant: string | undefined,
  parent: Schema,
  isConfidential: boolean,
): string {
  const field = formatPath(path);
  const name = String(path.at(-1));
  if (field === "status") {
    return "must not be in a manifest: ConOps writes the status to the file beside it that ends in .status.yaml";
  }
  if (field === "metadata.namespace") {
    return "must not be set: a registry is one folder of manifests and has no namespaces; remove it";
  }
  if (path.length === 2 && path[0] === "metadata" && FIELDS_OF_CONOPS.includes(name)) {
    return "must not be in a manifest: a person writes name, labels and annotations, the rest is of ConOps; remove it";
  }
  const unknown = isConfidential ? "unknown field" : `unknown field ${quoted(name)}`;
  if (meant !== undefined) return `${unknown}, did you mean "${meant}"?`;
  return `${unknown}; known here: ${Object.keys(parent.properties ?? {}).join(", ")}`;
}

/** The path of the one field of that name (but for case) that stands at another place. */
function elsewhere(name: string, root: Schema): string | undefined {
  const found: string[] = [];
  const visit = (schema: Schema, path: FieldPath): void => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      const at = [...path, key];
      if (key.toLowerCase() === name.toLowerCase()) found.push(formatPath(at));
      visit(child, at);
    }
  };
  visit(root, []);
  return found.length === 1 ? found[0] : undefined;
}

/** The segments of a JSON pointer; indexes of lists as numbers. */
function pathOf(pointer: string, root: unknown): FieldPath {
  const path: (string | number)[] = [];
  let at = root;
  for (const escaped of pointer.split("/").slice(1)) {
    const part = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    const isIndex = Array.isArray(at);
    path.push(isIndex ? Number(part) : part);
    at = (at as Readonly<Record<string, unknown>> | undefined)?.[part];
  }
  return path;
}
