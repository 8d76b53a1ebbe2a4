/**
 * How the writer of a document writes: found in its text, used for what an edit adds.
 */
import type { CST } from "yaml";
import type { Source } from "./source.ts";

export type Quote = '"' | "'";

export interface Style {
  readonly eol: "\n" | "\r\n";
  /** Columns by which a mapping within a mapping is indented. */
  readonly step: number;
  /** Columns by which a list's dashes are indented within a mapping. */
  readonly listStep: number;
  /** `{ a: 1 }` rather than `{a: 1}`. */
  readonly isPadded: boolean;
  readonly quote: Quote;
  /** Strings of several lines may be written as a block (`|`), rather than within quotes. */
  readonly hasLiterals: boolean;
}

/** The document's own style; where it does not tell, two columns, `{ a: 1 }` and `"..."`. */
export function readStyle({ text, document }: Source): Style {
  let step: number | undefined;
  let listStep: number | undefined;
  let isPadded: boolean | undefined;
  let quote: Quote | undefined;

  const visit = (token: CST.Token | null | undefined, indent?: number): void => {
    if (token === null || token === undefined) return;
    if (token.type === "double-quoted-scalar") quote ??= '"';
    if (token.type === "single-quoted-scalar") quote ??= "'";
    if (!("items" in token)) return;
    if (token.type === "flow-collection") {
      if (token.start.source === "{" && token.items.length > 0) {
        isPadded ??= /\s/.test(text.charAt(token.offset + 1));
      }
    } else if (indent !== undefined) {
      if (token.type === "block-map" && token.indent > indent) step ??= token.indent - indent;
      if (token.type === "block-seq") listStep ??= token.indent - indent;
    }
    for (const item of token.items as readonly CST.CollectionItem[]) {
      visit(item.key);
      visit(item.value, token.type === "block-map" ? token.indent : undefined);
    }
  };
  visit(document.contents?.srcToken);
  return {
    eol: /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n",
    step: step ?? 2,
    listStep: listStep ?? step ?? 2,
    isPadded: isPadded ?? true,
    quote: quote ?? '"',
    hasLiterals: true,
  };
}
