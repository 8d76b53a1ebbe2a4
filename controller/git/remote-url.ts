import type { GitCredential } from "../api/credential.ts";
import { ReconcileError } from "../api/errors.ts";
import { parseRepoURL, type RepoURL } from "../api/repo-url.ts";
import { sha256 } from "../lib/hash.ts";
import type { Remote } from "./git.ts";

const ID_LENGTH = 32;

/**
 * The remote at this URL, read with the credential of the Secret of this name. Any text will do for a URL; what cannot be
 * read is told when it is read. The id does not depend on what the Secret holds.
 */
export function remoteOf(url: string, secretName?: string, credential?: GitCredential): Remote {
  const identity = secretName === undefined ? url : `${url}\n${secretName}`;
  return { id: sha256(identity).slice(0, ID_LENGTH), url, ...(credential && { credential }) };
}

/** `host:port` of the remote, by which places are shared out; `local` for a repository on this machine. */
export function hostOf(url: string): string {
  if (isLocal(url)) return "local";
  const parsed = parseRepoURL(url, { allowFileRepos: true });
  return "repo" in parsed ? `${parsed.repo.host}:${parsed.repo.port}` : url;
}

/** The remote's parts, its URL as libgit2 wants it. Throws ReconcileError for what cannot, or must not, be read. */
export function requireReadable(url: string): RepoURL {
  const local = { scheme: "file", host: "", port: 0 } as const;
  if (url.startsWith("/")) return { ...local, url: `file://${url.replaceAll("%", "%25")}` }; // libgit2 decodes URLs
  if (url.startsWith("file:///")) return { ...local, url };
  const parsed = parseRepoURL(url, { allowFileRepos: false });
  if ("repo" in parsed) return parsed.repo;
  // What stands before an @ may be a password, also where there is no scheme.
  const shown = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
  throw new ReconcileError(`Cannot read "${shown}": its URL ${parsed.fault}`, {
    reason: "InvalidURL",
    terminal: true,
  });
}

function isLocal(url: string): boolean {
  return url.startsWith("/") || url.startsWith("file:");
}
