/**
 * Puts a new value in the place of a field's old one. The field's name, anchor, comments and everything around it stay as
 * they are written; a string keeps the kind of quotes that the old one had.
 */
import type { CST } from "yaml";
import type { Value } from "./change.ts";
import { isEmptyNode, isInFlow, type Field } from "./locate.ts";
import { renderBlock, renderInline, renderItem, type Rendered, type Writing } from "./render.ts";
import { bodyOfBlockScalar, endOfToken, isSignificant, type Source } from "./source.ts";
import {
  endOfLine,
  endOfWords,
  isFirstOnLine,
  keepComments,
  replaceLines,
  startOfLine,
  Unspliceable,
  type Splice,
} from "./splices.ts";
import type { Quote, Style } from "./style.ts";

export function spliceValue(
  source: Source,
  style: Style,
  field: Field,
  value: Value,
  options: { readonly unquoted?: boolean | undefined } = {},
): readonly Splice[] {
  const { item } = field;
  const quote = options.unquoted === true ? "none" : quoteOf(item.value);
  const writing: Writing = { style, quote };
  const tags = dropTags(source, field, typeof value === "string" && options.unquoted !== true);
  if (isInFlow(field) || isEmptyFlow(item.value)) {
    return [...tags, ...spliceInline(source, field, renderInline(value, writing, true))];
  }
  const rendered = renderAt(source, field, value, writing);
  return [...tags, ...spliceRendered(source, style, field, rendered)];
}

function renderAt({ text }: Source, field: Field, value: Value, writing: Writing): Rendered {
  const { collection, item } = field;
  if (collection.type !== "block-seq") return renderBlock(value, writing, collection.indent);
  const mark = endOfMark(field);
  const start = item.value?.offset ?? mark;
  const isBeside = start > mark && startOfLine(text, start) === startOfLine(text, mark);
  const gap = isBeside ? start - startOfLine(text, start) - collection.indent : 2;
  const [first = "", ...body] = renderItem(value, writing, collection.indent, gap);
  return { head: first.slice(collection.indent + gap), body };
}

function spliceRendered(
  source: Source,
  style: Style,
  field: Field,
  { head, body }: Rendered,
): readonly Splice[] {
  const { text } = source;
  const { value } = field.item;
  const column = field.collection.indent;
  const mark = endOfMark(field);
  if (value === undefined || isEmptyNode(field.node)) {
    const below = endOfLine(text, mark);
    return [
      ...(head === "" ? [] : [{ start: mark, end: mark, text: ` ${head}` }]),
      ...insertLines(source, below, body, style),
    ];
  }
  if (value.type === "block-scalar") {
    const [header] = value.props;
    if (header === undefined) throw new Unspliceable("a block without its mark");
    const lines = { start: bodyOfBlockScalar(value), end: endOfToken(value) };
    return [
      { start: head === "" ? mark : header.offset, end: endOfToken(header), text: head },
      replaceLines(source, lines, body, style.eol),
    ];
  }
  if (value.type === "block-map" || value.type === "block-seq") {
    const isBeside = startOfLine(text, value.offset) === startOfLine(text, mark);
    const words: Splice = isBeside
      ? { start: value.offset, end: endOfWords(source, value.offset), text: head }
      : { start: mark, end: mark, text: head === "" ? "" : ` ${head}` };
    const lines = { start: endOfLine(text, mark), end: endOfLine(text, endOfToken(value)) };
    if (lines.end <= lines.start) return [words, ...insertLines(source, lines.start, body, style)];
    return [
      words,
      replaceLines(source, lines, beside(keepComments(source, lines, column), { head, body }), style.eol),
    ];
  }
  // A word, a quoted string, an alias, or `{}`.
  const end = endOfToken(value);
  const kept = keepComments(source, { start: value.offset, end }, column);
  const isBeside = startOfLine(text, value.offset) === startOfLine(text, mark);
  if (head === "" && !isBeside) throw new Unspliceable("the value stands on a line of its own");
  return [
    { start: head === "" ? mark : value.offset, end, text: head },
    ...insertLines(source, endOfLine(text, end), beside(kept, { head, body }), style),
  ];
}

/** Before the lines of a block of text, a comment would be one of them. */
function beside(comments: readonly string[], { head, body }: Rendered): readonly string[] {
  return head.startsWith("|") ? [...body, ...comments] : [...comments, ...body];
}

/** Within `{}` or `[]`. */
function spliceInline(source: Source, field: Field, inline: string): readonly Splice[] {
  const { item, collection } = field;
  const { value } = item;
  if (value === undefined || isEmptyNode(field.node)) {
    const isName = item.sep?.some(({ type }) => type === "map-value-ind") !== true && item.key !== undefined;
    const mark = endOfMark(field);
    return [{ start: mark, end: mark, text: isName && item.key !== null ? `: ${inline}` : ` ${inline}` }];
  }
  const start = value.offset;
  const end = endOfToken(value);
  const kept = keepComments(source, { start, end }, collection.indent);
  if (kept.length > 0) throw new Unspliceable("comments stand within the value");
  return [{ start, end, text: inline }];
}

/** Where the value may begin: after the `:` or `-`, the anchor and the tag. */
export function endOfMark({ item, collection }: Field): number {
  const tokens = collection.type === "block-seq" || item.sep === undefined ? item.start : item.sep;
  const last = tokens.findLast((token) => isSignificant(token) && token.type !== "comma");
  if (last !== undefined) return endOfToken(last);
  if (item.key !== undefined && item.key !== null) return endOfToken(item.key);
  if (item.value !== undefined) return item.value.offset;
  throw new Unspliceable("the field has no mark");
}

export function insertLines(
  source: Source,
  offset: number,
  lines: readonly string[],
  { eol }: Style,
): readonly Splice[] {
  if (lines.length === 0) return [];
  return [replaceLines(source, { start: offset, end: offset }, lines, eol)];
}

/** A tag says what the old value was; only `!!str` says the same of every string, and may stay. */
function dropTags({ text }: Source, { item, collection }: Field, mayBeString: boolean): readonly Splice[] {
  const tokens = collection.type === "block-seq" || item.sep === undefined ? item.start : item.sep;
  return tokens
    .filter((token) => token.type === "tag" && !(token.source === "!!str" && mayBeString))
    .map((token) => {
      const end = token.offset + token.source.length;
      const isLast = isFirstOnLine(text, token.offset);
      // With the space before it, so that what is there of an anchor still stands one space off.
      const spaces = isLast ? 0 : (/[ \t]*$/.exec(text.slice(0, token.offset))?.[0].length ?? 0);
      return { start: token.offset - spaces, end, text: "" };
    });
}

function quoteOf(token: CST.Token | undefined): Quote | undefined {
  if (token?.type === "double-quoted-scalar") return '"';
  return token?.type === "single-quoted-scalar" ? "'" : undefined;
}

function isEmptyFlow(token: CST.Token | undefined): boolean {
  return token?.type === "flow-collection" && token.items.length === 0;
}

/** The strings of a mapping or list are quoted, all of them, in this way. */
export function commonQuote(tokens: readonly (CST.Token | null | undefined)[]): Quote | undefined {
  const strings = tokens.filter((token) => token !== null && token !== undefined && "source" in token);
  const [first] = strings;
  const quote = quoteOf(first ?? undefined);
  return quote !== undefined && strings.every((token) => quoteOf(token) === quote) ? quote : undefined;
}
