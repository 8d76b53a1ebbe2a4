/**
 * The stable checkout becomes that of the target. From its first changed file on the host is between two targets, and the
 * record says so before; it also says what each container was given until then.
 */
import type { Staged } from "../git/git.ts";
import { CheckoutConflictError, updateStableCheckout } from "../git/stable-checkout.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { ApplicationRecord, FilesRecord, MadeTarget, Target } from "../status/record.ts";
import type { MadeCheckout } from "../status/rollback-types.ts";
import { attemptOf } from "./attempts.ts";
import type { ReconcileDeps } from "./deps.ts";
import { afterUpdate, beforeUpdate } from "./given-files.ts";
import { localChangePolicy, recordLocalChanges, type Uses } from "./local-change.ts";
import { covers } from "./target.ts";
import type { Visit } from "./visit.ts";

export interface CheckoutUpdate {
  readonly target: Pick<Target, "revision">;
  readonly staged: Pick<Staged, "entries" | "paths">;
  readonly stagingDir: string;
  readonly rendering: Uses & { readonly mounts: MadeCheckout["mountPaths"] };
  readonly made: MadeTarget;
  /** Half of the files are written. For tests that end the process there. */
  readonly onHalf: () => void;
  /** Saves this change of the record: from now on, files and containers may be touched. */
  readonly begin: (change: (record: ApplicationRecord) => ApplicationRecord) => Promise<void>;
}

/** Throws ReconcileError `CheckoutConflict`: then nothing was changed, and the record says nothing of the target. */
export async function updateCheckout(
  { target, staged, stagingDir, rendering, made, begin, onHalf }: CheckoutUpdate,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  const wanted = made.mounts ?? {};
  const beforeChange = async (paths: readonly string[]): Promise<void> => {
    const engineId = deps.engine.engineId();
    const changes = (service: string, name: string): boolean =>
      (rendering.mounts[service] ?? [])
        .filter((mount) => mount.name === name)
        .some((mount) => paths.some((path) => covers(mount.paths, path)));
    const files = beforeUpdate(visit.record().files, await ours(visit, deps), { wanted, changes });
    visit.signal.throwIfAborted();
    await begin((record) => ({
      ...record,
      project: visit.project,
      ...(engineId !== undefined && { engineId }),
      files,
      attempt: { ...attemptOf(record), made },
    }));
    failpoint("checkout-begun", visit.name);
  };
  const checkout = await updateStableCheckout(
    {
      name: visit.name,
      stableDir: visit.stableDir,
      stagingDir,
      revision: target.revision,
      entries: staged.entries,
      ...(staged.paths && { paths: staged.paths }),
      onLocalChange: localChangePolicy(rendering),
      beforeChange,
      onStep: (done, of) => {
        if (done * 2 >= of) onHalf();
      },
    },
    deps.ledgers,
    visit.signal,
  ).catch(async (error: unknown) => {
    if (error instanceof CheckoutConflictError) await recordLocalChanges(error.conflicts, rendering, visit);
    throw error;
  });
  await recordLocalChanges(checkout.kept, rendering, visit);
  const containers = await ours(visit, deps);
  const after = (files: FilesRecord | undefined): FilesRecord => afterUpdate(files, containers, wanted);
  await visit.update((record) => ({ ...record, files: after(record.files) }));
  const { copies, left } = checkout;
  if (copies.length === 0 && left.length === 0) return;
  const fields = { application: visit.name, left, copies };
  deps.log.warn("files of the checkout were changed on this host", fields);
}

async function ours(visit: Visit, deps: ReconcileDeps): ReturnType<ReconcileDeps["engine"]["refresh"]> {
  const containers = await deps.engine.refresh(visit.project, deps.hardStop);
  return containers.filter(({ oneOff, configHash }) => !oneOff && configHash !== "");
}
