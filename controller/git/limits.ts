export interface GitLimits {
  /** One ls-remote. */
  readonly listMs: number;
  /** A fetch, from its last progress, and as a whole. */
  readonly fetchIdleMs: number;
  readonly fetchTotalMs: number;
  /** What one fetch may receive. */
  readonly maxFetchBytes: number;
  readonly checkoutMs: number;
  /** One file of a checkout, and all of them together; more is refused before anything is written. */
  readonly maxFileBytes: number;
  readonly maxCheckoutBytes: number;
  /** How long a worker may finish other operations once one of them is over its limit. */
  readonly drainListMs: number;
  readonly drainStageMs: number;
  /** How long a mirror that nobody follows is kept after its last use. */
  readonly pruneGraceMs: number;
  /** How long an overgrown mirror waits until it is made anew; up to twice that, and longer while others are. */
  readonly rebuildAfterMs: number;
}

export const GIT_LIMITS: GitLimits = {
  listMs: 15_000,
  fetchIdleMs: 60_000,
  fetchTotalMs: 900_000,
  maxFetchBytes: 2 * 1024 ** 3,
  checkoutMs: 300_000,
  maxFileBytes: 100 * 1024 ** 2,
  maxCheckoutBytes: 2 * 1024 ** 3,
  drainListMs: 3000,
  drainStageMs: 30_000,
  pruneGraceMs: 3_600_000,
  rebuildAfterMs: 60_000,
};
