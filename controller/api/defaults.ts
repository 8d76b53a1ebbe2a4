import type { Schema } from "./crd.ts";

/**
 * A copy of `value` with the defaults of `schema`, in Kubernetes' order: an empty field (null) that has a default counts
 * as not there, then defaults are filled in, then those within them. What does not fit the schema is left as it is.
 */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [key, field] of Object.entries(schema.properties)) {
    const written = Object.hasOwn(result, key) ? result[key] : undefined;
    const wanted =
      (written ?? undefined) === undefined && field.default !== undefined ? field.default : written;
    if (wanted !== undefined) result[key] = withDefaults(field, wanted);
  }
  return result;
}

/** A copy of `value` without the empty fields (null) for which `schema` has a default. */
export function withoutDefaultedNulls(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withoutDefaultedNulls(items, item));
  }
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [key, field] of Object.entries(schema.properties)) {
    if (!Object.hasOwn(result, key)) continue;
    if (result[key] === null && field.default !== undefined) delete result[key];
    else result[key] = withoutDefaultedNulls(field, result[key]);
  }
  return result;
}
