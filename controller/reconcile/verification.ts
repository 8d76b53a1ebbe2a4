/** What came of looking for a signature, for the record and the condition SourceVerified. */
import type { ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import type { Staged, Verified } from "../git/git.ts";
import type { Verification } from "../status/record.ts";
import type { Visit } from "./visit.ts";

const FAILURES: ReadonlySet<Reason> = new Set([
  "NotSigned",
  "SignatureInvalid",
  "SignerNotAllowed",
  "SignersInvalid",
]);
const SHORT_SHA = 12;

/** The revision was staged, and so is signed, where that was asked for. */
export async function noteVerified({ commit, verified }: Staged, visit: Visit): Promise<void> {
  if (verified === undefined) {
    if (visit.record().verification === undefined) return;
    await visit.update(({ verification: _old, ...rest }) => rest);
    return;
  }
  await note(
    {
      revision: commit.sha,
      verified: true,
      reason: "SourceVerified",
      message: `${describe(verified, commit.sha)} is signed by ${verified.signer} (${verified.keyType} ${verified.fingerprint})`,
    },
    visit,
  );
}

/** The revision could not be staged; whether for want of a signature is said by the error. */
export async function noteUnverified(revision: string, error: ReconcileError, visit: Visit): Promise<void> {
  if (!FAILURES.has(error.reason)) return;
  const { reason, message } = error;
  await note({ revision, verified: false, reason, message }, visit);
}

async function note(verification: Verification, visit: Visit): Promise<void> {
  await visit.update((record) => ({ ...record, verification }));
}

function describe({ mode, tag }: Verified, sha: string): string {
  const commit = `commit ${sha.slice(0, SHORT_SHA)}`;
  return mode === "HEAD" ? commit : `tag ${JSON.stringify(tag ?? "")} of ${commit}`;
}
