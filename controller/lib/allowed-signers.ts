/** The `allowed_signers` file of OpenSSH (ssh-keygen(1)): who may sign, with which key, for what, and when. */
import { matchesPatternList } from "./pattern-list.ts";
import { parsePublicKey, type SshPublicKey } from "./ssh-public-key.ts";
import { decodeBase64, SshFault } from "./ssh-wire.ts";

export interface AllowedSigner {
  /** 1-based. */
  readonly line: number;
  /** The names as written: `ada@example.com,ada@example.org`. */
  readonly principals: string;
  readonly key: SshPublicKey;
  /** A pattern list; without it, the key may sign anything. */
  readonly namespaces?: string;
  /** Unix seconds, both included. */
  readonly validAfter?: number;
  readonly validBefore?: number;
}

export interface SignedWith {
  /** The `blob` of its key. */
  readonly blob: Buffer;
  readonly namespace: string;
  /** When it was signed, Unix seconds. */
  readonly signedAt: number;
}

export type SignerVerdict =
  | { readonly kind: "allowed"; readonly signer: AllowedSigner }
  /** `why` goes on after "the key": `is not listed`. `signer` is the line that comes nearest. */
  | { readonly kind: "refused"; readonly why: string; readonly signer?: AllowedSigner };

/**
 * Every signer of the file. Throws SshFault with the number of the first line that is not understood in full, since a line that
 * was passed over might be one that a person relies on; certificates are not supported. Times without `Z` are local, as OpenSSH
 * reads them.
 */
export function parseAllowedSigners(text: string): readonly AllowedSigner[] {
  const signers: AllowedSigner[] = [];
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const content = written.replace(/^[ \t]+/, "");
    if (content === "" || content.startsWith("#")) continue;
    try {
      signers.push(parseLine(content, index + 1));
    } catch (error) {
      if (!(error instanceof SshFault)) throw error;
      throw new SshFault(`line ${index + 1}: ${error.message}`, { cause: error });
    }
  }
  if (signers.length === 0) throw new SshFault("it names no signer");
  return signers;
}

/** Whether a signature counts. A key may stand on several lines: one that allows it is enough. */
export function judgeSigner(
  signers: readonly AllowedSigner[],
  { blob, namespace, signedAt }: SignedWith,
): SignerVerdict {
  let verdict: SignerVerdict = { kind: "refused", why: "is not listed" };
  for (const signer of signers) {
    if (!signer.key.blob.equals(blob)) continue;
    const why = whyRefused(signer, namespace, signedAt);
    if (why === undefined) return { kind: "allowed", signer };
    verdict = { kind: "refused", why: `${why} (line ${signer.line})`, signer };
  }
  return verdict;
}

function whyRefused(signer: AllowedSigner, namespace: string, signedAt: number): string | undefined {
  const { namespaces, validAfter, validBefore } = signer;
  if (namespaces !== undefined && !matchesPatternList(namespace, namespaces)) {
    return `may not sign for the namespace "${namespace}"`;
  }
  if (validAfter !== undefined && signedAt < validAfter) return "was not valid yet when it signed";
  if (validBefore !== undefined && signedAt > validBefore) return "was not valid any more when it signed";
  return undefined;
}

/** `principals [options] key-type base64 [comment]`. */
function parseLine(line: string, number: number): AllowedSigner {
  const principals = /^(?:"(?<quoted>[^"]*)"|(?<plain>[^\s"]+))(?:[ \t]+|$)/.exec(line);
  if (principals === null) throw new SshFault("the principals are not well quoted");
  const names = principals.groups?.["quoted"] ?? principals.groups?.["plain"] ?? "";
  if (names === "") throw new SshFault("the principals are empty");
  let rest = line.slice(principals[0].length);
  let options: Options = {};
  if (!KEY_TYPE.test(rest)) {
    const written = /^(?:"(?:\\.|[^"\\])*"|[^ \t"])*/.exec(rest)?.[0] ?? "";
    rest = rest.slice(written.length);
    if (written === "") throw new SshFault("the key is missing");
    if (rest !== "" && !/^[ \t]/.test(rest)) throw new SshFault("its options are not well quoted");
    options = parseOptions(written);
    rest = rest.replace(/^[ \t]+/, "");
  }
  return { line: number, principals: names, key: parseKey(rest), ...options };
}

/** What no option is called. */
const KEY_TYPE = /^(?:ssh-|sk-|ecdsa-|rsa-|webauthn-)/;

function parseKey(text: string): SshPublicKey {
  const [type = "", base64 = ""] = text.split(/[ \t]+/);
  if (type === "") throw new SshFault("the key is missing");
  if (base64 === "") throw new SshFault(`the key after ${JSON.stringify(type)} is missing`);
  const key = parsePublicKey(decodeBase64(base64, "the key"));
  if (key.type !== type)
    throw new SshFault(`the key is of the type "${key.type}", not ${JSON.stringify(type)}`);
  return key;
}

type Options = Partial<Pick<AllowedSigner, "namespaces" | "validAfter" | "validBefore">>;

function parseOptions(text: string): Options {
  const found = new Map<string, string>();
  let rest = text;
  for (;;) {
    const option = /^(?<name>[\w-]+)(?:=(?:"(?<value>(?:\\.|[^"\\])*)"|(?<bare>[^,]*)))?/.exec(rest);
    const name = (option?.groups?.["name"] ?? "").toLowerCase();
    if (name === "cert-authority")
      throw new SshFault("cert-authority is not supported: list the keys themselves");
    if (option === null || !OPTIONS.includes(name)) {
      const shown = JSON.stringify(/^[^=,]*/.exec(rest)?.[0] ?? "");
      throw new SshFault(`the option ${shown} is not known; there are ${OPTIONS.join(", ")}`);
    }
    const value = option.groups?.["value"]?.replaceAll('\\"', '"');
    if (value === undefined) throw new SshFault(`the option ${name} needs a value in double quotes`);
    if (found.has(name)) throw new SshFault(`the option ${name} is there twice`);
    found.set(name, value);
    rest = rest.slice(option[0].length);
    if (rest === "") break;
    if (!rest.startsWith(",") || rest === ",")
      throw new SshFault(`the option ${name} is followed by something else`);
    rest = rest.slice(1);
  }
  const namespaces = found.get("namespaces");
  const validAfter = parseTime("valid-after", found.get("valid-after"));
  const validBefore = parseTime("valid-before", found.get("valid-before"));
  if (validAfter !== undefined && validBefore !== undefined && validBefore <= validAfter) {
    throw new SshFault("valid-before is not later than valid-after");
  }
  return {
    ...(namespaces !== undefined && { namespaces }),
    ...(validAfter !== undefined && { validAfter }),
    ...(validBefore !== undefined && { validBefore }),
  };
}

const OPTIONS: readonly string[] = ["namespaces", "valid-after", "valid-before"];

/** `YYYYMMDD[HHMM[SS]][Z]`, as Unix seconds. */
function parseTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parts = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/i.exec(text);
  const [, year, month, day, hours = "00", minutes = "00", seconds = "00", zone = ""] = parts ?? [];
  const written = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  const ms = Date.parse(`${written}${zone.toUpperCase()}`);
  // Date takes the 31st of a month with 30 days for the first of the next.
  const isDay = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  if (parts === null || Number.isNaN(ms) || !isDay) {
    throw new SshFault(
      `${name} must be a time such as "20260131", or "202601311200Z", not ${JSON.stringify(text)}`,
    );
  }
  return ms / 1000;
}
