import { ReconcileError } from "../api/errors.ts";
import { sha256 } from "../lib/hash.ts";
import { redact } from "../lib/redact.ts";
import type { Remote } from "./git.ts";

const ID_LENGTH = 32;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443", "git:": "9418" };

/** The remote at this URL, read without credentials. Any text will do; what cannot be read is told when it is read. */
export function remoteOf(url: string): Remote {
  return { id: sha256(url).slice(0, ID_LENGTH), url };
}

/** `host:port` of the remote, by which places are shared out; `local` for a repository on this machine. */
export function hostOf(url: string): string {
  if (isLocal(url)) return "local";
  try {
    const { protocol, hostname, port } = new URL(url);
    return `${hostname}:${port === "" ? (DEFAULT_PORTS[protocol] ?? "") : port}`;
  } catch {
    return url;
  }
}

/** The URL as libgit2 wants it. Throws ReconcileError for what this version cannot, or must not, read. */
export function requireReadable(url: string): string {
  if (url.startsWith("/")) return `file://${url.replaceAll("%", "%25")}`; // libgit2 decodes URLs
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === "https" || scheme === "http" || scheme === "git" || scheme === "file") return url;
  const shown = redact(url);
  if (scheme === "ssh" || (scheme === undefined && /^[^/\s:]+:[^:]/.test(url))) {
    throw new ReconcileError(
      `Cannot read "${shown}": this version reads remotes without credentials, and SSH needs them`,
      { reason: "AuthenticationFailed", terminal: true },
    );
  }
  throw new ReconcileError(`Cannot read "${shown}": it is no URL of https, http, git or file`, {
    reason: "InvalidURL",
    terminal: true,
  });
}

function isLocal(url: string): boolean {
  return url.startsWith("/") || url.startsWith("file:");
}
