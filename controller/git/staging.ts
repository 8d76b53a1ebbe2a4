/**
 * From a remote to a fresh folder: a mirror is fetched when it lacks the commit, the commit is verified where that is asked
 * for (`verifier.ts`), and only then checked out. A mirror that is damaged is fetched afresh, once.
 */
import { ReconcileError } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { explain, isDamage, OperationError } from "./errors.ts";
import type { Staged, StageRequest } from "./git.ts";
import type { GitLimits } from "./limits.ts";
import type { GitOperation } from "./metrics.ts";
import type { MirrorKeeper } from "./mirror-keeper.ts";
import { removeFolder } from "./mirrors.ts";
import type { CheckoutRequest } from "./protocol.ts";
import { actOf, requireUsable } from "./stage-request.ts";
import { createVerifier } from "./verifier.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface StagingOptions {
  readonly mirrors: MirrorKeeper;
  readonly limits: GitLimits;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly measured: <A>(operation: GitOperation, work: () => Promise<A>) => Promise<A>;
}

export interface Staging {
  stage(request: StageRequest, signal: AbortSignal): Promise<Staged>;
  /** Resolves when nothing is under way, cleaning up included. */
  settled(): Promise<void>;
}

/** Another Application's fetch may replace the mirror between our fetch and our checkout. */
const MAX_PASSES = 3;
const HOPELESS_MS = 3_600_000;
const MAX_HOPELESS = 1000;

export function createStaging(options: StagingOptions): Staging {
  const { mirrors, limits, clock, pool, measured } = options;
  /** Commits that a fresh mirror did not help, and until when it is not tried again: what is wrong is not the mirror. */
  const hopelessUntil = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const verifier = createVerifier({ mirrors, limits, clock, pool });

  function tracked<A>(work: Promise<A>): Promise<A> {
    underWay.add(work);
    const forget = (): void => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  async function stage(request: StageRequest, signal: AbortSignal): Promise<Staged> {
    await requireUsable(request);
    const { id } = request.remote;
    const key = `${id} ${request.sha}`;
    let mended = (hopelessUntil.get(key) ?? 0) > clock.monotonic();
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const generation = mirrors.generation(id);
      try {
        const verified = await verifier.verify(request, signal);
        if (verified !== undefined) {
          const staged = await checkOut(request, signal);
          if (staged !== undefined) return verified === "not asked" ? staged : { ...staged, verified };
        }
        await mirrors.fetch(request, undefined, signal);
      } catch (error) {
        if (!(error instanceof ReconcileError) || !isDamage(error.cause)) throw error;
        if (mended) {
          if (hopelessUntil.size >= MAX_HOPELESS) hopelessUntil.clear();
          hopelessUntil.set(key, clock.monotonic() + HOPELESS_MS);
          throw error;
        }
        mended = true;
        await mirrors.fetch(request, generation, signal);
      }
    }
    throw new ReconcileError(`Cannot ${actOf("check out", request)}: the mirror does not keep it`, {
      reason: "CheckoutFailed",
    });
  }

  /** Undefined when the mirror lacks the commit. */
  async function checkOut(request: StageRequest, signal: AbortSignal): Promise<Staged | undefined> {
    const { remote, sha, paths, dir } = request;
    const mirror = mirrors.pathOf(remote.id);
    const release = await mirrors.use(remote.id, signal);
    const checkout: CheckoutRequest = {
      op: "checkout",
      parts: [{ mirror, sha, path: "" }],
      ...(paths && { paths }),
      limits,
      dir,
    };
    const run = pool.run({ request: checkout, totalMs: limits.checkoutMs }, signal);
    void run.over.then(release);
    try {
      const answer = await measured("checkout", () => run.answer);
      return answer.kind === "staged" ? answer.staged : undefined;
    } catch (error) {
      // The worker may still write: then the folder goes when it has ended, and nobody waits for that.
      const cleaned = tracked(run.over.then(() => removeFolder(dir)));
      if (signal.aborted || isTimeout(error)) cleaned.catch(() => undefined);
      else await cleaned;
      throw explain({ act: actOf("check out", request), folders: [dir, mirror] }, error);
    }
  }

  return {
    stage: (request, signal) => tracked(stage(request, signal)),
    async settled() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof OperationError && error.failure.kind === "timedOut";
}
