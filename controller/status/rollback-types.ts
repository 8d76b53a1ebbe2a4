/**
 * What the record keeps of rollbacks: what a target needs to be brought back exactly, the rollback under way, and what is
 * not tried again by itself.
 */
import type { Reason } from "../api/reasons.ts";
import type { Target } from "./target.ts";

/** Where the files of a target come from, so that they can be checked out again from the mirror. */
export interface MadeCheckout {
  /** The mirror's id and the URL, without a credential. */
  readonly remote: { readonly id: string; readonly url: string };
  /** The commit that was checked out: an older one than the target's where newer commits changed nothing that runs. */
  readonly revision: string;
  /** How much of it was checked out; all of it where this is not there. */
  readonly paths?: readonly string[];
  readonly submodules?: true;
  /** service → the repository files and folders that it uses. */
  readonly usedPaths: Readonly<Record<string, readonly string[]>>;
  /** service → the files and folders of each of its mounts. */
  readonly mountPaths: Readonly<
    Record<string, readonly { readonly name: string; readonly paths: readonly string[] }[]>
  >;
}

/** A reason with its sentence. */
export interface Problem {
  readonly reason: Reason;
  readonly message: string;
}

/** What became of a target that failed while `rollbackOnFailure` was asked for. */
export interface Rollback {
  /** What failed, and why. */
  readonly from: Target;
  readonly why: Problem;
  /** The last healthy target, which is brought back. Not there when the rollback was refused. */
  readonly to?: Target;
  /**
   * `running`: until `to` is brought up. `settling`: until its gate passes. `done`: it is healthy. `failed`: it is up, and
   * not healthy either. `refused`: nothing was done, for `problem`.
   */
  readonly state: "running" | "settling" | "done" | "failed" | "refused";
  readonly startedAt: string;
  /** The number of the sync, while it is being carried out. */
  readonly syncId?: number;
  /** How often `to` could not be brought up, and why not the last time. */
  readonly failures: number;
  readonly problem?: Problem;
  /** Wall milliseconds; not before then. */
  readonly retryAt?: number;
}

/** A target that was rolled back: neither it nor another one of the same content is tried again by itself. */
export interface Quarantined {
  /** The last target that was found to have this content. */
  readonly target: Target;
  /** As in `MadeTarget`. */
  readonly content?: string;
  /** The commit that was tried. */
  readonly revision: string;
  readonly why: Problem;
}
