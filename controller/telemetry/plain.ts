import { redact } from "../lib/redact.ts";

/** Deeper than this nothing is written: a log line is no dump. */
const MAX_DEPTH = 6;

/**
 * `value` as JSON can hold it, for a log: every string without credentials in URLs, an Error as `{ name, message, code,
 * reason, stack, cause }` (what it has of these, causes the same way), bytes as their number, what refers to itself cut off.
 */
export function plain(value: unknown): unknown {
  return convert(value, []);
}

function convert(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;

  if (parents.includes(value)) return "[circular]";
  if (parents.length >= MAX_DEPTH) return "[...]";
  const inside = [...parents, value];
  if (value instanceof Error) return convertError(value, inside);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (value instanceof URL) return redact(value.href);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Map) return convertFields([...value], inside);
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => convert(item, inside));
  return convertFields(Object.entries(value), inside);
}

function convertFields(fields: readonly [unknown, unknown][], inside: readonly object[]): object {
  return Object.fromEntries(fields.map(([key, field]) => [String(key), convert(field, inside)]));
}

function convertError(error: Error, inside: readonly object[]): object {
  const { name, message, stack, cause } = error;
  const fields: Record<string, unknown> = { name, message };
  if ("code" in error) fields["code"] = error.code;
  if ("reason" in error) fields["reason"] = error.reason;
  if (stack !== undefined) fields["stack"] = stack;
  if (cause !== undefined) fields["cause"] = cause;
  if (error instanceof AggregateError) fields["errors"] = error.errors;
  return convertFields(Object.entries(fields), inside);
}
