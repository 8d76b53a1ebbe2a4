/**
 * Several changes, one after the other, with as few readings of the text in between as can be: changes that write different
 * places are made in one go. Whether that went well is for the reader of the result to judge.
 */
import type { FieldPath } from "../api/field-fault.ts";
import type { Change } from "./change.ts";
import type { Collection } from "./locate.ts";
import { parseSource } from "./source.ts";
import { spliceChange, type Spliced } from "./splice-change.ts";
import { applySplices, type Splice } from "./splices.ts";
import { readStyle, type Style } from "./style.ts";

/** One change, with the document's value after it. */
export interface Piece {
  readonly change: Change;
  readonly wanted: unknown;
}

/**
 * The text after all changes. `isBatched`: several at once, which is faster by far where there are many; `style` prevails
 * over the document's own. Throws as `spliceChange` does.
 */
export function spliceChanges(
  text: string,
  pieces: readonly Piece[],
  options: { readonly isBatched: boolean; readonly style?: Partial<Style> },
): string {
  let edited = text;
  for (let done = 0; done < pieces.length;) {
    const source = parseSource(edited);
    const style = { ...readStyle(source), ...options.style };
    const batch = createBatch();
    do {
      const piece = pieces[done];
      if (piece === undefined) break;
      if (!batch.mayHold(piece.change.path)) break;
      const spliced = spliceChange(source, style, piece.change, piece.wanted);
      if (!batch.add(spliced)) break;
      done++;
    } while (options.isBatched);
    edited = applySplices(edited, batch.splices);
  }
  return edited;
}

interface Batch {
  readonly splices: Splice[];
  /** Whether nothing of the path has been written yet: else the text has to be read again first. */
  mayHold(path: FieldPath): boolean;
  /** False: not beside the others. */
  add(spliced: Spliced): boolean;
}

function createBatch(): Batch {
  const splices: Splice[] = [];
  const written = new Set<string>();
  const above = new Set<string>();
  const losses = new Map<Collection, number>();
  let isClosed = false;

  const prefixes = (path: FieldPath): readonly string[] =>
    path.map((_, index) => JSON.stringify(path.slice(0, index + 1)));

  return {
    splices,
    mayHold: (path) => !isClosed && !prefixes(path).some((prefix) => written.has(prefix)),
    add(spliced) {
      const path = JSON.stringify(spliced.written);
      if (splices.length > 0) {
        if (!spliced.hasCompany) return false;
        if (above.has(path)) return false;
      }
      const { loser } = spliced;
      if (loser !== undefined) {
        const lost = (losses.get(loser.collection) ?? 0) + 1;
        // The last one is not taken out like the others; and places in a list move.
        if (lost > 1 && (lost >= loser.items.length || loser.collection.type === "block-seq")) return false;
        losses.set(loser.collection, lost);
      }
      splices.push(...spliced.splices);
      written.add(path);
      for (const prefix of prefixes(spliced.written)) above.add(prefix);
      isClosed = !spliced.hasCompany;
      return true;
    },
  };
}
