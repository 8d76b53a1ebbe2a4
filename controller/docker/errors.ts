import { messageOf, ReconcileError } from "../api/errors.ts";
import { redact } from "../lib/redact.ts";
import type { EngineAddress } from "./host.ts";
import { oneLine } from "../lib/one-line.ts";

/** The engine may repeat what it was given, which a mask takes out only if it is whole: so this is generous. */
const MAX_LENGTH = 2000;

/** The reason with which a call is aborted when its limit passes. */
export class LimitPassed extends Error {
  override readonly name = "LimitPassed";
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
  }
}

/** The HTTP status with which the engine refused a call; undefined where it did not answer at all. */
export function refusalStatus(error: unknown): number | undefined {
  return statusOf(error instanceof ReconcileError ? error.cause : error);
}

/** Undefined when the engine refuses with one of these status codes. */
export async function unlessRefused<T>(
  statuses: readonly number[] | "any",
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const status = refusalStatus(error);
    if (status !== undefined && (statuses === "any" || statuses.includes(status))) return undefined;
    throw error;
  }
}

/** The connection broke under a call, as it does once for a kept-alive connection when the engine restarts. */
export function isConnectionCut(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(codeOf(error));
}

/**
 * A foreign error as ConOps's own. An engine that cannot be reached gives the same text whatever was asked of it
 * (`EngineUnavailable`); a refusal names the act, with `refused` as reason.
 */
export function translateError(
  error: unknown,
  where: EngineAddress,
  act: string,
  refused: "EngineUnavailable" | "HealFailed",
): ReconcileError {
  if (error instanceof ReconcileError) return error;
  const status = statusOf(error);
  if (status !== undefined) {
    return new ReconcileError(`Cannot ${act}: the engine answered ${status}: ${answerOf(error)}`, {
      reason: refused,
      cause: error,
    });
  }
  return new ReconcileError(`Cannot reach the Docker engine at "${where.name}": ${whyUnreachable(error)}`, {
    reason: "EngineUnavailable",
    cause: error,
  });
}

function whyUnreachable(error: unknown): string {
  if (error instanceof LimitPassed) return error.message;
  switch (codeOf(error)) {
    case "ENOENT":
      return "the socket does not exist";
    case "ECONNREFUSED":
      return "connection refused";
    case "EACCES":
    case "EPERM":
      return "permission denied (run as root, or as a member of the group docker)";
    case "ECONNRESET":
    case "EPIPE":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return "it closed the connection";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the host name is not known";
    default:
      return oneLine(redact(messageOf(error)), MAX_LENGTH);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/** What the engine said in refusing, on one line. */
function answerOf(error: unknown): string {
  const body: unknown = error instanceof Error && "json" in error ? error.json : undefined;
  const said =
    typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
      ? body.message
      : messageOf(error).replace(/^\(HTTP code \d+\) unexpected - /, "");
  return oneLine(redact(said), MAX_LENGTH);
}
