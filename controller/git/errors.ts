/** libgit2's and the workers' failures in the words and reasons of ConOps. */
import { ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import { redact } from "../lib/redact.ts";
import type { Failure, Request } from "./protocol.ts";
import { causeOfRemote, type Cause } from "./remote-causes.ts";
import type { Route } from "./routes.ts";

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

const CHECKOUT_CAUSES: readonly (Cause & { readonly pattern: RegExp })[] = [
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
  /** How the remote was reached, where one was. */
  readonly route?: Route;
}

/** The error for a condition; anything but an OperationError comes back as it is. */
export function explain(attempt: Attempt, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  const { reason, text, terminal } = causeOf(error, attempt);
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
  if (!(error instanceof OperationError)) return false;
  if (error.failure.kind === "lost") return CRASHED.test(error.failure.how);
  if (error.failure.kind !== "failed") return false;
  const { kind, message } = error.failure.failure;
  if (kind !== "native") return false;
  return isLocal(error.op) ? !EXPLAINED.test(message) : DAMAGED.test(message);
}

/** libgit2 maps packs and indexes into memory, and does not survive all that can stand in an index. */
const CRASHED = /SIG(?:SEGV|BUS|ABRT|ILL|FPE)/;
const EXPLAINED =
  /invalid path|too long|no space left|disk quota|permission denied|operation not permitted|read-only|too many open files|input\/output error/i;
const DAMAGED =
  /zlib|inflate|corrupt|object not found|delta|pack|mirror is no repository|malformed|failed to lock|\.lock'|ref '|reference|failed to mmap|target OID|config|invalid (?:literal|stored|distance|block|code|bit)|incorrect (?:data|header|length)|not a directory|no such file/i;

function causeOf({ op, failure }: OperationError, attempt: Attempt): Cause {
  const general: Reason = isLocal(op) ? "CheckoutFailed" : "FetchFailed";
  switch (failure.kind) {
    case "timedOut":
      return isLocal(op)
        ? { reason: "CheckoutFailed", text: "it took too long" }
        : { reason: "RemoteTimedOut", text: "the remote did not answer in time" };
    case "lost":
      return { reason: general, text: `the Git worker ended with ${failure.how}` };
    case "crowded":
      return { reason: general, text: "too many Git operations are waiting" };
    case "closed":
      return { reason: general, text: "ConOps is stopping" };
    case "failed":
      return causeOfFailure(failure.failure, { general, attempt, remote: !isLocal(op) });
    default:
      return failure satisfies never;
  }
}

/** Only the mirror is asked, not the remote. */
function isLocal(op: Request["op"]): boolean {
  return op === "checkout" || op === "read";
}

interface Setting {
  readonly general: Reason;
  readonly attempt: Attempt;
  readonly remote: boolean;
}

function causeOfFailure({ kind, message }: Failure, { general, attempt, remote }: Setting): Cause {
  if (kind !== "native") return { reason: kind, text: message, terminal: true };
  const unsafe = /cannot checkout to invalid path '(.*)'/s.exec(message);
  if (unsafe !== null) {
    return {
      reason: "UnsafePath",
      text: `it holds the unsafe path ${JSON.stringify(unsafe[1])}`,
      terminal: true,
    };
  }
  const known = remote
    ? causeOfRemote(message, attempt.route)
    : CHECKOUT_CAUSES.find(({ pattern }) => pattern.test(message));
  if (known !== undefined) return known;
  let text = message;
  for (const folder of attempt.folders ?? [])
    text = text.replaceAll(`${folder}/`, "").replaceAll(folder, "the folder");
  return { reason: general, text: redact(text).replace(/\s+/g, " ").trim() };
}
