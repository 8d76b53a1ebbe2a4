/**
 * Whether a delivery comes from somebody who knows the token. How each host shows that:
 * - github: docs.github.com "Validating webhook deliveries": `X-Hub-Signature-256: sha256=HEX` over the body as sent, in either
 *   content type. Its older `X-Hub-Signature: sha1=...` is not looked at.
 * - gitea (Gitea, Forgejo, Gogs): services/webhook/deliver.go: `X-Gitea-Signature`, `X-Forgejo-Signature`, `X-Gogs-Signature`: HEX, and
 *   `X-Hub-Signature-256: sha256=HEX`, over the JSON, also where that is sent as a form.
 * - bitbucket: support.atlassian.com "Manage webhooks" (Cloud), confluence.atlassian.com "Manage webhooks" (Data Center):
 *   `X-Hub-Signature: sha256=HEX`.
 * - gitlab: docs.gitlab.com "Webhooks": `X-Gitlab-Token`, the token itself; or, with a signing token (`whsec_...`), the signature of
 *   standardwebhooks.com: `webhook-signature: v1,BASE64` over ID.TIMESTAMP.BODY.
 * - azure-devops: learn.microsoft.com "Webhooks": basic authentication; the password is the token.
 * - generic: `X-Signature-256: sha256=HEX`, or the same as `X-Hub-Signature-256`.
 *
 * A signature does not prevent a replay, nor need it: a delivery is a hint, and twice the same hint is one look.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ReceiverType } from "../api/receiver.ts";

export type Header = readonly [name: string, value: string];

export interface Signed {
  /** In lower case, as often as they were given; a byte of a value is a character. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  /** The JSON in the body. */
  readonly payload: Uint8Array;
}

export type VerifyFault = "SignatureMissing" | "SignatureMalformed" | "SignatureWrong" | "SecretUnavailable";

const SHA256 = /^sha256=([0-9a-f]{64})$/i;
const HEX = /^([0-9a-f]{64})$/i;

/** Header and form of the signature, by type. Of several that are given, each must be right. */
const SIGNATURES = {
  github: { "x-hub-signature-256": SHA256 },
  gitea: {
    "x-gitea-signature": HEX,
    "x-forgejo-signature": HEX,
    "x-gogs-signature": HEX,
    "x-hub-signature-256": SHA256,
  },
  bitbucket: { "x-hub-signature": SHA256 },
  generic: { "x-signature-256": SHA256, "x-hub-signature-256": SHA256 },
} as const satisfies Partial<Record<ReceiverType, Readonly<Record<string, RegExp>>>>;

/** What is checked in place of a token that is not there, so that this takes as long. */
const NO_TOKEN = randomBytes(32).toString("hex");
const COMPARING_KEY = randomBytes(32);

/** What is wrong, for the log of whoever runs ConOps and nobody else; undefined: the sender knows the token. */
export function verify(
  type: ReceiverType,
  token: string | undefined,
  signed: Signed,
): VerifyFault | undefined {
  const fault = check(type, token ?? NO_TOKEN, signed);
  return token === undefined ? "SecretUnavailable" : fault;
}

function check(type: ReceiverType, token: string, signed: Signed): VerifyFault | undefined {
  switch (type) {
    case "github":
    case "bitbucket":
    case "generic":
      return checkHmac(SIGNATURES[type], signed.headers, hmac(token, signed.body));
    case "gitea":
      return checkHmac(SIGNATURES.gitea, signed.headers, hmac(token, signed.payload));
    case "gitlab":
      return token.startsWith("whsec_") ? checkStandard(token, signed) : checkToken(token, signed);
    case "azure-devops":
      return checkPassword(token, signed);
    default:
      return type satisfies never;
  }
}

function checkHmac(
  forms: Readonly<Record<string, RegExp>>,
  headers: readonly Header[],
  expected: Uint8Array,
): VerifyFault | undefined {
  let fault: VerifyFault | undefined = "SignatureMissing";
  const seen = new Set<string>();
  for (const [name, value] of headers) {
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form === undefined) continue;
    const hex = form.exec(value)?.[1];
    if (hex === undefined || seen.has(name)) return "SignatureMalformed";
    seen.add(name);
    if (!timingSafeEqual(Buffer.from(hex, "hex"), expected)) return "SignatureWrong";
    fault = undefined;
  }
  return fault;
}

function checkToken(token: string, { headers }: Signed): VerifyFault | undefined {
  const given = only(headers, "x-gitlab-token");
  if (typeof given !== "string") return given.fault;
  return areEqual(Buffer.from(given, "latin1"), Buffer.from(token)) ? undefined : "SignatureWrong";
}

function checkStandard(token: string, { headers, body }: Signed): VerifyFault | undefined {
  const [id, timestamp, given] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    only(headers, name),
  );
  if (typeof id !== "string" || typeof timestamp !== "string") return "SignatureMissing";
  if (typeof given !== "string") return given?.fault;
  const key = Buffer.from(token.slice("whsec_".length), "base64");
  // By an empty key, anybody could sign.
  if (key.length === 0) return "SecretUnavailable";
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`, "latin1").update(body).digest();
  const signatures = given
    .split(" ")
    .flatMap((part) => (/^v1,[A-Za-z0-9+/]{43}=$/.test(part) ? [Buffer.from(part.slice(3), "base64")] : []));
  if (signatures.length === 0) return "SignatureMalformed";
  return signatures.some((signature) => timingSafeEqual(signature, expected)) ? undefined : "SignatureWrong";
}

function checkPassword(token: string, { headers }: Signed): VerifyFault | undefined {
  const given = only(headers, "authorization");
  if (typeof given !== "string") return given.fault;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(given)?.[1];
  const decoded = Buffer.from(encoded ?? "", "base64");
  const colon = decoded.indexOf(":");
  if (colon < 0) return "SignatureMalformed";
  return areEqual(decoded.subarray(colon + 1), Buffer.from(token)) ? undefined : "SignatureWrong";
}

function only(headers: readonly Header[], wanted: string): string | { readonly fault: VerifyFault } {
  const [value, ...more] = headers.flatMap(([name, text]) => (name === wanted ? [text] : []));
  if (value === undefined) return { fault: "SignatureMissing" };
  return more.length === 0 ? value : { fault: "SignatureMalformed" };
}

function hmac(key: string, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(bytes).digest();
}

/** In a time that depends on neither what is equal nor how long either is: two digests are compared. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [a, b].map((bytes) => createHmac("sha256", COMPARING_KEY).update(bytes).digest()) as [
    Buffer,
    Buffer,
  ];
  return timingSafeEqual(one, other);
}
