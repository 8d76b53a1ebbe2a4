/**
 * `conops rollback`: pins a commit in the manifest, by an edit of the lines that say what is followed, and undoes that. Needs
 * no controller: the edit takes effect as any other does.
 */
import { join } from "node:path";
import { isMap, isScalar, parseAllDocuments, stringify } from "yaml";
import { formatFault, type ManifestDocument } from "../api/application.ts";
import type { HistoryEntry } from "../api/status.ts";
import { EditError } from "../edit/edit-error.ts";
import { editManifestFile } from "../edit/edit-file.ts";
import { editManifest } from "../edit/edit-manifest.ts";
import { readRegistryFile } from "../registry/files.ts";
import { trackingOf } from "../registry/git-tracking.ts";
import { parseManifests } from "../registry/parse.ts";
import type { ManifestPlace } from "../registry/registry.ts";
import { oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { warnWithoutController } from "./controller-running.ts";
import { CommandError } from "./errors.ts";
import { createFolderReader } from "./folder.ts";
import { applicationStatus, type Resource } from "./resource.ts";
import { chooseRevision } from "./rollback-choice.ts";
import { whatStays } from "./rollback-differences.ts";
import { describeRevision, pinChanges, undoChanges } from "./rollback-edit.ts";
import { followRevision } from "./rollback-wait.ts";
import { parseApplications, select } from "./selection.ts";

export interface RollbackOptions {
  readonly name: string;
  /** The id of a commit, or the beginning of one in the history. */
  readonly to?: string | undefined;
  readonly undo: boolean;
  /** Says what would be edited, and edits nothing. */
  readonly dryRun: boolean;
  /** How long to follow it until its gate; undefined does not wait. */
  readonly waitMs: number | undefined;
  readonly output: "text" | "json" | "yaml";
}

/** Edits the manifest, and says what that does and does not bring back. Throws CommandError and UsageError. */
export async function rollback(context: CommandContext, options: RollbackOptions): Promise<void> {
  const { manifestsDir, terminal } = context;
  const selection = {
    kinds: ["Application"],
    names: parseApplications([options.name], "roll back"),
  } as const;
  const [resource] = select(await createFolderReader(manifestsDir).read(), selection, manifestsDir);
  if (resource === undefined) throw new CommandError(`No Application "${options.name}"`);
  const { place, manifest } = requireManifest(resource);
  const { name } = resource;
  const { sha, entry } = options.undo
    ? { sha: undefined, entry: undefined }
    : chooseRevision(name, applicationStatus(resource), options.to);
  const text = await readText(manifestsDir, place);
  const isQuoted = isRevisionQuoted(text, place);
  const changesOf = (document: Readonly<Record<string, unknown>>): ReturnType<typeof pinChanges> => {
    const changes = sha === undefined ? undoChanges(document) : pinChanges(document, sha, isQuoted);
    if (typeof changes === "string")
      throw new CommandError(`Cannot undo the rollback of ${name}: ${changes}`);
    return changes;
  };
  const before = describeRevision(manifest);
  const preview = previewOf(text, place, name, changesOf(manifest));
  const isChanged = options.dryRun ? preview.isChanged : await edit(context, place, name, changesOf);
  const after = describeRevision(preview.manifest);
  const stays = sha === undefined ? [] : whatStays(resource, entry, context.clock.now());
  if (options.output === "text") {
    terminal.out(oneLine(sentence({ name, before, after, isChanged, dryRun: options.dryRun })) + "\n");
    if (options.dryRun) terminal.out(preview.lines.join(""));
    for (const line of stays) terminal.out(`  ${oneLine(line)}\n`);
    if (isChanged && !options.dryRun && sha !== undefined)
      terminal.out(`Undo it with: conops rollback ${name} --undo\n`);
  } else {
    const said = {
      name,
      file: place.file,
      from: before,
      to: after,
      changed: isChanged,
      dryRun: options.dryRun,
      stays,
    };
    terminal.out(
      options.output === "json" ? `${JSON.stringify(said, null, 2)}\n` : stringify(said, { lineWidth: 0 }),
    );
  }
  warnOf(resource, entry, context);
  if (options.dryRun) return;
  if (isChanged && (await trackingOf(join(manifestsDir, place.file))) === "tracked")
    terminal.err(`Git tracks ${place.file}: committing the edit is up to you.\n`);
  await warnWithoutController(context);
  if (options.waitMs !== undefined) await followRevision(context, { name, sha, timeoutMs: options.waitMs });
}

function sentence(said: {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly isChanged: boolean;
  readonly dryRun: boolean;
}): string {
  const { name, before, after, isChanged, dryRun } = said;
  if (!isChanged) return `${name}: follows ${after} already`;
  return `${name}: ${dryRun ? "would follow" : "follows"} ${after} instead of ${before}`;
}

/** What the controller will not do at once, and what is known against the commit. */
function warnOf(
  { name, manifest }: Resource,
  entry: HistoryEntry | undefined,
  { terminal }: Pick<CommandContext, "terminal">,
): void {
  const spec = (manifest as { readonly spec?: Readonly<Record<string, unknown>> } | undefined)?.spec;
  const sync = spec?.["sync"] as Readonly<Record<string, unknown>> | undefined;
  if (entry?.result === "Failed")
    terminal.err(`Warning: ${entry.revision.slice(0, 10)} failed here before: ${oneLine(entry.reason)}\n`);
  if (spec?.["suspend"] === true)
    terminal.err(`Warning: ${name} is suspended: this takes effect with suspend: false.\n`);
  else if (spec?.["state"] === "Stopped")
    terminal.err(`Warning: ${name} is stopped: this takes effect with state: Running.\n`);
  else if (sync?.["automated"] === false)
    terminal.err(`Warning: ${name} is not automated: this takes effect with: conops sync ${name}\n`);
}

function requireManifest({ name, place, manifest, faults }: Resource): {
  readonly place: ManifestPlace;
  readonly manifest: ManifestDocument;
} {
  const [fault] = faults;
  if (place !== undefined && manifest !== undefined && fault === undefined) return { place, manifest };
  throw new CommandError(
    place === undefined
      ? `Cannot roll back ${name}: no manifest declares it any more`
      : `Cannot roll back ${name}: its manifest is not valid: ${fault === undefined ? place.file : oneLine(formatFault(fault))}`,
  );
}

async function readText(manifestsDir: string, { file }: ManifestPlace): Promise<string> {
  const read = await readRegistryFile(manifestsDir, file);
  if (read.kind === "read") return Buffer.from(read.bytes).toString("utf8");
  return refuseEdit(file, read.kind === "unreadable" ? read.message : "it is not there");
}

/** So that an undoing can write it as it stood there. */
function isRevisionQuoted(text: string, { document }: ManifestPlace): boolean {
  const revision = parseAllDocuments(text)[document]?.getIn(["spec", "source", "revision"]);
  const [entry] = isMap(revision) ? revision.items : [];
  return (
    isScalar(entry?.value) && (entry.value.type === "QUOTE_DOUBLE" || entry.value.type === "QUOTE_SINGLE")
  );
}

function refuseEdit(file: string, why: string): never {
  throw new CommandError(oneLine(`Cannot edit ${JSON.stringify(file)}: ${why}`));
}

interface Preview {
  readonly isChanged: boolean;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The lines that change, as `diff` shows them. */
  readonly lines: readonly string[];
}

/** What the edit would make of the file as it is now. Throws CommandError where that would not be valid. */
function previewOf(
  text: string,
  { file, document }: ManifestPlace,
  name: string,
  changes: ReturnType<typeof pinChanges>,
): Preview {
  const refuse = (why: string): never => refuseEdit(file, why);
  const edited = editManifest(text, document, changes);
  if ("message" in edited) return refuse(`line ${edited.line}: ${edited.message}`);
  const { documents } = parseManifests(file, Buffer.from(edited.text), { allowFileRepos: true });
  const found = documents.find((one) => one.document === document);
  if (found?.kind !== "resource") {
    const [fault] = found?.kind === "invalid" ? found.faults : [];
    return refuse(
      `${name} would not be valid afterwards${fault === undefined ? "" : `: ${formatFault(fault)}`}`,
    );
  }
  return {
    isChanged: edited.isChanged,
    manifest: found.resource.manifest,
    lines: changedLines(text, edited.text),
  };
}

/** Edits are few lines: what is the same before and after them is left out. */
function changedLines(before: string, after: string): readonly string[] {
  const [old, now] = [before, after].map((text) => text.split("\n"));
  if (old === undefined || now === undefined) return [];
  const lines: string[] = [];
  let at = 0;
  for (const line of now) {
    const same = old.indexOf(line, at);
    if (same >= 0) {
      lines.push(...old.slice(at, same).map((gone) => `-${gone}\n`));
      at = same + 1;
    } else lines.push(`+${line}\n`);
  }
  return [...lines, ...old.slice(at).map((gone) => `-${gone}\n`)].map((line) => `${oneLine(line)}\n`);
}

async function edit(
  { manifestsDir, clock }: CommandContext,
  { file }: ManifestPlace,
  name: string,
  changes: (document: Readonly<Record<string, unknown>>) => ReturnType<typeof pinChanges>,
): Promise<boolean> {
  try {
    const { isChanged } = await editManifestFile(
      { dir: manifestsDir, file, clock, edits: [{ kind: "Application", name, changes }] },
      new AbortController().signal,
    );
    return isChanged;
  } catch (error) {
    if (error instanceof EditError) throw new CommandError(oneLine(error.message), { cause: error });
    throw error;
  }
}
