/** What is wanted of the mirror of a remote: whether it can be, how it is fetched, and the words of its failures. */
import { lstat } from "node:fs/promises";
import { ReconcileError } from "../api/errors.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { redact } from "../lib/redact.ts";
import type { StageRequest } from "./git.ts";

const SHORT_SHA = 12;
const ID = /^[0-9a-f]{40}$/;

/** Throws for a request that no remote can answer, and for one that would harm. */
export async function requireUsable(request: StageRequest): Promise<void> {
  const { remote, sha, ref, tagObject, dir } = request;
  if (!/^\w[\w.-]*$/.test(remote.id)) throw new Error(`Cannot keep a mirror under the id "${remote.id}"`);
  if (tagObject !== undefined && !ID.test(tagObject)) throw new Error(`"${tagObject}" is no id of a tag`);
  if (!ID.test(sha)) {
    throw new ReconcileError(`Cannot ${actOf("fetch", request)}: it is not a full commit id`, {
      reason: "RevisionNotFound",
      terminal: true,
    });
  }
  if (ref !== undefined && !isFollowable(ref)) {
    throw new ReconcileError(
      `Cannot ${actOf("fetch", request)}: the ref ${JSON.stringify(ref)} is not valid`,
      {
        reason: "UnsupportedContent",
        terminal: true,
      },
    );
  }
  try {
    await lstat(dir);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw error;
  }
  throw new Error(`Cannot stage into "${dir}": it is there already`);
}

/** A remote can advertise anything as a ref; these are Git's own rules, in so far as a refspec could be misread. */
function isFollowable(ref: string): boolean {
  return (
    /^refs\/(?:heads|tags)\/[^\s~^:?*[\\\p{Cc}]+$/u.test(ref) &&
    !/\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)|[./]$/.test(ref)
  );
}

/** The refs to fetch: never more than what is followed; a pinned commit can be anywhere. */
export function refspecsFor(ref: string | undefined): string[] {
  if (ref !== undefined) return [`+${ref}:refs/conops/${ref.slice("refs/".length)}`];
  return ["heads", "tags"]
    .map((kind) => `+refs/${kind}/*:refs/conops/${kind}/*`)
    .concat("+HEAD:refs/conops/head");
}

/** The error of a commit that the remote answered without. */
export function notFound(request: StageRequest): ReconcileError {
  const where = request.ref === undefined ? "no branch or tag" : JSON.stringify(request.ref);
  const holds = request.ref === undefined ? "holds it" : "does not hold it any more";
  return new ReconcileError(`Cannot ${actOf("fetch", request)}: ${where} ${holds}`, {
    reason: "RevisionNotFound",
  });
}

/** `verb` and the commit, as in "Cannot ⟨act⟩: ⟨cause⟩". */
export function actOf(verb: string, { remote, sha }: StageRequest): string {
  return `${verb} commit ${sha.slice(0, SHORT_SHA)} of "${redact(remote.url)}"`;
}
