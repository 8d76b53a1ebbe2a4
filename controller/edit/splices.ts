/**
 * Pieces of text to be put in the place of others, and the care that lines need: comments stay when what stood beside them
 * goes, and a last line without an end has none afterwards either.
 */
import type { Source } from "./source.ts";

/** Puts `text` in the place of what stands from `start` to before `end`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after all splices, which must not overlap. At one place, they come in the order given. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = "";
  let done = 0;
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    if (splice.start < done) throw new Unspliceable("splices overlap");
    result += text.slice(done, splice.start) + splice.text;
    done = splice.end;
  }
  return result + text.slice(done);
}

/** The edit cannot be made by putting pieces of text in the place of others. */
export class Unspliceable extends Error {
  override readonly name = "Unspliceable";
}

export function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the next line begins, or the text ends. What ends with a line's end, as a block scalar does, ends there. */
export function endOfLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** Nothing but spaces before it on its line. */
export function isFirstOnLine(text: string, offset: number): boolean {
  return /^\uFEFF?[ \t]*$/.test(text.slice(startOfLine(text, offset), offset));
}

/** Puts whole lines in the place of the whole lines from `start` to before `end`. */
export function replaceLines(
  { text }: Source,
  span: { readonly start: number; readonly end: number },
  lines: readonly string[],
  eol: string,
): Splice {
  const { start, end } = span;
  const isOpen = end === text.length && text.length > 0 && text[end - 1] !== "\n";
  if (!isOpen) return { start, end, text: lines.map((line) => line + eol).join("") };
  // The last line has no end: so it is afterwards.
  const isInsertion = start === end;
  if (isInsertion) return { start, end, text: lines.map((line) => eol + line).join("") };
  if (lines.length > 0) return { start, end, text: lines.join(eol) };
  const before = /\r?\n$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return { start: start - before, end, text: "" };
}

/**
 * The comments that stand from `start` to before `end`, each as a line of its own, shifted so that the leftmost of those
 * that are lines already stands at `column`.
 */
export function keepComments(
  { text, comments }: Source,
  span: { readonly start: number; readonly end: number },
  column: number,
): readonly string[] {
  const kept = comments.filter(({ offset }) => offset >= span.start && offset < span.end);
  const columns = kept
    .filter(({ offset }) => isFirstOnLine(text, offset))
    .map(({ offset }) => offset - startOfLine(text, offset));
  const leftmost = Math.min(...columns);
  return kept.map(({ offset, source }) => {
    const shift = isFirstOnLine(text, offset) ? offset - startOfLine(text, offset) - leftmost : 0;
    return " ".repeat(column + shift) + source;
  });
}

/** Where the words of this part of a line end, before spaces, a comment and the line's end. */
export function endOfWords({ text, comments }: Source, offset: number): number {
  const end = endOfLine(text, offset);
  const comment = comments.find((found) => found.offset >= offset && found.offset < end);
  const words = text.slice(offset, comment?.offset ?? end);
  return offset + words.trimEnd().length;
}
