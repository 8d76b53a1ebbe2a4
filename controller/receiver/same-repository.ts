/** A repository by where it is, whatever the way there. */
export interface Repository {
  /** Host and path, in lower case, without the `.git` at the end. */
  readonly place: string;
  readonly scheme: string;
  /** The scheme's own where the URL names none; 0 for a local path. */
  readonly port: number;
}

const MAX_URL = 2048;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { https: 443, http: 80, git: 9418, ssh: 22 };

/**
 * Other names of the hosts that everybody knows:
 * docs.github.com "Using SSH over the HTTPS port", support.atlassian.com "Use the SSH protocol with Bitbucket Cloud",
 * docs.gitlab.com "Use SSH keys to communicate with GitLab" (altssh).
 */
const ALIASES: Readonly<Record<string, string>> = {
  "www.github.com": "github.com",
  "ssh.github.com": "github.com",
  "altssh.gitlab.com": "gitlab.com",
  "altssh.bitbucket.org": "bitbucket.org",
  "www.bitbucket.org": "bitbucket.org",
};

/**
 * Whether two URLs name one repository: the same host and path, however written (scheme, user, `.git`, slashes, case, percent
 * signs). Ports must be equal within one scheme; between two they say nothing. A repository too many is only looked at in vain.
 */
export function sameRepository(a: string, b: string): boolean {
  const [one, other] = [parseRepository(a), parseRepository(b)];
  return one !== undefined && other !== undefined && isSame(one, other);
}

export function isSame(a: Repository, b: Repository): boolean {
  return a.place === b.place && (a.scheme !== b.scheme || a.port === b.port);
}

/** Takes a URL, scp-like address or local path apart; undefined when it can be none. */
export function parseRepository(url: string): Repository | undefined {
  if (url.length > MAX_URL) return undefined;
  const local = /^(?:file:\/\/(?:localhost)?)?(\/.*)$/is.exec(url);
  if (local !== null) return repository({ scheme: "file", host: "", port: 0, path: local[1] ?? "" });
  const full =
    /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?(\[[^\]/]*\]|[^:/?#@[\]]+)(?::(\d{1,5}))?(\/[^?#]*)/is.exec(url);
  if (full !== null) {
    const [, named = "", host = "", port, path = ""] = full;
    const scheme = named.toLowerCase();
    return repository({ scheme, host, port: Number(port ?? DEFAULT_PORTS[scheme] ?? 0), path });
  }
  const short = /^(?:[^@:/]+@)?(\[[^\]/]*\]|[^:/?#@[\]]+):([^?#]+)$/s.exec(url);
  if (short === null || url.includes("://")) return undefined;
  return repository({ scheme: "ssh", host: short[1] ?? "", port: 22, path: short[2] ?? "" });
}

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function repository({ scheme, host, port, path }: Parts): Repository | undefined {
  const segments = decoded(path)
    .toLowerCase()
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  if (segments.at(-1) === ".git") segments.pop(); // of a work tree
  const last = segments.pop()?.replace(/\.git$/, "") ?? "";
  if (last === "") return undefined;
  const name = host.toLowerCase().replace(/\.$/, "");
  const place = azurePlace(name, [...segments, last]) ?? [ALIASES[name] ?? name, ...segments, last].join("/");
  return { place, scheme, port };
}

/**
 * Azure DevOps writes one repository in four ways (learn.microsoft.com "Use SSH key authentication", "Allowed IP addresses and
 * domain URLs"): dev.azure.com/ORG/PROJECT/_git/REPO, ORG.visualstudio.com/PROJECT/_git/REPO, and over SSH v3/ORG/PROJECT/REPO;
 * the project is left out where it is named as its repository.
 */
function azurePlace(host: string, path: readonly string[]): string | undefined {
  const isSsh = host === "ssh.dev.azure.com" || host === "vs-ssh.visualstudio.com";
  const owner = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(host)?.[1];
  if (isSsh) return path[0] === "v3" ? ["dev.azure.com", ...path.slice(1)].join("/") : undefined;
  if (host !== "dev.azure.com" && owner === undefined) return undefined;
  const [organisation = "", ...rest] = owner === undefined ? path : [owner, ...path];
  const inside = rest.filter((segment) => segment !== "defaultcollection");
  const at = inside.indexOf("_git");
  const name = inside[at + 1];
  if (at < 0 || name === undefined) return undefined;
  return ["dev.azure.com", organisation, inside[at - 1] ?? name, name].join("/");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
