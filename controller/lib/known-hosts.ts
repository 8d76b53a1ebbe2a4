/**
 * OpenSSH's known_hosts format, read strictly: what is not understood is left out and told, never guessed. Understood are
 * host names and addresses, `[host]:port`, lists of them, hashed names, and `@revoked`.
 */
import { createHash, createHmac } from "node:crypto";

export interface HostKey {
  readonly type: string;
  /** Base64, exactly as it is written in such files. */
  readonly key: string;
}

export interface KnownHosts {
  readonly entries: readonly (HostKey & { readonly names: readonly string[] })[];
  /** Keys that must never be trusted, whatever host shows them. */
  readonly revoked: ReadonlySet<string>;
  /** Lines that are not used, and why; the first line is 1. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Longer ones do not fit into a line that libssh2 reads. */
const MAX_KEY_LENGTH = 3500;
const SSH_PORT = 22;
const HASHED = /^\|1\|([A-Za-z0-9+/]+={0,2})\|([A-Za-z0-9+/]{27}=)$/;
const NAME = /^(?:[a-z0-9_.:-]+|\[[a-z0-9_.:-]+\]:[0-9]{1,5})$/i;

/** How many strings the key of a type is made of, its type included. */
const PARTS: ReadonlyMap<string, number> = new Map([
  ["ssh-ed25519", 2],
  ["ecdsa-sha2-nistp256", 3],
  ["ecdsa-sha2-nistp384", 3],
  ["ecdsa-sha2-nistp521", 3],
  ["ssh-rsa", 3],
]);

export function parseKnownHosts(text: string): KnownHosts {
  const entries: KnownHosts["entries"][number][] = [];
  const revoked = new Set<string>();
  const problems: KnownHosts["problems"][number][] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const parsed = parseLine(line);
    if (typeof parsed === "string") problems.push({ line: index + 1, message: parsed });
    else if (parsed.isRevoked) revoked.add(parsed.key);
    else entries.push({ names: parsed.names, type: parsed.type, key: parsed.key });
  }
  return { entries, revoked, problems };
}

/** The keys that these lines name for exactly this host and port, revoked ones included; a bare name means port 22. */
export function keysOf(known: KnownHosts, host: string, port: number): readonly HostKey[] {
  const names = namesOf(host, port);
  const keys = new Map<string, HostKey>();
  for (const { names: patterns, type, key } of known.entries) {
    if (patterns.some((pattern) => matches(pattern, names))) keys.set(key, { type, key });
  }
  return [...keys.values()];
}

/** As `ssh-keygen -l` shows it. */
export function fingerprintOf({ key }: HostKey): string {
  return `SHA256:${createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace(/=+$/, "")}`;
}

interface Line extends HostKey {
  readonly isRevoked: boolean;
  readonly names: readonly string[];
}

/** The line, or what is wrong with it. */
function parseLine(line: string): Line | string {
  const fields = line.split(/[ \t]+/);
  const marker = fields[0]?.startsWith("@") === true ? fields.shift() : undefined;
  if (marker === "@cert-authority") return "certificate authorities (@cert-authority) are not supported";
  if (marker !== undefined && marker !== "@revoked") return "the marker is not known";
  const [hosts = "", type = "", key = ""] = fields;
  if (key === "") return "it is not of the form: HOST TYPE KEY";
  const fault = faultOfKey(type, key);
  if (fault !== undefined) return fault;
  const isRevoked = marker !== undefined;
  const names = hosts.toLowerCase().split(",");
  // A revoked key is revoked for all hosts, so that its patterns need not be understood.
  if (isRevoked) return { isRevoked, names, type, key };
  if (hosts.startsWith("|")) {
    return HASHED.test(hosts) ? { isRevoked, names: [hosts], type, key } : "its hashed name is damaged";
  }
  if (/[*?!]/.test(hosts)) return "patterns (*, ?, !) are not supported: name each host";
  return names.every((name) => NAME.test(name))
    ? { isRevoked, names, type, key }
    : "its host name is not one";
}

/** A key's first string repeats its type, and nothing follows its last one. */
function faultOfKey(type: string, key: string): string | undefined {
  const parts = PARTS.get(type);
  if (parts === undefined) return "keys of its type are not supported";
  if (key.length > MAX_KEY_LENGTH) return "its key is too long";
  const bytes = Buffer.from(key, "base64");
  if (bytes.toString("base64") !== key) return "its key is not base64";
  const strings: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const isWhole = at === bytes.length && strings.length === parts && strings[0]?.toString("latin1") === type;
  return isWhole ? undefined : "its key is damaged, or of another type than it says";
}

function namesOf(host: string, port: number): readonly string[] {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return port === SSH_PORT ? [name, `[${name}]:${port}`] : [`[${name}]:${port}`];
}

function matches(pattern: string, names: readonly string[]): boolean {
  const [, salt = "", hash] = HASHED.exec(pattern) ?? [];
  if (hash === undefined) return names.includes(pattern);
  const hashed = (name: string): string =>
    createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64");
  return names.some((name) => hashed(name) === hash);
}
