/**
 * Comments are the person's own and stay; but one that repeats a value which an edit took out may be a secret left behind.
 */
import { createPlaceIndex, type Place } from "../registry/text-places.ts";
import { valueAt, type Change } from "./change.ts";
import type { Tokens } from "../registry/yaml-documents.ts";
import { readComments } from "./source.ts";

/** Of a value of several lines, shorter ones (brackets, "EOF") tell nothing. */
const MIN_LINE = 8;
/** Shorter values are looked for as whole words only. */
const MIN_PART = 4;

/** Where comments of the text hold one of the strings, or a line of one, in the order of the text. */
export function commentsHolding(text: string, strings: Iterable<string>, tokens?: Tokens): readonly Place[] {
  const needles: ((comment: string) => boolean)[] = [];
  for (const value of strings) {
    const lines = value
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
    for (const line of lines) {
      if (lines.length > 1 && line.length < MIN_LINE) continue;
      if (line.length >= MIN_PART) needles.push((comment) => comment.includes(line));
      else needles.push((comment) => comment.split(/[^\p{L}\p{N}]+/u).includes(line));
    }
  }
  const placeAt = createPlaceIndex(text);
  return readComments(text, tokens)
    .filter(({ source }) => needles.some((holds) => holds(source)))
    .map(({ offset }) => placeAt(offset));
}

/** The strings that a change takes out of a document's value. */
export function removedStrings(value: unknown, change: Change): readonly string[] {
  if (change.kind === "rename") return [];
  const kept = new Set(change.kind === "set" ? stringsWithin(change.value) : []);
  return stringsWithin(valueAt(value, change.path)).filter((text) => !kept.has(text));
}

function stringsWithin(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsWithin) : [];
}
