/** Reading the engine's JSON: what is missing, null or of another type becomes the zero value. */

export type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: JsonObject = {};

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A number, also one written as text. */
export function numberOf(value: unknown): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : 0;
}

/** RFC 3339 to milliseconds; 0 for the engine's "never" (the year 1) and for anything that is no time. */
export function timeOf(value: unknown): number {
  const ms = Date.parse(textOf(value));
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
