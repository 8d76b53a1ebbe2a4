/** From a parsed document to a Secret, or to what is wrong with it. Messages never repeat a value. */
import { createChecker, deepFreeze } from "./check.ts";
import { formatPath, quoted, type FieldFault } from "./field-fault.ts";
import type { SecretWithDefaults } from "./generated/secret.ts";
import { secretsCRD } from "./generated/secrets-crd.ts";
import type { ManifestDocument } from "./application.ts";
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

const checker = createChecker(secretsCRD, { rules: SECRET_RULES });

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

function repeatedField(secret: Fields): string | undefined {
  const first = new Map<string, string>();
  for (const place of PLACES) {
    for (const name of Object.keys(secret[place] ?? {})) {
      const earlier = first.get(name);
      if (earlier !== undefined)
        return `holds the field ${quoted(name)} twice, in ${earlier} and in ${formatPath([place])}: keep one`;
      first.set(name, place);
    }
  }
  return undefined;
}

function fieldNameFault(fields: Fields): string | undefined {
  const wrong = Object.keys(fields).find((name) => !FIELD_NAME.test(name));
  return wrong === undefined
    ? undefined
    : `has the field ${quoted(wrong)}: names of fields are of letters, digits, "-", "_" and ".", at most 253`;
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
