/** The repository files of a target that is brought back: from the mirror on disk into the stable checkout. */
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RenderedProject } from "../compose/compose.ts";
import type { StageRequest, Submodules } from "../git/git.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ApplicationRecord, MadeTarget } from "../status/record.ts";
import type { MadeCheckout } from "../status/rollback-types.ts";
import type { ReconcileDeps } from "./deps.ts";
import { updateCheckout } from "./update-checkout.ts";
import type { Visit } from "./visit.ts";

/**
 * The stable checkout holds the files of the target again. What was changed on this host meanwhile is treated as in a sync:
 * throws ReconcileError `CheckoutConflict` before anything is changed.
 */
export async function checkOutAgain(
  made: MadeTarget,
  project: RenderedProject,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const { checkout } = made;
  if (checkout === undefined) throw new Error(`Cannot roll "${visit.name}" back: its files are not recorded`);
  const parent = join(deps.dataDir, "staging");
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const stagingDir = join(parent, `${visit.name}-${randomBytes(8).toString("hex")}`);
  try {
    const staged = await deps.git.stage(stageRequest(checkout, stagingDir, visit, deps), visit.signal);
    failpoint("rollback-staged", visit.name);
    const { revision, usedPaths, mountPaths: mounts } = checkout;
    const rendering = { project, usedPaths, mounts };
    const begin = async (change: (record: ApplicationRecord) => ApplicationRecord): Promise<void> => {
      await visit.update(change);
    };
    const update = { target: { revision }, staged, stagingDir, rendering, made, begin };
    const onHalf = (): void => failpoint("rollback-half", visit.name);
    await updateCheckout({ ...update, onHalf }, visit, deps);
    failpoint("rollback-checked-out", visit.name);
  } finally {
    await rm(stagingDir, { recursive: true, force: true });
  }
}

/** The mirror of a submodule has the name of the Secret in its own: it is known also when the Secret is gone. */
function namedFor(host: string, { application, secrets }: Visit): ReturnType<Submodules["credentialFor"]> {
  const found = secrets.submodules.get(host);
  if (found !== undefined) return found;
  const ref = application.spec.source.submoduleSecretRefs.find((one) => one.host === host);
  return ref && { secret: ref.secretRef };
}

/**
 * The commit as it was checked out when it was applied. The mirror has it: no remote is asked. Its signature was checked then.
 * Should the mirror have been lost, it is fetched with the credential of today, if that is for the same remote.
 */
function stageRequest(
  { remote, revision, paths, submodules }: MadeCheckout,
  dir: string,
  visit: Visit,
  deps: ReconcileDeps,
): StageRequest {
  const today = deps.remoteOf(visit.application, visit.secrets.source);
  const { credential } = today.id === remote.id ? today : {};
  return {
    remote: { ...remote, ...(credential && { credential }) },
    sha: revision,
    dir,
    ...(paths && { paths }),
    ...(submodules && { submodules: { credentialFor: (host) => namedFor(host, visit) } }),
  };
}
