/** What the engine says of a registry that it asked, as one of few causes: the same fault gives the same text. Pure. */
import { ReconcileError } from "../api/errors.ts";
import { oneLine } from "../lib/one-line.ts";

const MAX_LENGTH = 300;
/** A registry that says how long is believed up to this. */
const MAX_PAUSE_MS = 6 * 60 * 60_000;

/** `status` is the engine's; `text` its words. Reasons: `RateLimited`, `AuthenticationFailed`, `ImageLookupFailed`. */
export function registryError(
  act: string,
  { status = 0, text }: { readonly status?: number; readonly text: string },
): ReconcileError {
  const says = (why: string, reason: "AuthenticationFailed" | "ImageLookupFailed"): ReconcileError =>
    new ReconcileError(`Cannot ${act}: ${why}`, { reason });
  if (status === 429 || /toomanyrequests|too many requests/i.test(text)) {
    const retryAfterMs = pauseOf(text);
    return new ReconcileError(
      `Cannot ${act}: the registry asks for fewer requests, and is asked again later`,
      {
        reason: "RateLimited",
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    );
  }
  if (/manifest unknown|manifest for .* not found|name unknown|repository name not known/i.test(text))
    return says("the registry has no such image", "ImageLookupFailed");
  if (/unauthorized|authentication required|no basic auth credentials|denied|forbidden/i.test(text))
    return says("the registry refuses the login, or asks for one", "AuthenticationFailed");
  if (/no answer within|deadline exceeded|timeout|Client\.Timeout/i.test(text))
    return says("the registry does not answer", "ImageLookupFailed");
  if (/connection refused/i.test(text))
    return says("the registry refuses the connection", "ImageLookupFailed");
  if (/no such host|server misbehaving|name resolution/i.test(text))
    return says("the host name of the registry is not known", "ImageLookupFailed");
  if (/x509|certificate/i.test(text))
    return says("the certificate of the registry is not to be trusted", "ImageLookupFailed");
  return says(steady(text), "ImageLookupFailed");
}

/** Some registries write into their refusal what belongs into its header: `retry-after: 1.5s`. */
function pauseOf(text: string): number | undefined {
  const [, number = "", unit] = /retry-after:?\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?/i.exec(text) ?? [];
  if (number === "") return undefined;
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit?.toLowerCase() ?? "s"] ?? 1000;
  return Math.min(Math.ceil(Number(number) * unitMs), MAX_PAUSE_MS);
}

/** Without what differs each time: ports of this side, ids of requests. */
function steady(text: string): string {
  const said = text
    .replace(/^Cannot [^:]*: the engine answered \d+: /, "")
    .replaceAll(/\b(read|write) tcp \S+->(\S+):/g, "$1 $2:")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}/gi, "...");
  return oneLine(said, MAX_LENGTH);
}
