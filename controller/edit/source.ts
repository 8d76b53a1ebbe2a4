/**
 * The text of one YAML document with its tokens: what stands where, down to the comments. Offsets are into that text.
 */
import { Composer, type CST, type Document } from "yaml";
import { COMPOSING, readTokens, type Tokens } from "../registry/yaml-documents.ts";

export interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly offset: number;
  /** With its `#`. */
  readonly source: string;
}

/** The text is not one document, or passes a limit. */
export class SourceFault extends Error {
  override readonly name = "SourceFault";
}

/** Reads the text of one document. What its nodes come to is not judged here. Throws SourceFault. */
export function parseSource(text: string): Source {
  const tokens = readTokens(text);
  if (!Array.isArray(tokens)) throw new SourceFault(tokens.message);
  const composer = new Composer({ ...COMPOSING, keepSourceTokens: true });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [document] = documents;
  if (document === undefined || documents.length > 1) throw new SourceFault("is not one document");
  return { text, document, comments: commentsOf(tokens) };
}

/** Where the text of each document begins and ends, comments and marks before it included; together they are all of it. */
export function splitDocuments(
  text: string,
  tokens: readonly CST.Token[],
): readonly { readonly start: number; readonly end: number }[] {
  const starts: number[] = [];
  let start: number | undefined = 0;
  for (const token of tokens) {
    // What follows the end of a document belongs to the next one.
    start ??= "offset" in token ? token.offset : undefined;
    if (token.type === "document") {
      starts.push(start ?? token.offset);
      start = undefined;
    } else if (token.type === "doc-end") {
      start = undefined;
    }
  }
  return starts.map((from, index) => ({ start: from, end: starts[index + 1] ?? text.length }));
}

/** Every comment of the text, in its order; none of a text that passes a limit. */
export function readComments(text: string, tokens: Tokens = readTokens(text)): readonly Comment[] {
  return Array.isArray(tokens) ? commentsOf(tokens) : [];
}

function commentsOf(tokens: readonly CST.Token[]): readonly Comment[] {
  const comments: Comment[] = [];
  const visit = (token: CST.Token | null | undefined): void => {
    if (token === null || token === undefined) return;
    if (token.type === "comment") comments.push({ offset: token.offset, source: token.source });
    if ("start" in token) visitAll(token.start);
    if ("props" in token) visitAll(token.props);
    if ("items" in token) {
      for (const item of token.items) {
        visitAll(item.start);
        visit(item.key);
        visitAll(item.sep);
        visit(item.value);
      }
    }
    if ("value" in token) visit(token.value);
    if ("end" in token) visitAll(token.end);
  };
  const visitAll = (list: CST.Token | readonly CST.Token[] | undefined): void => {
    if (list === undefined) return;
    for (const token of Array.isArray(list) ? (list as readonly CST.Token[]) : [list as CST.Token])
      visit(token);
  };
  visitAll(tokens);
  return comments;
}

/** Words, and what stands for a value: all but white space and comments. */
export function isSignificant(token: CST.Token): boolean {
  return token.type !== "space" && token.type !== "newline" && token.type !== "comment";
}

/** Where an item's own text begins: at its dash, its `?`, its anchor or its name; not at the comma before it. */
export function startOfItem(item: CST.CollectionItem): number | undefined {
  const first = item.start.find((token) => isSignificant(token) && token.type !== "comma");
  return (first ?? item.key ?? item.sep?.find(isSignificant) ?? item.value)?.offset;
}

/** Where an item's own text ends: a comment after it and the line's end are not its own. */
export function endOfItem(item: CST.CollectionItem): number | undefined {
  if (item.value !== undefined) return endOfToken(item.value);
  const last = (item.sep ?? []).findLast(isSignificant);
  if (last !== undefined) return endOfToken(last);
  if (item.key !== undefined && item.key !== null) return endOfToken(item.key);
  const start = item.start.findLast((token) => isSignificant(token) && token.type !== "comma");
  return start === undefined ? undefined : endOfToken(start);
}

/** Where a token's own text ends. Of a block scalar that is after the line end of its last line. */
export function endOfToken(token: CST.Token): number {
  if (token.type === "block-scalar") return bodyOfBlockScalar(token) + token.source.length;
  if (token.type === "block-map" || token.type === "block-seq") {
    for (const item of (token.items as readonly CST.CollectionItem[]).toReversed()) {
      const end = endOfItem(item);
      if (end !== undefined) return end;
    }
    return token.offset;
  }
  if (token.type === "flow-collection") {
    const [end] = token.end;
    return end === undefined ? token.start.offset + 1 : end.offset + end.source.length;
  }
  return token.type === "document" ? token.offset : token.offset + token.source.length;
}

/** Where the lines of a block scalar begin, after the line with its `|` or `>`. */
export function bodyOfBlockScalar(token: CST.BlockScalar): number {
  const last = token.props.at(-1);
  return last === undefined ? token.offset : endOfToken(last);
}
