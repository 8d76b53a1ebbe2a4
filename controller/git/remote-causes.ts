/** What libgit2 says of a remote, in the words and reasons of ConOps. */
import type { Reason } from "../api/reasons.ts";
import { fingerprintOf } from "../lib/known-hosts.ts";
import type { Route } from "./routes.ts";

export interface Cause {
  readonly reason: Reason;
  readonly text: string;
  readonly terminal?: true;
}

/** What a worker says when libgit2 asked a second time. */
export const REJECTED = "the credential was rejected";

/** What libgit2 says when an SSH host and it have no algorithm, or no type of host keys, in common. */
export const NOTHING_AGREED = /unable to exchange encryption keys/i;

/** What a worker says when a host has host keys of other types than the known ones only; the types follow. */
export const FOREIGN_KEYS = "no known hostkey is of a type that the host has: ";

interface Known {
  readonly pattern: RegExp;
  readonly reason: Reason;
  readonly text: string | ((said: RegExpExecArray, route: Route | undefined) => string);
}

/** The first that matches counts. */
const KNOWN: readonly Known[] = [
  {
    // What the host refuses comes back as a second question; what is left is the key, unless the connection broke.
    pattern:
      /failed to authenticate SSH session: (?!.*(?:socket|time|disconnect|send|receive|wait|transport|memory|block))/i,
    reason: "CredentialUnusable",
    text: unopenableKey,
  },
  {
    pattern: /authentication required|authentication fail|no callback set|credential|status code: 40[17]/i,
    reason: "AuthenticationFailed",
    text: refused,
  },
  {
    pattern: /status code: 403/i,
    reason: "AuthenticationFailed",
    text: (_, route) =>
      hasCredential(route)
        ? "the remote refuses access with the Secret's credential (HTTP 403): it may lack the right to read this repository"
        : "the remote refuses access (HTTP 403)",
  },
  {
    pattern: /hostkey(?: is of a type that the host has: (.*))?/is,
    reason: "HostKeyChanged",
    text: changedHostKey,
  },
  {
    pattern: NOTHING_AGREED,
    reason: "FetchFailed",
    text: "the host and ConOps share no SSH algorithm: it allows none of ConOps's key exchanges, none of its ciphers (aes-ctr), or none of its MACs (hmac-sha2)",
  },
  {
    pattern: /certificate/i,
    reason: "CertificateInvalid",
    text: "the remote's certificate is not valid for this host, has expired, or is not signed by a known authority; the certificate of an authority of your own goes into the file of --git-ca-file",
  },
  {
    pattern:
      /status code: 4(?:04|10)|not exported|not found: |failed to resolve path|could not find repository|repository not found|no such repository|cannot find repository|could not be found|does not exist|does not appear to be a git|invalid content-type|unexpected content-type/i,
    reason: "RepositoryNotFound",
    text: (_, route) =>
      hasCredential(route)
        ? "there is no Git repository at this URL, or none that the Secret's credential may read"
        : "there is no Git repository at this URL",
  },
  {
    pattern: /cannot redirect from '([^']*)' to '([^']*)'/i,
    reason: "FetchFailed",
    text: ([, from = "", to = ""]) =>
      /^https?$/.test(from) && !to.includes(".")
        ? `the remote redirects from ${from} to ${to}, which is not followed`
        : `the remote redirects to another host, "${to}", which is not followed: use the new URL`,
  },
  {
    pattern: /too many redirects/i,
    reason: "FetchFailed",
    text: "the remote redirects without end",
  },
  {
    pattern: /redirect/i,
    reason: "FetchFailed",
    text: "the remote redirects elsewhere, which is not followed: use the new URL",
  },
  {
    pattern: /status code: (\d+)/i,
    reason: "FetchFailed",
    text: ([, status = ""]) =>
      status.startsWith("5")
        ? `the remote has a problem of its own (HTTP ${status})`
        : `the remote answers with HTTP ${status}`,
  },
  {
    pattern: /failed to resolve address/i,
    reason: "FetchFailed",
    text: "the host's name does not resolve",
  },
  {
    pattern: /SSL error/i,
    reason: "FetchFailed",
    text: "the remote does not speak TLS as this program does",
  },
  { pattern: /connection refused/i, reason: "FetchFailed", text: "the connection was refused" },
  {
    pattern: /connection timed out|operation timed out/i,
    reason: "RemoteTimedOut",
    text: "the remote did not answer in time",
  },
  {
    pattern:
      /connection reset|early EOF|unexpected EOF|unexpectedly closed|end of file|broken pipe|socket disconnect|failed getting banner/i,
    reason: "FetchFailed",
    text: "the connection was cut",
  },
  { pattern: /no space left/i, reason: "FetchFailed", text: "no space is left on the data directory's disk" },
  {
    pattern: /object format|unsupported extension|unknown object type|sha256/i,
    reason: "UnsupportedContent",
    text: "the repository's object format is not supported",
  },
];

/** Undefined for what has no words of its own. */
export function causeOfRemote(message: string, route: Route | undefined): Cause | undefined {
  for (const { pattern, reason, text } of KNOWN) {
    const said = pattern.exec(message);
    if (said !== null) return { reason, text: typeof text === "string" ? text : text(said, route) };
  }
  return undefined;
}

function hasCredential(route: Route | undefined): boolean {
  return route?.access.header !== undefined || route?.access.key !== undefined;
}

function unopenableKey(_: RegExpExecArray, route: Route | undefined): string {
  return (route?.access.key?.passphrase ?? "") === ""
    ? "the private key is damaged, locked by a passphrase, or of a kind that is not supported: ed25519, ecdsa and rsa are"
    : "the private key cannot be opened: the passphrase in the Secret is wrong, or the key is damaged";
}

function refused(_: RegExpExecArray, route: Route | undefined): string {
  const user = route?.access.key?.user;
  if (user !== undefined) {
    return `the host refuses the Secret's key for the user "${user}": its public half must be known there, as a deploy key for example`;
  }
  return hasCredential(route)
    ? "the remote refuses the Secret's credential: it may have expired, or not be for this repository"
    : "the remote asks for credentials: name a Secret in spec.source.secretRef, if the repository is there at all";
}

/** libgit2 only says that no known key matches; unknown hosts are refused before it is asked. */
function changedHostKey([, types]: RegExpExecArray, route: Route | undefined): string {
  const keys = (route?.trusted?.keys ?? []).map((key) => `${key.type} ${fingerprintOf(key)}`);
  return (
    `THE HOST KEY OF ${route?.host ?? "the host"} HAS CHANGED: somebody may be in its place, and nothing was sent. ` +
    `Known, from ${route?.trusted?.by ?? "known_hosts"}: ${keys.join(", ")}. ` +
    (types === undefined ? "" : `The host has keys of other types only: ${types}. `) +
    `Ask the host's operators before you replace a known key`
  );
}
