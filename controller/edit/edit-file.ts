/**
 * Every lasting edit that ConOps makes to a person's manifest file goes through here. It promises, beside what
 * `edit-manifest.ts` promises of the text:
 *
 * - The file is whole at every moment: the old text or the new one, also after a crash or a power failure.
 * - It keeps its mode, owner, group, access control list and extended attributes. A link stays a link: the file that it
 *   leads to is edited.
 * - No edit that a person saves at the same moment is lost (`replace-file.ts` says how, and what that rests on); the edit
 *   is then made to the new text. Edits of several ConOps processes wait for each other.
 * - It is not touched while it is not valid YAML, is read-only, has several hard links, or is no regular file.
 * - A crash leaves nothing that the registry would read; the next edit in the folder removes what it left.
 */
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { API_VERSION } from "../api/application.ts";
import type { Kind } from "../api/resource.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { causeOf } from "../registry/files.ts";
import type { Place } from "../registry/text-places.ts";
import { readText } from "../registry/yaml-text.ts";
import { isMapping, valueAt, type Change } from "./change.ts";
import { EditError, EditRefusal } from "./edit-error.ts";
import { editDocuments, type DocumentEdit, type EditedText } from "./edit-manifest.ts";
import { isUnwritten, openOriginal, readTag, tagOf } from "./original.ts";
import { replaceFile, SYSTEM, type System } from "./replace-file.ts";
import { withFolderLocked } from "./locked-folder.ts";

export interface FileEdit {
  /** The folder, and the file's path relative to it. */
  readonly dir: string;
  readonly file: string;
  readonly edits: readonly ResourceEdit[];
  readonly clock: Clock;
  /** For tests. */
  readonly system?: System;
}

export interface ResourceEdit {
  /** The document is found by kind and name, wherever it stands in the file by now. */
  readonly kind: Kind;
  readonly name: string;
  /**
   * What shall change. As a function it is asked anew, with the document as it is written, whenever the file has changed
   * meanwhile: so a value that follows from another one always follows from what the person wrote last.
   */
  readonly changes: readonly Change[] | ((manifest: Readonly<Record<string, unknown>>) => readonly Change[]);
}

export interface EditedFile {
  /** False: everything was as wanted already, and nothing was written. */
  readonly isChanged: boolean;
  /** What the file holds now. */
  readonly bytes: Uint8Array;
  /** Comments that still hold a string that was taken out: where a secret may have been left. */
  readonly leftovers: readonly Place[];
  /** Spaces may have moved within the edited documents: no smaller edit was possible. */
  readonly isReflowed: boolean;
}

/** How long an edit may take in all, whoever else writes to the file. */
const LIMIT_MS = 30_000;
const POLL_MS = 20;
const MAX_PAUSE_MS = 500;
/** How long a file may be away, or half a file, while somebody saves it. */
const DOUBT_MS = 500;
const UTF8_BOM = Buffer.from("\uFEFF");

/**
 * Makes all the edits to one manifest file, or none. Throws EditError when that cannot be, and the signal's reason as soon as
 * it aborts; the file is untouched then, unless the abort comes after the edit was made.
 */
export async function editManifestFile(edit: FileEdit, signal: AbortSignal): Promise<EditedFile> {
  const { dir, file, clock, system = SYSTEM } = edit;
  const until = clock.monotonic() + LIMIT_MS;
  const link = join(dir, file);

  async function attempt(): Promise<EditedFile | "changed" | "held"> {
    const path = await resolve(link);
    return withFolderLocked(dirname(path), { clock, until, signal }, () =>
      tryEdit(path, { link, edits: edit.edits, clock, system }),
    );
  }

  try {
    let because = "somebody else writes to it again and again";
    let doubt: { readonly what: string; readonly since: number } | undefined;
    for (let pauseMs = POLL_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const outcome = await attempt().catch((error: unknown) => {
        if (!(error instanceof EditRefusal) || error.doubt === undefined) throw error;
        const now = clock.monotonic();
        if (error.doubt !== doubt?.what) doubt = { what: error.doubt, since: now };
        if (now - doubt.since >= DOUBT_MS) throw error;
        return "doubtful" as const;
      });
      if (outcome !== "doubtful") doubt = undefined;
      if (typeof outcome === "object") return outcome;
      if (outcome === "held") because = "another program has it open for writing";
      if (clock.monotonic() + pauseMs > until) throw new EditRefusal("busy", because);
      await sleep(clock, pauseMs, signal);
    }
  } catch (error) {
    if (error instanceof EditRefusal) throw new EditError(file, error);
    throw error;
  }
}

async function tryEdit(
  path: string,
  context: {
    readonly link: string;
    readonly edits: readonly ResourceEdit[];
    readonly clock: Clock;
    readonly system: System;
  },
): Promise<EditedFile | "changed" | "held"> {
  const original = await openOriginal(path);
  if (original === undefined) return "changed";
  const { handle, bytes, stats } = original;
  const { edits, system } = context;
  try {
    const edited = editBytes(bytes, edits);
    if (!("kind" in edited) && edited.isChanged) {
      const outcome = await replaceFile(original, edited.bytes, context);
      return outcome === "replaced" ? resultOf(edited) : outcome;
    }
    // What somebody is writing at this moment says nothing yet.
    const lease = system.lease(handle.fd);
    if (lease === "busy") return "held";
    const isAsRead = (await isUnwritten(original)) && (await readTag(path)) === tagOf(stats);
    if (lease !== "none") lease.release();
    if (!isAsRead) return "changed";
    if (!("kind" in edited)) return resultOf(edited);
    const { kind, message } = edited;
    throw new EditRefusal(kind, message, lease === "none" ? { doubt: tagOf(stats) } : {});
  } finally {
    await handle.close();
  }
}

type EditedBytes = EditedText & { readonly bytes: Uint8Array };

function resultOf({ isChanged, bytes, leftovers, how }: EditedBytes): EditedFile {
  return { isChanged, bytes, leftovers, isReflowed: how === "reflow" };
}

function editBytes(
  bytes: Uint8Array,
  edits: readonly ResourceEdit[],
): EditedBytes | { readonly kind: "invalid" | "gone"; readonly message: string } {
  const text = readText(bytes);
  let missing: string | undefined;
  const plan = (documents: readonly unknown[]): readonly DocumentEdit[] =>
    edits.flatMap(({ kind, name, changes }) => {
      const document = findDocument(documents, kind, name);
      const value = documents[document];
      if (isMapping(value)) {
        return [{ document, changes: typeof changes === "function" ? changes(value) : changes }];
      }
      missing ??= `has no ${kind} "${name}"`;
      return [];
    });
  const edited = typeof text === "string" ? editDocuments(text, plan) : text;
  if (missing !== undefined) return { kind: "gone", message: missing };
  if ("message" in edited) {
    const { line, column, message } = edited;
    return { kind: "invalid", message: line === 0 ? message : `line ${line}, column ${column}: ${message}` };
  }
  if (!edited.isChanged) return { ...edited, bytes };
  // `readText` takes a byte order mark away.
  const isMarked = UTF8_BOM.equals(bytes.subarray(0, UTF8_BOM.length));
  return { ...edited, bytes: Buffer.concat([...(isMarked ? [UTF8_BOM] : []), Buffer.from(edited.text)]) };
}

function findDocument(documents: readonly unknown[], kind: Kind, name: string): number {
  return documents.findIndex(
    (value) =>
      valueAt(value, ["apiVersion"]) === API_VERSION &&
      valueAt(value, ["kind"]) === kind &&
      valueAt(value, ["metadata", "name"]) === name,
  );
}

async function resolve(link: string): Promise<string> {
  try {
    return await realpath(link);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR"))
      throw new EditRefusal("gone", "is not there", { cause: error, doubt: "absent" });
    throw new EditRefusal("refused", causeOf(error), { cause: error });
  }
}
