/**
 * Whether a revision carries the signature that `spec.source.verify` asks for. Everything here is JavaScript and node:crypto
 * over raw bytes, wherever they come from (`verifier.ts`); what is not understood is refused.
 */
import { ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import { judgeSigner, parseAllowedSigners } from "../lib/allowed-signers.ts";
import { redact } from "../lib/redact.ts";
import { SshFault } from "../lib/ssh-wire.ts";
import type { StageRequest, Verified, VerifyRequest } from "./git.ts";
import { judgePgpSignature, parsePgpKeys, PgpFault } from "./pgp-signature.ts";
import {
  idOfObject,
  ObjectFault,
  parseSignedCommit,
  parseSignedTag,
  type SignedObject,
  type SignedTag,
} from "./signed-object.ts";
import { isSignatureOf, parseSshSignature } from "./ssh-signature.ts";

/** The raw bytes of an object of the mirror; undefined when it lacks the object. */
export type ReadObject = (id: string) => Promise<Buffer | undefined>;

/** A request that asks for verification. */
export type VerifiedRequest = StageRequest & { readonly verify: VerifyRequest };

export interface VerificationOptions {
  readonly read: ReadObject;
  /** Wall milliseconds. */
  readonly now: number;
}

type Signer = Pick<Verified, "signer" | "fingerprint" | "keyType">;

const SSH_NAMESPACE = "git";
/** A tag of a tag of a tag: each of them must be signed, but nobody needs many. */
const MAX_TAGS = 5;
const SHORT_SHA = 12;

/**
 * Says who signed. Undefined when the mirror lacks what is to be read: it must be fetched first. Throws ReconcileError:
 * NotSigned, SignatureInvalid, SignerNotAllowed; SignersInvalid for lists of signers that cannot be read.
 */
export async function verifyRevision(
  request: VerifiedRequest,
  options: VerificationOptions,
): Promise<Verified | undefined> {
  return request.verify.mode === "HEAD" ? verifyCommit(request, options) : verifyTag(request, options);
}

async function verifyCommit(
  request: VerifiedRequest,
  options: VerificationOptions,
): Promise<Verified | undefined> {
  const { sha } = request;
  const about: About = { request, what: `commit ${sha.slice(0, SHORT_SHA)}`, id: sha, type: "commit" };
  const raw = await options.read(sha);
  if (raw === undefined) return undefined;
  requireId(raw, about);
  const signer = await judge(
    parsed(() => parseSignedCommit(raw), about),
    about,
    options,
  );
  return { mode: "HEAD", object: sha, ...signer };
}

/**
 * The tag that the ref is, and every further tag on the way to the commit: one that nobody allowed has signed makes no
 * difference to Git, but it may be what somebody relies on.
 */
async function verifyTag(
  request: VerifiedRequest,
  options: VerificationOptions,
): Promise<Verified | undefined> {
  const { ref = "", sha, tagObject } = request;
  const name = ref.startsWith(TAGS) ? ref.slice(TAGS.length) : undefined;
  const about: About = { request, what: `the tag ${JSON.stringify(name ?? ref)}`, id: "", type: "tag" };
  if (name === undefined) throw refused(about, "NotSigned", "no tag led to the commit");
  if (tagObject === undefined)
    throw refused(about, "NotSigned", "it is a lightweight tag, which cannot be signed");
  let verified: Verified | undefined;
  for (let id = tagObject, depth = 0; ; depth++) {
    if (depth >= MAX_TAGS) throw refused(about, "SignatureInvalid", "it is a tag of too many tags");
    const raw = await options.read(id);
    if (raw === undefined) return undefined;
    const at = {
      ...about,
      id,
      what: depth === 0 ? about.what : `the tag ${id.slice(0, SHORT_SHA)} within ${about.what}`,
    };
    requireId(raw, at);
    const tag = parsed(() => parseSignedTag(raw), at);
    // Else a server could show an old tag, which was well signed, under the name of a new one.
    if (depth === 0 && tag.tag !== name) {
      throw refused(at, "SignatureInvalid", `what was signed is the tag ${JSON.stringify(tag.tag)}`);
    }
    const signer = await judge(tag, at, options);
    verified ??= { mode: "Tag", object: id, tag: name, ...signer };
    if (tag.type === "commit") return requireTarget(tag, sha, at, verified);
    id = tag.object;
  }
}

const TAGS = "refs/tags/";

function requireTarget({ object }: SignedTag, sha: string, about: About, verified: Verified): Verified {
  if (object === sha) return verified;
  throw refused(about, "SignatureInvalid", `it leads to commit ${object.slice(0, SHORT_SHA)}`);
}

/** What a message is about. */
interface About {
  readonly request: VerifiedRequest;
  /** `commit 1234`, `the tag "v1"`. */
  readonly what: string;
  readonly id: string;
  readonly type: "commit" | "tag";
}

function refused({ request, what }: About, reason: Reason, why: string, cause?: unknown): ReconcileError {
  const message = `Cannot trust ${what} of "${redact(request.remote.url)}": ${why}`;
  // A commit is never signed later; a tag that is signed anew is another object, which is asked for anew.
  return new ReconcileError(message, { reason, terminal: true, cause });
}

function requireId(raw: Buffer, about: About): void {
  if (idOfObject(about.type, raw) === about.id) return;
  throw refused(about, "SignatureInvalid", "the mirror holds something else under its id");
}

function parsed<T extends SignedObject>(parse: () => T, about: About): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ObjectFault) throw refused(about, "SignatureInvalid", `it ${error.message}`, error);
    throw error;
  }
}

async function judge(object: SignedObject, about: About, { now }: VerificationOptions): Promise<Signer> {
  const { signature } = object;
  if (signature === undefined) throw refused(about, "NotSigned", "it is not signed");
  try {
    if (signature.startsWith("-----BEGIN SSH SIGNATURE-----"))
      return await judgeSsh(object, signature, about);
    if (signature.startsWith("-----BEGIN PGP SIGNATURE-----")) {
      return await judgePgp(object, signature, about, now);
    }
  } catch (error) {
    if (!(error instanceof SshFault) && !(error instanceof PgpFault)) throw error;
    throw refused(about, "SignatureInvalid", error.message, error);
  }
  throw refused(about, "SignatureInvalid", "its signature is neither one of OpenSSH nor one of OpenPGP");
}

async function judgeSsh({ payload, signedAt }: SignedObject, armored: string, about: About): Promise<Signer> {
  const { allowedSigners } = about.request.verify;
  const signature = parseSshSignature(armored);
  const { key, namespace } = signature;
  const shown = `the SSH key ${key.fingerprint} (${key.kind})`;
  if (namespace !== SSH_NAMESPACE) {
    const why = `its signature by ${shown} was made for ${JSON.stringify(namespace)}, not for Git`;
    throw refused(about, "SignatureInvalid", why);
  }
  if (!isSignatureOf(signature, payload)) {
    throw refused(about, "SignatureInvalid", `its signature by ${shown} does not fit its content`);
  }
  if (allowedSigners === undefined) {
    throw refused(about, "SignerNotAllowed", `it is signed with ${shown}, and no SSH keys are allowed`);
  }
  const signers = await readList("allowed signers", about, () => parseAllowedSigners(allowedSigners));
  const verdict = judgeSigner(signers, { blob: key.blob, namespace, signedAt });
  if (verdict.kind === "allowed") {
    return { signer: verdict.signer.principals, fingerprint: key.fingerprint, keyType: key.kind };
  }
  const who = verdict.signer === undefined ? "" : ` of ${JSON.stringify(verdict.signer.principals)}`;
  throw refused(about, "SignerNotAllowed", `it is signed with ${shown}${who}, which ${verdict.why}`);
}

async function judgePgp(
  { payload }: SignedObject,
  signature: string,
  about: About,
  now: number,
): Promise<Signer> {
  const { allowedPGPKeys } = about.request.verify;
  const keys =
    allowedPGPKeys === undefined
      ? []
      : await readList("allowed PGP keys", about, () => parsePgpKeys(allowedPGPKeys));
  const { key, ...verdict } = await judgePgpSignature({ keys, signature, payload, now });
  const who = key.userId === undefined ? "" : ` of ${JSON.stringify(key.userId)}`;
  const shown = `the PGP key ${key.fingerprint}${key.kind === undefined ? "" : ` (${key.kind})`}`;
  if (verdict.kind === "good") {
    const { fingerprint, userId = fingerprint, kind = "" } = key;
    return { signer: userId, fingerprint, keyType: `PGP ${kind}` };
  }
  if (verdict.kind === "bad") {
    throw refused(about, "SignatureInvalid", `its signature by ${shown}${who} ${verdict.why}`);
  }
  const why = allowedPGPKeys === undefined ? ", and no PGP keys are allowed" : `${who}, which ${verdict.why}`;
  throw refused(about, "SignerNotAllowed", `it is signed with ${shown}${why}`);
}

async function readList<T>(what: string, about: About, parse: () => T | Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof SshFault) && !(error instanceof PgpFault)) throw error;
    const message = `Cannot read the ${what} of "${redact(about.request.remote.url)}": ${error.message}`;
    throw new ReconcileError(message, { reason: "SignersInvalid", cause: error });
  }
}
