/** `conops seal`: plain Secrets become Secrets that are safe to commit. */
import { basename, dirname } from "node:path";
import { stringify } from "yaml";
import { API_VERSION, formatFault } from "../api/application.ts";
import { isResourceName } from "../api/metadata.ts";
import { checkSecret } from "../api/secret-schema.ts";
import type { Secret } from "../api/secret.ts";
import { EditError } from "../edit/edit-error.ts";
import { editManifestFile } from "../edit/edit-file.ts";
import { editDocuments } from "../edit/edit-manifest.ts";
import type { SealingKey } from "../lib/aead.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { trackingOf } from "../registry/git-tracking.ts";
import { parseManifests } from "../registry/parse.ts";
import { firstKey, type Keyring } from "../secret/keyring.ts";
import { plainFields, planSealing, type SealingEdit } from "../secret/seal-plan.ts";
import { sealValue } from "../secret/sealed-value.ts";
import { oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { CommandError, UsageError } from "./errors.ts";
import { readInputFile } from "./input-file.ts";
import { writeSecrets } from "./output-file.ts";
import { readParts, useFault, type PartFlags } from "./seal-parts.ts";

export interface SealManifestOptions {
  /** Of the file, or `-`. */
  readonly path: string;
  /** The first of its keys seals. */
  readonly keyring: Keyring;
  /** A file to write, whole or not at all; default: the standard output. */
  readonly output?: string | undefined;
}

type Context = Pick<CommandContext, "terminal" | "clock">;

/** Prints a sealed Secret of these parts, or writes it to a file. Throws CommandError and UsageError. */
export async function sealParts(
  { terminal, clock }: Context,
  options: Omit<SealManifestOptions, "path"> & { readonly name: string; readonly flags: PartFlags },
): Promise<void> {
  const { name, type, fields } = await readParts(terminal, options.name, options.flags);
  const key = requireKey(options.keyring);
  const now = clock.now();
  const sealedData: Record<string, string> = {};
  for (const [field, written] of Object.entries(fields)) {
    if (written.form !== "plain") continue;
    const bytes = Buffer.from(written.text, "base64");
    sealedData[field] = sealValue(key, { kind: "Secret", name, field }, bytes, now);
  }
  const document = { apiVersion: API_VERSION, kind: "Secret", metadata: { name }, type, sealedData };
  const text = stringify(document, { lineWidth: 0 });
  const secrets = requireSecrets("the Secret", Buffer.from(text), terminal, options.keyring);
  await put(text, secrets, options.output, terminal);
}

/** Prints a manifest with every Secret in it sealed, and the rest as it was, or writes it to a file. Throws CommandError. */
export async function sealManifest(
  { terminal, clock }: Context,
  { path, keyring, output }: SealManifestOptions,
): Promise<void> {
  const key = requireKey(keyring);
  const bytes = await readInputFile(terminal, path).catch((error: unknown) => {
    const isName = error instanceof CommandError && isErrno(error.cause, "ENOENT") && isResourceName(path);
    if (!isName) throw error;
    throw new CommandError(
      `${error.message}; for a new Secret of that name, give its values (--from-file and others)`,
    );
  });
  const name = titleOf(path);
  const secrets = requireSecrets(path, bytes, terminal, keyring);
  const edits = [...secrets].map(([document, secret]) => ({
    document,
    changes: planSealing(secret, key, clock.now()),
  }));
  const edited = editDocuments(bytes.toString("utf8"), edits);
  if ("message" in edited) {
    throw new CommandError(`Cannot seal ${name}: line ${edited.line}: ${edited.message}`);
  }
  // What is printed is meant to be committed.
  const [left] = edited.leftovers;
  if (left !== undefined) {
    throw new CommandError(
      `Cannot seal ${name}: the comment on line ${left.line} repeats a value: take it out first`,
    );
  }
  const sealed = requireSecrets(path, Buffer.from(edited.text), terminal, keyring);
  await put(edited.text, sealed, output, terminal);
  if (!edited.isChanged) terminal.err("Everything was sealed already.\n");
}

/** Seals every Secret of a file where it is, and says what it did. Throws CommandError. */
export async function sealInPlace(
  { terminal, clock }: Context,
  { path, keyring }: SealManifestOptions,
): Promise<void> {
  const key = requireKey(keyring);
  const bytes = await readInputFile(terminal, path);
  const secrets = [...requireSecrets(path, bytes, terminal, keyring).values()];
  try {
    const edited = await editManifestFile(
      {
        dir: dirname(path),
        file: basename(path),
        clock,
        edits: secrets.map(({ name }) => ({
          kind: "Secret",
          name,
          changes: (document) => changesOf(document, key, clock.now()),
        })),
      },
      new AbortController().signal,
    );
    for (const secret of secrets) {
      const fields = plainFields(secret);
      const done =
        fields.length === 0 ? "was sealed already" : `sealed ${fields.join(", ")} by key ${key.id}`;
      terminal.out(`${path}: Secret ${secret.name}: ${done}\n`);
    }
    const isPlainInGit = edited.isChanged && (await trackingOf(path)) === "tracked";
    if (isPlainInGit) {
      terminal.err(
        `Warning: Git tracks ${path}: commit it, and change the values, since the history keeps the plain ones.\n`,
      );
    }
    for (const { line } of edited.leftovers) {
      terminal.err(`Warning: ${path}:${line}: this comment repeats a value that was sealed: take it out.\n`);
    }
  } catch (error) {
    if (error instanceof EditError) throw new CommandError(oneLine(error.message), { cause: error });
    throw error;
  }
}

async function put(
  text: string,
  secrets: ReadonlyMap<number, Secret>,
  output: string | undefined,
  terminal: Context["terminal"],
): Promise<void> {
  if (output === undefined) return terminal.out(text);
  const names = [...secrets.values()].map(({ name }) => name);
  await writeSecrets(output, text, names);
  terminal.out(`${output}: ${names.map((name) => `Secret ${name}`).join(", ")}\n`);
}

/** The key that seals. Throws UsageError when there is none. */
export function requireKey(keyring: Keyring): SealingKey {
  const key = firstKey(keyring);
  if (key !== undefined) return key;
  throw new UsageError(
    'No encryption key: name a file of keys by --encryption-key-file ("conops key generate --output FILE" makes one)',
  );
}

function changesOf(document: unknown, key: SealingKey, now: number): readonly SealingEdit[] {
  const checked = checkSecret(document);
  return "faults" in checked ? [] : planSealing(checked.secret, key, now);
}

function titleOf(path: string): string {
  return path === "-" ? "the standard input" : JSON.stringify(path);
}

/** The Secrets of a manifest file, by the number of their document. Prints what is wrong, and throws CommandError then. */
function requireSecrets(
  path: string,
  bytes: Uint8Array,
  terminal: Context["terminal"],
  keyring: Keyring,
): ReadonlyMap<number, Secret> {
  const name = titleOf(path);
  const { documents } = parseManifests(path === "-" ? "<stdin>" : path, bytes, { allowFileRepos: true });
  const faults = documents.flatMap((found) => (found.kind === "invalid" ? found.faults : []));
  for (const fault of faults) terminal.err(`${oneLine(formatFault(fault))}\n`);
  if (faults.length > 0) throw new CommandError(`Cannot seal ${name}: it is not valid`);
  const secrets = new Map<number, Secret>();
  for (const found of documents) {
    if (found.kind === "resource" && found.resource.kind === "Secret") {
      secrets.set(found.document, found.resource);
    }
  }
  if (secrets.size === 0) throw new CommandError(`Cannot seal ${name}: it holds no Secret`);
  for (const secret of secrets.values()) {
    const why = plainFields(secret).length > 0 ? useFault(secret, keyring) : undefined;
    if (why !== undefined) terminal.err(`Warning: ${oneLine(why)}\n`);
  }
  return secrets;
}
