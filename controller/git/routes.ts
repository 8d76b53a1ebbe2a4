/**
 * From a remote to all that a worker needs to reach it: the URL as libgit2 wants it, what proves who we are, and which host
 * keys prove who the other is. What must not be done is refused here, before anything is sent.
 */
import type { GitCredential } from "../api/credential.ts";
import { messageOf, ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import type { RepoURL } from "../api/repo-url.ts";
import { sha256 } from "../lib/hash.ts";
import { parseKnownHosts, type KnownHosts } from "../lib/known-hosts.ts";
import type { Log } from "../lib/log.ts";
import { redact } from "../lib/redact.ts";
import type { Remote } from "./git.ts";
import { linesOf, openKnownHostsFile, placeOf, trustedKeysOf, type TrustedKeys } from "./host-keys.ts";
import type { Access } from "./protocol.ts";
import { hostOf, requireReadable } from "./remote-url.ts";

export interface Route {
  readonly url: string;
  /** `host:port`, by which places are shared out. */
  readonly host: string;
  /** Secrets: for the worker alone. */
  readonly access: Access;
  /** For ssh. */
  readonly trusted?: TrustedKeys;
}

export interface Routes {
  /** Throws ReconcileError for what cannot, or must not, be reached. */
  to(remote: Remote): Promise<Route>;
}

export interface RoutesOptions {
  /** The file of `--known-hosts`. */
  readonly knownHostsFile?: string | undefined;
  readonly log: Log;
}

const DEFAULT_USER = "git";
const MAX_PROBLEMS = 3;
const MAX_TOLD = 1000;

export function createRoutes({ knownHostsFile, log }: RoutesOptions): Routes {
  const readFile = knownHostsFile === undefined ? undefined : openKnownHostsFile(knownHostsFile, log);

  /** Texts whose problems were told, by their hashes. */
  const told = new Set<string>();

  function readSecret(text: string, { url }: Remote): KnownHosts {
    const known = parseKnownHosts(text);
    const hash = sha256(text);
    if (known.problems.length === 0 || told.has(hash)) return known;
    if (told.size >= MAX_TOLD) told.clear();
    told.add(hash);
    for (const { line, message } of known.problems.slice(0, MAX_PROBLEMS)) {
      log.warn("a line of known_hosts in the Secret is not used", { url: redact(url), line, message });
    }
    return known;
  }

  async function toSsh(remote: Remote, repo: RepoURL): Promise<Route> {
    const { credential } = remote;
    if (credential === undefined) {
      throw refusal(
        remote,
        "AuthenticationFailed",
        "SSH needs a private key: name a Secret of type kubernetes.io/ssh-auth in spec.source.secretRef",
      );
    }
    if (credential.kind !== "ssh") {
      throw refusal(
        remote,
        "CredentialUnusable",
        "the Secret holds no private key, which an ssh URL needs: write an https URL, or name a Secret of type kubernetes.io/ssh-auth",
      );
    }
    const { privateKey, passphrase, knownHosts } = credential;
    const secret = knownHosts === undefined ? undefined : readSecret(knownHosts, remote);
    const file = await readFile?.().catch((error: unknown) => {
      throw refusal(remote, "HostKeyUnknown", messageOf(error));
    });
    const trusted = trustedKeysOf(repo, { ...(secret && { secret }), ...(file && { file }) });
    if (trusted === undefined || trusted.keys.length === 0) {
      throw refusal(remote, "HostKeyUnknown", unknownHost(repo, trusted, secret?.problems ?? []));
    }
    const { url, user } = withUser(repo.url);
    const place = placeOf(repo);
    return {
      url,
      host: `${repo.host}:${repo.port}`,
      trusted,
      access: {
        key: { user, privateKey, passphrase: passphrase ?? "" },
        hostKeys: { place, lines: linesOf(place, trusted.keys) },
      },
    };
  }

  return {
    async to(remote) {
      const repo = requireReadable(remote.url);
      if (repo.scheme === "ssh") return toSsh(remote, repo);
      const { credential } = remote;
      const header = credential === undefined ? undefined : headerFor(remote, repo, credential);
      return { url: repo.url, host: hostOf(repo.url), access: header === undefined ? {} : { header } };
    },
  };
}

/** The whole header: one that is sent unasked, to this host alone, since redirects elsewhere are refused. */
function headerFor(remote: Remote, repo: RepoURL, credential: GitCredential): string {
  const refuse = (cause: string): ReconcileError => refusal(remote, "CredentialUnusable", cause);
  if (repo.scheme === "git" || repo.scheme === "file") {
    throw refuse(
      `${repo.scheme} URLs carry no credentials: write an https or ssh URL, or remove spec.source.secretRef`,
    );
  }
  if (credential.kind === "ssh") {
    throw refuse(
      "the Secret holds a private key, which only an ssh URL has a use for: write an ssh URL, or name a Secret with a password or token",
    );
  }
  if (repo.scheme === "http" && !isLoopback(repo.host)) {
    throw refuse(
      "credentials are not sent over http, where everybody on the way can read them: write an https URL",
    );
  }
  if (credential.kind === "bearer") {
    const token = withoutLineEnd(credential.token);
    if (!/^[\x21-\x7e]+$/.test(token))
      throw refuse("the token is empty, or holds a character that no token has");
    return `Authorization: Bearer ${token}`;
  }
  const username = withoutLineEnd(credential.username);
  const password = withoutLineEnd(credential.password);
  if (/\p{Cc}/u.test(username + password)) throw refuse("the username or password holds a control character");
  if (username.includes(":")) throw refuse('the username holds a ":", which https cannot carry');
  return `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function unknownHost(
  { host, port }: RepoURL,
  trusted: TrustedKeys | undefined,
  problems: KnownHosts["problems"],
): string {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  const where = `${name}${port === 22 ? "" : ` port ${port}`}`;
  if (trusted !== undefined) return `every key of ${where} in ${trusted.by} is revoked`;
  const scan = `ssh-keyscan${port === 22 ? "" : ` -p ${port}`} ${name}`;
  const unused = problems.map(
    ({ line, message }) => `; line ${line} of known_hosts in the Secret is not used: ${message}`,
  );
  return (
    `no host key is known for ${where}: run \`${scan}\`, compare what \`${scan} | ssh-keygen -lf -\` shows with the ` +
    `fingerprints that the host's operators publish, and put the lines into the Secret, as the field known_hosts, ` +
    `or into the file of --known-hosts${unused.slice(0, MAX_PROBLEMS).join("")}`
  );
}

/** An SSH URL with its user, `git` where it names none. */
function withUser(url: string): { readonly url: string; readonly user: string } {
  const [, scheme = "", user = DEFAULT_USER, rest = ""] = /^(ssh:\/\/)?(?:([^@/:]+)@)?(.*)$/s.exec(url) ?? [];
  return { url: `${scheme}${user}@${rest}`, user };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Files end with a line feed, and what comes from a file often still does. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** Not terminal: what is wrong with a Secret or a file can be put right without a change of the Application. */
function refusal({ url }: Remote, reason: Reason, cause: string): ReconcileError {
  return new ReconcileError(`Cannot read "${redact(url)}": ${cause}`, { reason });
}
