/**
 * From a parsed document to a Secret, or to what is wrong with it. Messages repeat nothing of the document but names that a
 * field may have: a password may stand anywhere in a file that has a slip of the pen.
 */
import { createChecker, deepFreeze } from "./check.ts";
import type { Schema } from "./crd.ts";
import { formatPath, quoted, type FieldFault, type FieldPath } from "./field-fault.ts";
import type { SecretWithDefaults } from "./generated/secret.ts";
import { secretsCRD } from "./generated/secrets-crd.ts";
import type { ManifestDocument } from "./application.ts";
import { nearest } from "./nearest.ts";
import { KINDS } from "./resource.ts";
import type { Fields, Rules } from "./schema-rules.ts";
import type { Secret, SecretField } from "./secret.ts";

export type CheckedSecret = { readonly secret: Secret } | { readonly faults: readonly FieldFault[] };

const PLACES = ["stringData", "data", "sealedData"] as const;
const FIELD_NAME = /^[-._a-zA-Z0-9]{1,253}$/;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

export const SECRET_RULES: Rules = {
  objects: {
    "": repeatedField,
    stringData: fieldNameFault,
    data: fieldNameFault,
    sealedData: fieldNameFault,
  },
  strings: {
    "data.*": (text) =>
      BASE64.test(text) ? undefined : "must be base64; a value in plain text stands in stringData",
  },
};

const checker = createChecker(secretsCRD, { rules: SECRET_RULES, isConfidential: true });

/** Checks a parsed document. The Secret is deeply frozen and shares nothing with `document`. */
export function checkSecret(document: unknown): CheckedSecret {
  const checked = checker.check(document, { allowFileRepos: false });
  if ("faults" in checked) return checked;
  const { metadata, type, stringData, data, sealedData } = checked.value as SecretWithDefaults;
  const plain = (place: "stringData" | "data") => (text: string) =>
    ({ form: "plain", in: place, text }) as const;
  const fields: Record<string, SecretField> = {
    ...mapped(stringData, plain("stringData")),
    ...mapped(data, plain("data")),
    ...mapped(sealedData, (text) => ({ form: "sealed", text }) as const),
  };
  const { name, labels, annotations } = metadata;
  const manifest = structuredClone(document) as ManifestDocument;
  return { secret: deepFreeze({ kind: "Secret", name, labels, annotations, type, fields, manifest }) };
}

/** Whether a document may be a Secret, or have been meant as one: then nothing of it is to be repeated. */
export function mayBeSecret(document: unknown): boolean {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return true;
  const { kind } = document as { readonly kind?: unknown };
  if (typeof kind !== "string" || nearest(kind, KINDS) === "Secret") return true;
  return Object.keys(document).some((field) => nearest(field, PLACES) !== undefined);
}

/**
 * The part of the path of a field that may be told: names of the schema, and those that a field of a Secret may have; but no
 * name that nothing belongs to, which is what a value becomes that lost its name: `{token: , hunter2}`.
 */
export function tellablePath(path: FieldPath, document: unknown): FieldPath {
  let schema: Schema | undefined = checker.schema;
  let value = document;
  const told: (string | number)[] = [];
  for (const part of path) {
    const known: Schema | undefined = Object.hasOwn(schema.properties ?? {}, part)
      ? schema.properties?.[part]
      : undefined;
    const values: Schema | false | undefined = schema.additionalProperties;
    value = typeof value === "object" && value !== null ? (value as Fields)[part] : undefined;
    const isName = value !== null && FIELD_NAME.test(String(part));
    schema = known ?? (typeof values === "object" && isName ? values : undefined);
    if (schema === undefined) break;
    told.push(part);
  }
  return told;
}

function repeatedField(secret: Fields): string | undefined {
  const first = new Map<string, string>();
  for (const place of PLACES) {
    for (const name of Object.keys(secret[place] ?? {})) {
      const earlier = first.get(name);
      if (earlier !== undefined) {
        const which = FIELD_NAME.test(name) ? `the field ${quoted(name)}` : "a field";
        return `holds ${which} twice, in ${earlier} and in ${formatPath([place])}: keep one`;
      }
      first.set(name, place);
    }
  }
  return undefined;
}

function fieldNameFault(fields: Fields): string | undefined {
  const wrong = Object.keys(fields).find((name) => !FIELD_NAME.test(name));
  return wrong === undefined
    ? undefined
    : 'has a field whose name is none: names of fields are of letters, digits, "-", "_" and ".", at most 253';
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
