import type { ReconcileError } from "./errors.ts";

/**
 * What came of one reconcile. Only the worker decides what follows:
 * - `synced`: nothing left to do; the key's failures are forgotten, and it is looked at again after `recheckAfterMs`.
 * - `waiting`: something else must come first; costs no backoff.
 * - `failed`: counted; retried after `recheckAfterMs` where the reconcile knows when, else with backoff, unless the error is
 *   terminal (then only a new event helps).
 * - `gone`: the key means nothing any more; everything about it is forgotten.
 */
export type Outcome =
  | { readonly kind: "synced"; readonly recheckAfterMs?: number }
  | { readonly kind: "waiting"; readonly reason: string; readonly recheckAfterMs?: number }
  | {
      readonly kind: "failed";
      readonly error: ReconcileError;
      readonly recheckAfterMs?: number;
      /** An event has said it already: the worker's log need not. */
      readonly told?: true;
    }
  | { readonly kind: "gone" };

/** Works on one key. Throws only for the unexpected; the worker reports that and retries. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>;
