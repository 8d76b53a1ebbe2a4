/**
 * The editor's core, pure: the text of a manifest file and what shall change in it → the new text. It promises:
 *
 * - Only the lines of the fields that change are touched. Comments, quotes, anchors, blank lines, flow and block style,
 *   indentation, line ends, a byte order mark, document marks and a last line without an end stay as they are.
 * - The new text is read as exactly what was wanted in the document that was edited, and as exactly what it was in all
 *   others; and every comment is still there. What does not pass is not returned: it is a fault.
 * - Nothing but the changes is written: no defaults, no other order, no other form of what is there.
 * - A value that is shown at several places, by an alias or a merge key, changes only where that was asked; where the text
 *   cannot say so, it is a fault.
 * - Of a value that is replaced or removed nothing is left in its document but what comments repeat, and those are named.
 *
 * For what splices cannot do, one document may be written anew by the YAML library (`how: "reflow"`): the same promises, but
 * that spaces within that document may move.
 */
import { isDeepStrictEqual } from "node:util";
import type { CST } from "yaml";
import { createPlaceIndex, type Place } from "../registry/text-places.ts";
import { readTokens, readYaml, type YamlDocument, type YamlFault } from "../registry/yaml-documents.ts";
import { readText, type TextFault } from "../registry/yaml-text.ts";
import type { Change } from "./change.ts";
import { editDocument } from "./edit-document.ts";
import { commentsHolding } from "./leftovers.ts";
import { splitDocuments } from "./source.ts";

export interface DocumentEdit {
  /** Which document of the text, from 0. */
  readonly document: number;
  /** Made one after the other; only the last state has to be possible. */
  readonly changes: readonly Change[];
}

export interface EditedText {
  readonly text: string;
  readonly isChanged: boolean;
  /** Comments that still hold a string, or a line of one, that the edit replaced or removed. */
  readonly leftovers: readonly Place[];
  readonly how: "splice" | "reflow";
}

/** Why the text stays as it is. `line` 0: the text as a whole. The message names no value. */
export type EditFault = TextFault;

/** Makes the changes to one document of the text. Never throws for what the text or the changes are. */
export function editManifest(
  text: string,
  document: number,
  changes: readonly Change[],
): EditedText | EditFault {
  return editDocuments(text, [{ document, changes }]);
}

/**
 * Makes all changes to several documents of the text, or none. `plan` is given what each document is read as, once all can
 * be read. Never throws for what the text or the changes are.
 */
export function editDocuments(
  text: string,
  plan: readonly DocumentEdit[] | ((documents: readonly unknown[]) => readonly DocumentEdit[]),
): EditedText | EditFault {
  // A byte order mark would count as a column.
  if (!text.startsWith("\uFEFF")) return editUnmarked(text, plan);
  const edited = editUnmarked(text.slice(1), plan);
  return "message" in edited ? edited : { ...edited, text: `\uFEFF${edited.text}` };
}

function editUnmarked(text: string, plan: Parameters<typeof editDocuments>[1]): EditedText | EditFault {
  const read = readDocuments(text);
  if ("message" in read) return read;
  const { documents, tokens } = read;
  const spans = splitDocuments(text, tokens);
  const placeAt = createPlaceIndex(text);
  const values: unknown[] = documents.map(({ value }) => value);
  const removed = new Set<string>();
  let result = text;
  let how: EditedText["how"] = "splice";
  const changesOf = new Map<number, Change[]>();
  for (const { document, changes } of typeof plan === "function" ? plan(values) : plan) {
    changesOf.set(document, [...(changesOf.get(document) ?? []), ...changes]);
  }
  // From the last to the first, so that the places of those before stay.
  for (const [index, changes] of [...changesOf].toSorted(([a], [b]) => b - a)) {
    const document = documents[index];
    const span = spans[index];
    if (document === undefined || span === undefined || document.isEmpty) {
      return whole(`has no manifest as its document ${index + 1}`);
    }
    const [fault] = document.faults;
    if (fault !== undefined) return faultOf(fault);
    const slice = text.slice(span.start, span.end);
    const edited = editDocument(slice, document, changes, (offset) => placeAt(span.start + offset));
    if ("message" in edited) return edited;
    result = result.slice(0, span.start) + edited.text + result.slice(span.end);
    values[index] = edited.value;
    if (edited.how === "reflow") how = "reflow";
    for (const value of edited.removed) removed.add(value);
  }
  if (result === text) return { text, isChanged: false, leftovers: [], how };
  const after = readResult(result, values);
  if ("message" in after) return after;
  return { text: result, isChanged: true, leftovers: commentsHolding(result, removed, after.tokens), how };
}

interface ReadDocuments {
  readonly documents: readonly YamlDocument[];
  readonly tokens: CST.Token[];
}

/** All documents; a fault where one of them is not YAML, since then none can be told from the next for sure. */
function readDocuments(text: string): ReadDocuments | EditFault {
  const tokens = readTokens(text);
  const documents = readYaml(text, tokens);
  if ("message" in documents) return faultOf(documents);
  if (!Array.isArray(tokens)) throw new Error("a text without tokens has been read");
  const broken = documents.find(({ isYaml }) => !isYaml)?.faults[0];
  return broken === undefined ? { documents, tokens } : faultOf(broken);
}

/** A fault, unless each document is read as its value, and the file as a manifest. */
function readResult(text: string, values: readonly unknown[]): ReadDocuments | EditFault {
  const bytes = readText(Buffer.from(text));
  if (typeof bytes !== "string") return whole(`would no longer be a manifest: ${bytes.message}`);
  const read = readDocuments(text);
  if ("message" in read) return whole(`would no longer be a manifest: ${read.message}`);
  const isSame = isDeepStrictEqual(
    read.documents.map(({ value }) => value),
    values,
  );
  return isSame ? read : whole("would change in another document, too");
}

/** Without a word of the file, which may hold secrets. */
function faultOf({ line, column, discreet }: YamlFault): EditFault {
  return { line, column, message: discreet };
}

function whole(message: string): EditFault {
  return { line: 0, column: 0, message };
}
