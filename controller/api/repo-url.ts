/**
 * Which repository an Application follows. Nothing here ever repeats what might be a credential.
 */
import { posix } from "node:path";

export const REPO_SCHEMES = ["https", "http", "git", "ssh", "file"] as const;
export type RepoScheme = (typeof REPO_SCHEMES)[number];

export interface RepoURL {
  /** Normalised: scheme and host in lower case, no default port, no closing slash; a local path stays a path. */
  readonly url: string;
  readonly scheme: RepoScheme;
  /** Lower case; IPv6 in brackets; empty for file. */
  readonly host: string;
  /** The scheme's own port where the URL names none; 0 for file. */
  readonly port: number;
}

export interface RepoURLOptions {
  /** file: URLs and absolute local paths are allowed. */
  readonly allowFileRepos: boolean;
}

export type ParsedRepoURL = { readonly repo: RepoURL } | { readonly fault: string };

const DEFAULT_PORTS: Readonly<Record<RepoScheme, number>> = {
  https: 443,
  http: 80,
  git: 9418,
  ssh: 22,
  file: 0,
};
const CREDENTIALS = "must not hold credentials: put them into a Secret";
const EXAMPLE = "such as https://git.example.com/team/shop.git";

/** Takes apart and checks `text`: the repository, or what is wrong with it in words. */
export function parseRepoURL(text: string, options: RepoURLOptions): ParsedRepoURL {
  if (text === "") return { fault: `must not be empty: name a Git repository, ${EXAMPLE}` };
  if (/[\p{Cc}\p{White_Space}]/u.test(text))
    return { fault: "must not hold white space or control characters" };
  if (/%(?:[01][0-9a-f]|7f)/i.test(text)) return { fault: "must not hold encoded control characters" };
  if (text.startsWith("-")) return { fault: 'must not begin with "-"' };
  if (text.includes("\\")) return { fault: 'must not hold "\\": write "/" between the parts' };
  const transport = /^([A-Za-z0-9][A-Za-z0-9+.-]{0,30})::/.exec(text)?.[1];
  if (transport !== undefined)
    return { fault: `must not name the transport "${transport}::"; allowed are ${allowed(options)}` };

  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined)
    return text.startsWith("/") ? parseLocalPath(text, text, options) : parseShortForm(text, options);
  if (!isRepoScheme(scheme))
    return { fault: `must not have the scheme "${scheme.slice(0, 30)}"; allowed are ${allowed(options)}` };
  const rest = text.slice(scheme.length + 3);
  return scheme === "file" ? parseFileURL(rest, options) : parseRemoteURL(scheme, rest);
}

function parseRemoteURL(scheme: Exclude<RepoScheme, "file">, rest: string): ParsedRepoURL {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const path = end < 0 ? "" : rest.slice(end);
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? "" : authority.slice(0, at);
  const isUserOfSsh = scheme === "ssh" && /^[A-Za-z0-9._-]+$/.test(user) && !user.startsWith("-");
  if (at >= 0 && !isUserOfSsh) return { fault: CREDENTIALS };
  if (/[?#]/.test(path)) return { fault: "must not hold a query or fragment (? or #)" };

  const address = parseAddress(authority.slice(at + 1), DEFAULT_PORTS[scheme]);
  if ("fault" in address) return address;
  const repository = path.replace(/\/+$/, "");
  if (repository === "") return { fault: `names a host but no repository on it; write a URL ${EXAMPLE}` };
  const { host, port } = address;
  const shownPort = port === DEFAULT_PORTS[scheme] ? "" : `:${port}`;
  const url = `${scheme}://${user === "" ? "" : `${user}@`}${host}${shownPort}${repository}`;
  return { repo: { url, scheme, host, port } };
}

function parseAddress(text: string, defaultPort: number): { host: string; port: number } | { fault: string } {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]*)(?::(.*))?$/s.exec(text);
  const host = match?.[1]?.toLowerCase() ?? "";
  if (match === null) return { fault: "must name a host, and a port as a number" };
  if (host === "") return { fault: `must name a host, ${EXAMPLE}` };
  if (!host.startsWith("[") && !/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?$/.test(host)) {
    return { fault: 'must name a host of letters, digits, "-" and "."' };
  }
  const port = match[2] === undefined ? defaultPort : Number(/^[0-9]{1,5}$/.exec(match[2])?.[0]);
  if (!(port >= 1 && port <= 65_535)) return { fault: "must have a port between 1 and 65535, or none" };
  return { host, port };
}

/** `user@host:path`, ssh's short form. */
function parseShortForm(text: string, options: RepoURLOptions): ParsedRepoURL {
  const match = /^(?:([^@:/]+)@)?([^@:/]+):(.+)$/s.exec(text);
  if (match === null || /^[A-Za-z]:\//.test(text)) {
    // Only what cannot be a credential is repeated.
    const shown =
      text.includes("@") || !text.includes("/") || text.length > 60 ? "" : `, not ${JSON.stringify(text)}`;
    return text.includes("@") && text.includes(":")
      ? { fault: CREDENTIALS }
      : { fault: `must be ${allowed(options)}, ${EXAMPLE}${shown}` };
  }
  const [, user = "", hostText = "", path = ""] = match;
  if (path.includes("@") || (user !== "" && !/^[A-Za-z0-9._-]+$/.test(user))) return { fault: CREDENTIALS };
  if (/[?#]/.test(path)) return { fault: "must not hold a query or fragment (? or #)" };
  if (path.startsWith("-")) return { fault: 'must not have a path that begins with "-"' };
  const address = parseAddress(hostText, DEFAULT_PORTS.ssh);
  if ("fault" in address) return address;
  const url = `${user === "" ? "" : `${user}@`}${address.host}:${path}`;
  return { repo: { url, scheme: "ssh", host: address.host, port: address.port } };
}

function parseFileURL(rest: string, options: RepoURLOptions): ParsedRepoURL {
  const path = rest.replace(/^localhost(?=\/)/i, "");
  if (!path.startsWith("/")) return { fault: 'must name an absolute path: "file:///srv/git/shop.git"' };
  return parseLocalPath(path, `file://${path}`, options);
}

function parseLocalPath(path: string, text: string, { allowFileRepos }: RepoURLOptions): ParsedRepoURL {
  if (!allowFileRepos)
    return { fault: "must not be a local path: the controller allows those only with --allow-file-repos" };
  if (/[?#]/.test(path)) return { fault: "must not hold a query or fragment (? or #)" };
  const normal = posix.normalize(path).replace(/\/$/, "");
  if (normal === "" || path.startsWith("//"))
    return { fault: "must name a repository, such as /srv/git/shop.git" };
  const url = text.startsWith("file://") ? `file://${normal}` : normal;
  return { repo: { url, scheme: "file", host: "", port: 0 } };
}

function allowed({ allowFileRepos }: RepoURLOptions): string {
  return `an https, http, git or ssh URL${allowFileRepos ? " or an absolute path" : ""}`;
}

function isRepoScheme(scheme: string): scheme is RepoScheme {
  return (REPO_SCHEMES as readonly string[]).includes(scheme);
}
