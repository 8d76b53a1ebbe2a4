/**
 * The changes to one document, tried in several ways, each believed only when it reads back as what was wanted: pieces of
 * text in the place of others; else the YAML library writes the document anew, which keeps comments but may move spaces.
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
import { spliceChanges, type Piece } from "./splice-changes.ts";
import { Unspliceable } from "./splices.ts";

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
  for (const { how, edit } of WAYS) {
    try {
      const edited = edit(text, pieces);
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

interface Way {
  readonly how: "splice" | "reflow";
  readonly edit: (text: string, pieces: readonly Piece[]) => string;
}

/** The next one is tried when what one has written does not read back as wanted. */
const WAYS: readonly Way[] = [
  { how: "splice", edit: (text, pieces) => spliceChanges(text, pieces, { isBatched: true }) },
  { how: "splice", edit: (text, pieces) => spliceChanges(text, pieces, { isBatched: false }) },
  // A comment that stands below a block of text could be read as one of its lines.
  {
    how: "splice",
    edit: (text, pieces) => spliceChanges(text, pieces, { isBatched: false, style: { hasLiterals: false } }),
  },
  { how: "reflow", edit: (text, pieces) => reflow(parseSource(text), pieces) },
];

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
