import { redact } from "../lib/redact.ts";

export type FieldPath = readonly (string | number)[];

/** One thing that is wrong with a document, before it is known where in a file the field stands. */
export interface FieldFault {
  readonly path: FieldPath;
  /** Whether the field's name or its value is wrong. */
  readonly at: "key" | "value";
  readonly message: string;
}

/** `spec.compose.env[0].value`, `metadata.labels["example.com/team"]`. */
export function formatPath(path: FieldPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${quoted(part)}]`;
  }
  return text;
}

/** A string of the user's in quotes, for a message: one line, at most 60 characters of it, no credentials of URLs. */
export function quoted(text: string): string {
  const shown = redact(text);
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 57)}...` : shown);
}

/** What a value is, for a message that says "not ⟨this⟩". */
export function described(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (typeof value === "string") return `the string ${quoted(value)}`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "a mapping";
}

/** `a, b or c`. */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
