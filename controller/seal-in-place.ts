/** Seals, in the registry's own files, what stands there plain; never in a file that Git tracks. */
import { join } from "node:path";
import type { Secret } from "./api/secret.ts";
import { checkSecret } from "./api/secret-schema.ts";
import { EditError } from "./edit/edit-error.ts";
import { editManifestFile } from "./edit/edit-file.ts";
import type { SealingKey } from "./lib/aead.ts";
import type { Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { Sealing } from "./reconcile/secret-care.ts";
import { trackingOf } from "./registry/git-tracking.ts";
import type { ManifestPlace } from "./registry/registry.ts";
import { planSealing } from "./secret/seal-plan.ts";

export interface SealInPlaceDeps {
  readonly manifestsDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody is at the file, or at Git's index. */
const BUSY_RETRY_MS = 5000;
/** What a person has to mend is looked at again by an edit; this is for the rest. */
const REFUSED_RETRY_MS = 300_000;

/**
 * Seals the Secret's plain fields by `key`. What is sealed is what the file holds at that moment, whatever the registry has
 * read before. Rejects only by the signal.
 */
export async function sealInPlace(
  secret: Secret,
  { file }: ManifestPlace,
  key: SealingKey,
  { manifestsDir, clock, log }: SealInPlaceDeps,
  signal: AbortSignal,
): Promise<Sealing> {
  const { kind, name } = secret;
  const tracking = await trackingOf(join(manifestsDir, file));
  if (tracking === "tracked") {
    return {
      kind: "plain",
      reason: "PlaintextInGit",
      message:
        `a value stands in plain text in "${file}", which Git tracks, and is left alone: whoever can read the repository ` +
        `can read it; "conops seal --in-place ${file}" seals it, then commit that, and change the value`,
    };
  }
  if (tracking !== "untracked") {
    const why = tracking === "busy" ? "Git is at work in its folder" : "Git's index cannot be read";
    return { ...failed(`Cannot seal "${file}": ${why}`), retryMs: BUSY_RETRY_MS };
  }
  try {
    const { isChanged, leftovers } = await editManifestFile(
      {
        dir: manifestsDir,
        file,
        clock,
        edits: [
          {
            kind,
            name,
            changes(manifest) {
              const checked = checkSecret(manifest);
              // Edited into something invalid meanwhile: the registry will say so.
              return "secret" in checked ? planSealing(checked.secret, key, clock.now()) : [];
            },
          },
        ],
      },
      signal,
    );
    if (isChanged) log.info("sealed", { event: "Sealed", reason: "Sealed", secret: name, file, key: key.id });
    for (const { line } of leftovers)
      log.warn("a comment still holds what was sealed", { secret: name, file, line });
    return { kind: "sealed" };
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    const isPassing = error.kind === "busy" || error.kind === "gone";
    return { ...failed(error.message), retryMs: isPassing ? BUSY_RETRY_MS : REFUSED_RETRY_MS };
  }
}

function failed(message: string): {
  readonly kind: "plain";
  readonly reason: "SealFailed";
  readonly message: string;
} {
  return { kind: "plain", reason: "SealFailed", message: `a value stands in plain text: ${message}` };
}
