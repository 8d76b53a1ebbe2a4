/** libgit2's and the workers' failures in the words and reasons of ConOps. */
import { ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import { redact } from "../lib/redact.ts";
import type { Failure, Request } from "./protocol.ts";

export type OperationFailure =
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "timedOut" }
  /** Its worker ended, each time it was tried. */
  | { readonly kind: "lost"; readonly how: string }
  | { readonly kind: "crowded" }
  | { readonly kind: "closed" };

/** Why the pool of workers has no answer to a request. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly op: Request["op"];
  readonly failure: OperationFailure;

  constructor(op: Request["op"], failure: OperationFailure) {
    super(failure.kind === "failed" ? failure.failure.message : failure.kind);
    this.op = op;
    this.failure = failure;
  }
}

interface Cause {
  readonly reason: Reason;
  readonly text: string;
  readonly terminal?: true;
}

/** The first that matches what libgit2 said of a remote. */
const REMOTE_CAUSES: readonly (Cause & { readonly pattern: RegExp })[] = [
  {
    pattern: /authentication required|authentication failed|no callback set|credentials|status code: 40[17]/i,
    reason: "AuthenticationFailed",
    text: "the remote asks for credentials, and this version reads remotes without; the repository may be private, or not exist",
  },
  { pattern: /status code: 403/i, reason: "AuthenticationFailed", text: "the remote refuses access" },
  {
    pattern: /certificate|hostkey/i,
    reason: "CertificateInvalid",
    text: "the remote's certificate is not valid for this host, or not signed by a known authority",
  },
  {
    pattern:
      /status code: 4(?:04|10)|not exported|not found: |failed to resolve path|could not find repository|repository not found|no such repository|invalid content-type|unexpected content-type/i,
    reason: "RepositoryNotFound",
    text: "there is no Git repository at this URL",
  },
  {
    pattern: /redirect/i,
    reason: "FetchFailed",
    text: "the remote redirects elsewhere, which is not followed: use the new URL",
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
    pattern: /connection reset|early EOF|unexpected EOF|unexpectedly closed|end of file|broken pipe/i,
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

const CHECKOUT_CAUSES: typeof REMOTE_CAUSES = [
  {
    pattern: /no space left/i,
    reason: "CheckoutFailed",
    text: "no space is left on the data directory's disk",
  },
  {
    pattern: /file name too long|path too long/i,
    reason: "UnsupportedContent",
    text: "it holds a path that is too long",
    terminal: true,
  },
];

/** What an operation was for: `act` as in "Cannot ⟨act⟩: ⟨cause⟩". */
export interface Attempt {
  readonly act: string;
  /** Folders of ours, which differ from try to try and must not be part of a message. */
  readonly folders?: readonly string[];
}

/** The error for a condition; anything but an OperationError comes back as it is. */
export function explain(attempt: Attempt, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  const { reason, text, terminal } = causeOf(error, attempt.folders ?? []);
  return new ReconcileError(`Cannot ${attempt.act}: ${text}`, {
    reason,
    cause: error,
    ...(terminal === true ? { terminal } : {}),
  });
}

/**
 * Whether the failure may mean that the mirror's own files are damaged: then it is fetched afresh. While checking out, that is
 * everything but what the content or the disk explains; while fetching, only what the remote cannot have caused.
 */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof OperationError) || error.failure.kind !== "failed") return false;
  const { kind, message } = error.failure.failure;
  if (kind !== "native") return false;
  return error.op === "checkout" ? !EXPLAINED.test(message) : DAMAGED.test(message);
}

const EXPLAINED =
  /invalid path|too long|no space left|disk quota|permission denied|operation not permitted|read-only|too many open files|input\/output error/i;
const DAMAGED =
  /zlib|inflate|corrupt|object not found|pack|mirror is no repository|malformed|failed to lock|\.lock'|ref '|reference|failed to mmap|target OID|config|invalid (?:literal|stored|distance|block|code|bit)|incorrect (?:data|header|length)|not a directory|no such file/i;

function causeOf({ op, failure }: OperationError, folders: readonly string[]): Cause {
  const general: Reason = op === "checkout" ? "CheckoutFailed" : "FetchFailed";
  switch (failure.kind) {
    case "timedOut":
      return op === "checkout"
        ? { reason: "CheckoutFailed", text: "it took too long" }
        : { reason: "RemoteTimedOut", text: "the remote did not answer in time" };
    case "lost":
      return { reason: general, text: `the Git worker ended with ${failure.how}` };
    case "crowded":
      return { reason: general, text: "too many Git operations are waiting" };
    case "closed":
      return { reason: general, text: "ConOps is stopping" };
    case "failed":
      return causeOfFailure(failure.failure, { general, folders, remote: op !== "checkout" });
    default:
      return failure satisfies never;
  }
}

interface Setting {
  readonly general: Reason;
  readonly folders: readonly string[];
  readonly remote: boolean;
}

function causeOfFailure({ kind, message }: Failure, { general, folders, remote }: Setting): Cause {
  if (kind !== "native") return { reason: kind, text: message, terminal: true };
  const unsafe = /cannot checkout to invalid path '(.*)'/s.exec(message);
  if (unsafe !== null) {
    return {
      reason: "UnsafePath",
      text: `it holds the unsafe path ${JSON.stringify(unsafe[1])}`,
      terminal: true,
    };
  }
  const known = (remote ? REMOTE_CAUSES : CHECKOUT_CAUSES).find(({ pattern }) => pattern.test(message));
  if (known !== undefined) return known;
  let text = message;
  for (const folder of folders) text = text.replaceAll(`${folder}/`, "").replaceAll(folder, "the folder");
  return { reason: general, text: redact(text).replace(/\s+/g, " ").trim() };
}
