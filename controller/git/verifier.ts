/**
 * Verifies what a mirror holds. A worker hands over raw bytes, and the controller's process judges them, before anything of the
 * revision is written anywhere. That is safer than judging them in the worker: a pack that subverts libgit2 could make its
 * process say anything, whereas bytes that hash to the wanted id and carry a good signature cannot be made up.
 */
import type { Clock } from "../lib/clock.ts";
import { redact } from "../lib/redact.ts";
import { explain } from "./errors.ts";
import type { StageRequest, Verified } from "./git.ts";
import type { GitLimits } from "./limits.ts";
import type { MirrorKeeper } from "./mirror-keeper.ts";
import { verifyRevision } from "./verification.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface VerifierOptions {
  readonly mirrors: Pick<MirrorKeeper, "pathOf" | "use">;
  readonly limits: GitLimits;
  readonly clock: Clock;
  readonly pool: WorkerPool;
}

export interface Verifier {
  /**
   * Says who signed the revision; `not asked` when the request does not ask; undefined when the mirror lacks what is to be read.
   * Throws ReconcileError as `verifyRevision` does.
   */
  verify(request: StageRequest, signal: AbortSignal): Promise<Verified | "not asked" | undefined>;
}

export function createVerifier({ mirrors, limits, clock, pool }: VerifierOptions): Verifier {
  async function read(request: StageRequest, id: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const { remote } = request;
    const mirror = mirrors.pathOf(remote.id);
    const release = await mirrors.use(remote.id, signal);
    const run = pool.run({ request: { op: "read", mirror, id }, totalMs: limits.checkoutMs }, signal);
    void run.over.then(release);
    try {
      const { bytes } = await run.answer;
      return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      const act = `verify the signature of commit ${request.sha.slice(0, 12)} of "${redact(remote.url)}"`;
      throw explain({ act, folders: [mirror] }, error);
    }
  }

  return {
    async verify(request, signal) {
      const { verify } = request;
      if (verify === undefined) return "not asked";
      return verifyRevision(
        { ...request, verify },
        { now: clock.now(), read: (id) => read(request, id, signal) },
      );
    },
  };
}
