import { stripVTControlCharacters } from "node:util";

/**
 * Everything but line breaks and tabs that a terminal would act on, or that changes the order in which people read: C0,
 * DEL, C1, and the marks of bidirectional text.
 */
// oxlint-disable-next-line no-control-regex -- the control characters are what this is about
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from a file, a repository or another program, safe to print: no control characters but line breaks and tabs. */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROLS, "");
}

/** Safe to print, on one line. */
export function oneLine(text: string): string {
  return cleanText(text.replace(/[\r\n\t\u2028\u2029]+/g, " ")).trim();
}

/** A value of a document as a person reads it: texts as they are, null as nothing, lists and maps as JSON. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

/** A value with every text and every key in it safe to print. */
export function cleanDeep<Value>(value: Value): Value {
  return cleanUnknown(value) as Value;
}

function cleanUnknown(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanUnknown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [cleanText(key), cleanUnknown(field)]),
  );
}
