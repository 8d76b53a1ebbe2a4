/** A Secret made of what a command line names: files, the standard input, and where a person wants that, texts. */
import { basename } from "node:path";
import { API_VERSION } from "../api/application.ts";
import { formatPath } from "../api/field-fault.ts";
import { checkSecret } from "../api/secret-schema.ts";
import { SECRET_TYPES, type Secret, type SecretType } from "../api/secret.ts";
import { dockerConfigOf } from "../secret/docker-config.ts";
import { gitCredentialOf } from "../secret/git-credential.ts";
import { NO_KEYS, type Keyring } from "../secret/keyring.ts";
import { openSecret } from "../secret/opened-secret.ts";
import { CommandError, UsageError } from "./errors.ts";
import { readInputFile } from "./input-file.ts";
import type { Terminal } from "./terminal.ts";

/** Flags as commander reads them. */
export interface PartFlags {
  readonly type?: string;
  readonly fromLiteral?: readonly string[];
  readonly fromFile?: readonly string[];
  readonly sshKey?: string;
  readonly knownHosts?: string;
  readonly passphraseFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  readonly dockerConfig?: string;
}

/** One value, and where it comes from. */
interface Part {
  readonly field: string;
  readonly flag: string;
  readonly source: { readonly text: string } | { readonly file: string };
  /** The type that the flag is for. */
  readonly type?: SecretType;
}

/** Flags that name a file for one field. */
const FILES = [
  ["sshKey", "--ssh-key", "ssh-privatekey", "kubernetes.io/ssh-auth"],
  ["knownHosts", "--known-hosts", "known_hosts", "kubernetes.io/ssh-auth"],
  ["passphraseFile", "--passphrase-file", "passphrase", "kubernetes.io/ssh-auth"],
  ["passwordFile", "--password-file", "password", "kubernetes.io/basic-auth"],
  ["tokenFile", "--token-file", "token", "conops.dev/bearer-token"],
  ["dockerConfig", "--docker-config", ".dockerconfigjson", "kubernetes.io/dockerconfigjson"],
] as const satisfies readonly (readonly [keyof PartFlags, string, string, SecretType])[];

/** Flags whose value is a line. */
const LINES: readonly string[] = ["--passphrase-file", "--password-file", "--token-file"];

/** Whether any part of a Secret is given: else the command is about a manifest. */
export function hasParts(flags: PartFlags): boolean {
  return partsOf(flags).length > 0;
}

/**
 * The Secret, written plain, in memory only. Throws UsageError for flags that do not go together, CommandError for a file that
 * cannot be read and for a key or credential that nothing could use.
 */
export async function readParts(terminal: Terminal, name: string, flags: PartFlags): Promise<Secret> {
  const parts = partsOf(flags);
  const type = typeOf(flags.type, parts);
  const fromInput = parts.filter(({ source }) => "file" in source && source.file === "-");
  if (fromInput.length > 1) {
    throw new UsageError(
      `Cannot read ${fromInput.map(({ flag }) => flag).join(" and ")} from the standard input: it can be read once`,
    );
  }
  const data = new Map<string, string>();
  for (const { field, source, flag } of parts) {
    if (data.has(field))
      throw new UsageError(`Cannot use ${flag}: the field ${JSON.stringify(field)} is given twice`);
    const bytes = await readValue(terminal, source);
    const isLineEnded = bytes.at(-1) === NEWLINE && bytes.indexOf(NEWLINE) === bytes.length - 1;
    if (isLineEnded && flag === "--from-file") {
      terminal.err(
        `Warning: the value of ${JSON.stringify(field)} ends with a line break, which is a part of it (printf writes none).\n`,
      );
    }
    // Editors and `echo` end a password by one; no password has one.
    const value = isLineEnded && LINES.includes(flag) ? bytes.subarray(0, -1) : bytes;
    data.set(field, value.toString("base64"));
  }
  const document = {
    apiVersion: API_VERSION,
    kind: "Secret",
    metadata: { name },
    type,
    data: Object.fromEntries(data),
  };
  const checked = checkSecret(document);
  if ("faults" in checked) {
    const faults = checked.faults.map(({ path, message }) => `${formatPath(path)}: ${message}`);
    throw new UsageError(`Cannot make the Secret: ${faults.join("; ")}`);
  }
  const why = useFault(checked.secret, NO_KEYS);
  if (why !== undefined) throw new CommandError(`Cannot make the Secret: ${why}`);
  return checked.secret;
}

/** Why nothing could use the Secret for what its type is for. */
export function useFault(secret: Secret, keyring: Keyring): string | undefined {
  if (secret.type === "Opaque") return undefined;
  const opened = openSecret(secret, keyring);
  const read =
    secret.type === "kubernetes.io/dockerconfigjson" ? dockerConfigOf(opened) : gitCredentialOf(opened);
  return read.kind === "fault" ? read.message : undefined;
}

const NEWLINE = 0x0a;

async function readValue(terminal: Terminal, source: Part["source"]): Promise<Buffer> {
  return "text" in source ? Buffer.from(source.text) : readInputFile(terminal, source.file);
}

function partsOf(flags: PartFlags): readonly Part[] {
  const parts: Part[] = [];
  for (const [name, flag, field, type] of FILES) {
    const file = flags[name];
    if (file !== undefined) parts.push({ field, flag, source: { file }, type });
  }
  if (flags.username !== undefined) {
    const source = { text: flags.username };
    parts.push({ field: "username", flag: "--username", source, type: "kubernetes.io/basic-auth" });
  }
  for (const text of flags.fromLiteral ?? []) {
    const [field, value] = splitPair(text);
    if (field === undefined || value === undefined) {
      throw new UsageError("Cannot use --from-literal: expected FIELD=VALUE");
    }
    parts.push({ field, flag: "--from-literal", source: { text: value } });
  }
  for (const text of flags.fromFile ?? []) {
    const [field, file] = splitPair(text);
    if (field === undefined && text === "-") {
      throw new UsageError("Cannot use --from-file -: name the field for the standard input, FIELD=-");
    }
    parts.push({ field: field ?? basename(text), flag: "--from-file", source: { file: file ?? text } });
  }
  return parts;
}

/** `[undefined, undefined]` without a name and a sign of equality. */
function splitPair(text: string): readonly [string | undefined, string | undefined] {
  const at = text.indexOf("=");
  return at <= 0 ? [undefined, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function typeOf(wanted: string | undefined, parts: readonly Part[]): SecretType {
  const type = SECRET_TYPES.find((each) => each === wanted);
  if (wanted !== undefined && type === undefined) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(wanted)} for --type: expected ${SECRET_TYPES.join(", ")}`,
    );
  }
  // Opaque takes any field: a Receiver's token, for example.
  if (type === "Opaque") return type;
  const meant = parts.filter((part) => part.type !== undefined);
  const [first] = meant;
  const expected = type ?? first?.type ?? "Opaque";
  const other = meant.find((part) => part.type !== expected);
  if (other === undefined) return expected;
  throw new UsageError(
    type === undefined
      ? `Cannot use ${first?.flag} and ${other.flag} together: they make Secrets of different types`
      : `Cannot use ${other.flag} with --type ${type}: it makes a Secret of type ${other.type}`,
  );
}
