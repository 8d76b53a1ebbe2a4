/**
 * A field comes into a mapping, or an item into a list, after what is there, written as its neighbours are; or it goes, and
 * takes its lines with it, but no comment.
 */
import type { CST } from "yaml";
import type { Value } from "./change.ts";
import { isInFlow, type Collection, type Field } from "./locate.ts";
import { renderField, renderInline, renderItem, renderString, type Writing } from "./render.ts";
import { bodyOfBlockScalar, endOfItem, endOfToken, startOfItem, type Source } from "./source.ts";
import { commonQuote, insertLines, spliceValue } from "./splice-value.ts";
import {
  endOfLine,
  isFirstOnLine,
  keepComments,
  replaceLines,
  startOfLine,
  Unspliceable,
  type Splice,
} from "./splices.ts";
import type { Style } from "./style.ts";

export interface Entry {
  /** A field's name; a number for the next item of a list. */
  readonly name: string | number;
  readonly value: Value;
  readonly unquoted?: boolean | undefined;
}

/** Adds an entry at the end of a collection. */
export function spliceNewEntry(
  source: Source,
  style: Style,
  parent: { readonly collection: Collection; readonly items: readonly CST.CollectionItem[] },
  entry: Entry,
): readonly Splice[] {
  const { collection, items } = parent;
  const quote = commonQuote(items.map(({ value }) => value));
  const writing: Writing = { style, quote: entry.unquoted === true ? "none" : quote };
  const keyQuote = commonQuote(items.map(({ key }) => key));
  if (isInFlow(parent)) return addInFlow(source, parent, inlineEntry(entry, writing, keyQuote), style);
  const last = items.at(-1);
  const end = last === undefined ? undefined : endOfItem(last);
  if (end === undefined) throw new Unspliceable("the collection is empty");
  const column = collection.indent;
  const lines =
    typeof entry.name === "number"
      ? renderItem(entry.value, writing, column)
      : renderField(entry.name, entry.value, writing, column, keyQuote);
  return insertLines(source, afterDeeperComments(source, endOfLine(source.text, end), column), lines, style);
}

/** Comments below the last entry that are indented further than it belong to it. */
function afterDeeperComments({ text, comments }: Source, offset: number, column: number): number {
  let end = offset;
  for (const comment of comments) {
    if (comment.offset < end || text.slice(end, comment.offset).trim() !== "") continue;
    if (comment.offset - startOfLine(text, comment.offset) <= column) break;
    end = endOfLine(text, comment.offset + comment.source.length);
  }
  return end;
}

function inlineEntry({ name, value }: Entry, writing: Writing, keyQuote: Writing["quote"]): string {
  const inline = renderInline(value, writing, true);
  if (typeof name === "number") return inline;
  return `${renderString(name, { ...writing, quote: keyQuote }, true)}: ${inline}`;
}

function addInFlow(
  source: Source,
  parent: { readonly collection: Collection; readonly items: readonly CST.CollectionItem[] },
  inline: string,
  style: Style,
): readonly Splice[] {
  const { text, comments } = source;
  const { collection, items } = parent;
  if (collection.type !== "flow-collection") throw new Unspliceable("not within brackets");
  const last = items.at(-1);
  const closing = collection.end[0];
  if (closing === undefined) throw new Unspliceable("the brackets do not close");
  if (last === undefined) {
    const open = collection.start.offset + 1;
    if (text.slice(open, closing.offset).trim() !== "") throw new Unspliceable("comments within brackets");
    const pad = collection.start.source === "{" && style.isPadded ? " " : "";
    return [{ start: open, end: closing.offset, text: pad + inline + pad }];
  }
  const start = startOfItem(last);
  const end = endOfItem(last);
  if (start === undefined || end === undefined) throw new Unspliceable("an item without text");
  // `items` leaves out the nothing after a last comma.
  const comma = (collection.items as readonly CST.CollectionItem[])
    .flatMap((item) => item.start)
    .find(({ type, offset }) => type === "comma" && offset >= end);
  const after = comma === undefined ? end : comma.offset + 1;
  const isOwnLine =
    isFirstOnLine(text, start) && startOfLine(text, closing.offset) !== startOfLine(text, after);
  const commaSplice = comma === undefined ? [{ start: end, end, text: "," }] : [];
  if (isOwnLine) {
    const indent = text.slice(startOfLine(text, start), start);
    const line = endOfLine(text, after);
    return [
      ...commaSplice,
      { start: line, end: line, text: `${indent}${inline}${comma === undefined ? "" : ","}${style.eol}` },
    ];
  }
  const endOfTheLine = endOfLine(text, after);
  if (comments.some(({ offset }) => offset >= after && offset < Math.min(closing.offset, endOfTheLine))) {
    throw new Unspliceable("a comment stands where the new item would");
  }
  return [...commaSplice, { start: after, end: after, text: ` ${inline}${comma === undefined ? "" : ","}` }];
}

/** Takes a field or item out. `holder` is the field that holds its mapping or list; none for the document's own. */
export function spliceRemoval(
  source: Source,
  style: Style,
  field: Field,
  holder: Field | undefined,
): readonly Splice[] {
  const { text } = source;
  const { item, items, index, collection } = field;
  if (isInFlow(field)) return removeInFlow(source, style, field);
  if (items.length === 1 && holder !== undefined) {
    return spliceValue(source, style, holder, collection.type === "block-seq" ? [] : {});
  }
  const start = startOfItem(item);
  const end = endOfItem(item);
  if (start === undefined || end === undefined) throw new Unspliceable("an item without text");
  if (isFirstOnLine(text, start)) {
    const span = { start: startOfLine(text, start), end: endOfLine(text, end) };
    const empty = items.length > 1 ? [] : [collection.type === "block-seq" ? "[]" : "{}"];
    const kept = keepComments(source, span, collection.indent);
    return [replaceLines(source, span, [...kept, ...empty], style.eol)];
  }
  // The first of a mapping on the line of its `-`: the next one moves up.
  const next = items[index + 1];
  const nextStart = next === undefined ? undefined : startOfItem(next);
  if (nextStart === undefined) throw new Unspliceable("nothing can move up to its line");
  const kept = keepComments(source, { start, end: nextStart }, 0);
  const pad = " ".repeat(collection.indent);
  const lines = kept.map((comment) => comment.trimStart() + style.eol + pad);
  return [{ start, end: nextStart, text: lines.join("") }];
}

function removeInFlow(source: Source, style: Style, field: Field): readonly Splice[] {
  const { text, comments } = source;
  const { item, items, index, collection } = field;
  const start = startOfItem(item);
  const end = endOfItem(item);
  if (start === undefined || end === undefined) throw new Unspliceable("an item without text");
  const hasComment = (from: number, to: number): boolean =>
    comments.some(({ offset }) => offset >= from && offset < to);
  const previous = index === 0 ? undefined : items[index - 1];
  const from = previous === undefined ? start : (endOfItem(previous) ?? start);
  const next = items[index + 1];
  const comma = (collection.items as readonly CST.CollectionItem[])
    .flatMap((found) => found.start)
    .find(({ type, offset }) => type === "comma" && offset >= end);
  const line = { start: startOfLine(text, start), end: endOfLine(text, comma?.offset ?? end) };
  const closing = (collection as CST.FlowCollection).end[0]?.offset;
  if (closing === undefined) throw new Unspliceable("the brackets do not close");
  const isOnly = previous === undefined && next === undefined;
  const until = comma === undefined ? end : Math.min(endOfLine(text, comma.offset), closing);
  if (isOnly ? hasComment(collection.offset, closing) : hasComment(from, until)) {
    const follower = next === undefined ? closing : (startOfItem(next) ?? 0);
    const isAlone = isFirstOnLine(text, start) && follower >= line.end && line.start > collection.offset;
    if (!isAlone) throw new Unspliceable("comments stand around the item");
    const column = start - line.start;
    return [replaceLines(source, line, keepComments(source, line, column), style.eol)];
  }
  if (previous !== undefined) return [{ start: from, end, text: "" }];
  if (next !== undefined) return [{ start, end: startOfItem(next) ?? end, text: "" }];
  return [{ start: collection.offset + 1, end: closing, text: "" }];
}

/** Gives a field another name, in the quotes of the old one. */
export function spliceName(source: Source, style: Style, field: Field, to: string): readonly Splice[] {
  const { key } = field.item;
  if (key === undefined || key === null) throw new Unspliceable("the field has no name");
  if (key.type === "block-scalar" && key.props[0] !== undefined) {
    const text = renderString(to, { style }, false);
    const lines = { start: bodyOfBlockScalar(key), end: endOfToken(key) };
    return [
      { start: key.offset, end: endOfToken(key.props[0]), text },
      replaceLines(source, lines, [], style.eol),
    ];
  }
  if (key.type !== "scalar" && key.type !== "double-quoted-scalar" && key.type !== "single-quoted-scalar") {
    throw new Unspliceable("the name is no plain word");
  }
  const quote = key.type === "scalar" ? undefined : key.type === "double-quoted-scalar" ? '"' : "'";
  const text = renderString(to, { style, quote }, isInFlow(field));
  return [{ start: key.offset, end: endOfToken(key), text }];
}
