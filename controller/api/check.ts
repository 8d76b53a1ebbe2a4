/**
 * Checks a parsed document against the CRD of its kind and the rules beside it. What each kind makes of a document that is
 * right stands in `schema.ts`, `secret-schema.ts` and `receiver-schema.ts`.
 */
import { Ajv, type ValidateFunction } from "ajv";
import { manifestSchema, type CustomResourceDefinition, type Schema } from "./crd.ts";
import { withDefaults, withoutDefaultedNulls } from "./defaults.ts";
import { formatPath, type FieldFault, type FieldPath } from "./field-fault.ts";
import { annotationFaults, labelFaults } from "./metadata.ts";
import type { RepoURLOptions } from "./repo-url.ts";
import { schemaFaults } from "./schema-faults.ts";
import { ruleFaults, type Rules } from "./schema-rules.ts";

export interface Checker {
  readonly schema: Schema;
  /** The document with its defaults, or what is wrong with it: at least one fault. Shares nothing with `document`. */
  check(
    document: unknown,
    options: RepoURLOptions,
  ): { readonly value: unknown } | { readonly faults: readonly FieldFault[] };
}

export interface CheckerOptions {
  readonly rules: Rules;
  /** What no schema and no rule of one field can say of the document as a whole. */
  readonly further?: (value: unknown) => readonly FieldFault[];
  /** Messages repeat nothing of the document. Rules keep to that themselves. Default false. */
  readonly isConfidential?: boolean;
}

/** Compiles nothing before the first document. */
export function createChecker(
  crd: CustomResourceDefinition,
  { rules, further = () => [], isConfidential = false }: CheckerOptions,
): Checker {
  const schema = manifestSchema(crd);
  let compiled: ValidateFunction | undefined;
  return {
    schema,
    check(document, options) {
      const value = withoutDefaultedNulls(schema, document);
      compiled ??= compileSchema(schema);
      const isValid = compiled(value);
      const broken = isValid ? [] : schemaFaults(compiled.errors ?? [], schema, value, isConfidential);
      const metadata = (value as { readonly metadata?: Readonly<Record<string, unknown>> } | null)?.metadata;
      const faults = [
        ...broken,
        ...ruleFaults(schema, value, soundness(broken), rules, options),
        ...labelFaults(metadata?.["labels"], isConfidential),
        ...annotationFaults(metadata?.["annotations"], isConfidential),
        ...further(value),
      ];
      return faults.length > 0 ? { faults } : { value: withDefaults(schema, structuredClone(value)) };
    },
  };
}

/** `value`, frozen as deep as it goes. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const field of Object.values(value)) deepFreeze(field);
    Object.freeze(value);
  }
  return value;
}

function compileSchema(schema: Schema): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, verbose: true, formats: { password: true } });
  ajv.addVocabulary(["x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"]);
  return ajv.compile(schema);
}

/** Whether no fault is at a path or below it. */
function soundness(faults: readonly FieldFault[]): (path: FieldPath) => boolean {
  const unsound = new Set<string>();
  for (const { path } of faults) {
    for (let length = 0; length <= path.length; length++) unsound.add(formatPath(path.slice(0, length)));
  }
  return (path) => !unsound.has(formatPath(path));
}
