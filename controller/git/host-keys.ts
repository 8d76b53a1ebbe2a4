/** Which keys an SSH host may show. Nothing is ever learnt from the host itself. */
import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../api/errors.ts";
import { keysOf, parseKnownHosts, type HostKey, type KnownHosts } from "../lib/known-hosts.ts";
import type { Log } from "../lib/log.ts";
import { BUILTIN_KNOWN_HOSTS } from "./known-hosts-builtin.ts";

export interface SshHost {
  readonly host: string;
  readonly port: number;
}

/** The first source that names a host is the only one that speaks for it. */
export interface TrustedKeys {
  /** Who says so, as in "the keys of ⟨by⟩". */
  readonly by: string;
  /** None when all are revoked. */
  readonly keys: readonly HostKey[];
}

export interface KnownHostsSources {
  readonly secret?: KnownHosts;
  readonly file?: KnownHosts;
}

const builtin = parseKnownHosts(BUILTIN_KNOWN_HOSTS);

/** Undefined when nobody names this host and port. A key that anybody revokes is trusted by nobody. */
export function trustedKeysOf(
  { host, port }: SshHost,
  { secret, file }: KnownHostsSources,
): TrustedKeys | undefined {
  const sources = [
    { by: "known_hosts in the Secret", known: secret },
    { by: "the file of --known-hosts", known: file },
    { by: "ConOps's built-in list", known: builtin },
  ];
  const isRevoked = ({ key }: HostKey): boolean =>
    sources.some(({ known }) => known?.revoked.has(key) ?? false);
  for (const { by, known } of sources) {
    const named = known === undefined ? [] : keysOf(known, host, port);
    if (named.length > 0) return { by, keys: named.filter((key) => !isRevoked(key)) };
  }
  return undefined;
}

/** `[host]:port`, the form that libssh2 looks for first, and that names no other port. */
export function placeOf({ host, port }: SshHost): string {
  return `[${host.replace(/^\[(.*)\]$/, "$1")}]:${port}`;
}

/** What the worker writes for this host: one key a line. */
export function linesOf(place: string, keys: readonly HostKey[]): string {
  return keys.map(({ type, key }) => `${place} ${type} ${key}\n`).join("");
}

export async function readKnownHosts(path: string): Promise<KnownHosts> {
  return parseKnownHosts(await readFile(path, "utf8"));
}

/** The file of `--known-hosts`, read again whenever it changed. Rejects while it cannot be read. */
export function openKnownHostsFile(path: string, log: Log): () => Promise<KnownHosts> {
  let read: { readonly version: string; readonly known: KnownHosts } | undefined;
  return async () => {
    let version: string;
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(path);
      version = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
      if (read?.version === version) return read.known;
      read = { version, known: await readKnownHosts(path) };
    } catch (error) {
      throw new Error(`Cannot read the known hosts in ${JSON.stringify(path)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    for (const { line, message } of read.known.problems) {
      log.warn("a line of the known hosts is not used", { file: path, line, message });
    }
    return read.known;
  };
}
