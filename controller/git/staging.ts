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
import type { CheckedOut, CheckoutRequest } from "./protocol.ts";
import { actOf, requireUsable } from "./stage-request.ts";
import { ofSubmodule, planSubmodules, type Part, type PlannedSubmodules } from "./submodules.ts";
import { createVerifier } from "./verifier.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface StagingOptions {
  readonly mirrors: MirrorKeeper;
  /** The data directory, in which no submodule may be. */
  readonly ownFolder: string;
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
const MAX_FETCHES = 3;
const HOPELESS_MS = 3_600_000;
const MAX_HOPELESS = 1000;

export function createStaging(options: StagingOptions): Staging {
  const { mirrors, ownFolder, limits, clock, pool, measured } = options;
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
    const { remote, sha, ref, submodules } = request;
    const key = `${remote.id} ${sha}`;
    let parts: readonly Part[] = [{ remote, sha, ...(ref !== undefined && { ref }), path: "", holders: [] }];
    let leftOut: ReadonlyMap<string, string> = new Map();
    let mended = (hopelessUntil.get(key) ?? 0) > clock.monotonic();
    /** How often each part was fetched, by its path. */
    const fetches = new Map<string, number>();

    async function fetch(part: Part, damaged: number | undefined): Promise<void> {
      const wanted = part.path === "" ? request : { ...part, dir: request.dir };
      const count = (fetches.get(part.path) ?? 0) + 1;
      fetches.set(part.path, count);
      try {
        if (count > MAX_FETCHES) {
          const message = `Cannot ${actOf("check out", wanted)}: the mirror does not keep it`;
          throw new ReconcileError(message, { reason: "CheckoutFailed" });
        }
        await mirrors.fetch(wanted, damaged, signal);
      } catch (error) {
        throw ofSubmodule(part.path, error);
      }
    }

    for (;;) {
      const generations = new Map(parts.map(({ remote: { id } }) => [id, mirrors.generation(id)]));
      try {
        const verified = await verifier.verify(request, signal);
        const answer: CheckedOut =
          verified === undefined
            ? { kind: "lacking", parts: [0] }
            : await checkOut(request, { parts, leftOut }, signal);
        if (answer.kind === "staged") {
          await mirrors.keepTogether(
            remote.id,
            parts.slice(1).map((part) => part.remote.id),
          );
          return verified === undefined || verified === "not asked"
            ? answer.staged
            : { ...answer.staged, verified };
        }
        if (answer.kind === "lacking") {
          await allOf(
            parts.filter((_, index) => answer.parts.includes(index)).map((part) => fetch(part, undefined)),
          );
        } else if (submodules !== undefined) {
          const planned = await planSubmodules(parts, answer.wanted, submodules, ownFolder);
          parts = planned.parts;
          leftOut = new Map([...leftOut, ...planned.leftOut]);
        }
      } catch (error) {
        if (!(error instanceof ReconcileError) || !isDamage(error.cause)) throw error;
        if (mended) {
          if (hopelessUntil.size >= MAX_HOPELESS) hopelessUntil.clear();
          hopelessUntil.set(key, clock.monotonic() + HOPELESS_MS);
          throw error;
        }
        mended = true;
        // Whose mirror it was is not known: with submodules, any of them may be.
        await allOf(parts.map((part) => fetch(part, generations.get(part.remote.id))));
      }
    }
  }

  async function checkOut(
    request: StageRequest,
    { parts, leftOut }: PlannedSubmodules,
    signal: AbortSignal,
  ): Promise<CheckedOut> {
    const { paths, submodules, dir } = request;
    const release = await useAll(parts, signal);
    const checkout: CheckoutRequest = {
      op: "checkout",
      parts: parts.map(({ remote, sha, path }) => ({ mirror: mirrors.pathOf(remote.id), sha, path })),
      ...(paths && { paths }),
      ...(submodules && { submodules: { leftOut } }),
      limits,
      dir,
    };
    const run = pool.run({ request: checkout, totalMs: limits.checkoutMs }, signal);
    void run.over.then(release);
    try {
      return await measured("checkout", () => run.answer);
    } catch (error) {
      // The worker may still write: then the folder goes when it has ended, and nobody waits for that.
      const cleaned = tracked(run.over.then(() => removeFolder(dir)));
      if (signal.aborted || isTimeout(error)) cleaned.catch(() => undefined);
      else await cleaned;
      const folders = [dir, ...checkout.parts.map(({ mirror }) => mirror)];
      throw explain({ act: actOf("check out", request), folders }, error);
    }
  }

  /** Each mirror once, always in the same order: two checkouts must not wait for each other. */
  async function useAll(parts: readonly Part[], signal: AbortSignal): Promise<() => void> {
    const releases: (() => void)[] = [];
    const release = (): void => {
      for (const one of releases) one();
    };
    try {
      for (const id of [...new Set(parts.map(({ remote }) => remote.id))].toSorted()) {
        releases.push(await mirrors.use(id, signal));
      }
    } catch (error) {
      release();
      throw error;
    }
    return release;
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

/** Waits for all of them, also where one fails. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}
