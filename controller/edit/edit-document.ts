/**
 * The changes to one document, tried in three ways, each believed only when it reads back as what was wanted: pieces of text
 * in the place of others; the same without blocks of text; else the YAML library writes the document anew, which keeps comments but may move spaces.
 */
import { isDeepStrictEqual } from "node:util";
import { formatPath, quoted, type FieldPath } from "../api/field-fault.ts";
import type { Place } from "../registry/text-places.ts";
import { readYaml, type YamlDocument } from "../registry/yaml-documents.ts";
import { applyChange, ChangeFault, expandChange, type Change } from "./change.ts";
import { removedStrings } from "./leftovers.ts";
import { reflow } from "./reflow.ts";
import { findSharing } from "./sharing.ts";
import { parseSource, readComments, SourceFault } from "./source.ts";
import { spliceChange } from "./splice-change.ts";
import { applySplices, Unspliceable } from "./splices.ts";

export interface EditedDocument {
  readonly text: string;
  /** What the text is read as. */
  readonly value: unknown;
  /** Strings that are no longer where they were. */
  readonly removed: readonly string[];
  readonly how: "splice" | "reflow";
}

export interface DocumentFault extends Place {
  readonly message: string;
}

/** One change, in its smallest pieces, with the document's value after it. */
interface Piece {
  readonly change: Change;
  readonly wanted: unknown;
}

/** `text` is that of the one document; `document` is how it is read; `placeAt` tells where in the file an offset is. */
export function editDocument(
  text: string,
  document: YamlDocument,
  changes: readonly Change[],
  placeAt: (offset: number) => Place,
): EditedDocument | DocumentFault {
  const faultAt = (path: FieldPath, message: string): DocumentFault => ({
    ...document.placeOf(path, "key"),
    message,
  });
  const pieces: Piece[] = [];
  const removed: string[] = [];
  let value = document.value;
  try {
    for (const asked of changes) {
      for (const change of expandChange(value, asked)) {
        removed.push(...removedStrings(value, change));
        value = applyChange(value, change);
        pieces.push({ change, wanted: value });
      }
    }
  } catch (error) {
    if (error instanceof ChangeFault) return faultAt(error.path, error.message);
    throw error;
  }
  // Changes that undo one another write nothing.
  if (isDeepStrictEqual(value, document.value)) return { text, value, removed: [], how: "splice" };

  const refusals: DocumentFault[] = [];
  for (const way of ["splice", "splice quoted", "reflow"] as const) {
    const how = way === "reflow" ? "reflow" : "splice";
    try {
      const edited =
        how === "reflow" ? reflow(parseSource(text), pieces) : spliceAll(text, pieces, way === "splice");
      if (isAsWanted(text, edited, value)) return { text: edited, value, removed, how };
    } catch (error) {
      if (error instanceof ChangeFault) refusals.push(faultAt(error.path, error.message));
      // The library throws errors of its own at nodes that it cannot change or write.
      else if (how === "splice" && !(error instanceof Unspliceable || error instanceof SourceFault))
        throw error;
    }
  }
  return refusals[0] ?? explain(text, pieces, faultAt, placeAt);
}

/** Without literals, since a comment that stands below one could be read as one of its lines. */
function spliceAll(text: string, pieces: readonly Piece[], hasLiterals: boolean): string {
  let edited = text;
  for (const { change, wanted } of pieces) {
    edited = applySplices(edited, spliceChange(parseSource(edited), change, wanted, { hasLiterals }));
  }
  return edited;
}

/** One valid document with exactly this value, and with every comment of before. */
function isAsWanted(before: string, after: string, value: unknown): boolean {
  const documents = readYaml(after);
  if ("message" in documents || documents.length !== 1) return false;
  const [document] = documents;
  if (document === undefined || document.faults.length > 0) return false;
  return (
    isDeepStrictEqual(document.value, value) &&
    isDeepStrictEqual(sortedComments(before), sortedComments(after))
  );
}

function sortedComments(text: string): readonly string[] {
  return readComments(text)
    .map(({ source }) => source.trimEnd())
    .toSorted();
}

function explain(
  text: string,
  pieces: readonly Piece[],
  faultAt: (path: FieldPath, message: string) => DocumentFault,
  placeAt: (offset: number) => Place,
): DocumentFault {
  const source = parseSource(text);
  for (const { change } of pieces) {
    const sharing = findSharing(source, change.path);
    if (sharing === undefined) continue;
    const field = quoted(formatPath(change.path));
    const alias = `the alias "*${sharing.anchor}" on line ${placeAt(sharing.offset).line}`;
    return faultAt(
      change.path,
      `${field} cannot change alone: ${alias} stands for it too; write one of them out first`,
    );
  }
  const path = pieces[0]?.change.path ?? [];
  return faultAt(path, `${quoted(formatPath(path))} cannot be changed without changing something else`);
}
