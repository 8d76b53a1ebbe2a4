import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

/** One line a minute for each Receiver and reason: who tries a thousand signatures does not fill the log. */
const EVERY_MS = 60_000;
const MAX_KEPT = 1000;

/** Why a delivery was refused, on the log only: whoever sent it learns the status. Explained in docs/webhooks.md. */
export const REFUSAL_REASONS = [
  "UnknownReceiver",
  "SecretUnavailable",
  "SignatureMissing",
  "SignatureMalformed",
  "SignatureWrong",
  "UnsupportedContent",
  "NoJson",
  "TooLarge",
  "TooSlow",
  "Gone",
  "Busy",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  /** Undefined: no Receiver of that name. */
  readonly receiver?: string;
  readonly reason: RefusalReason;
  readonly status: number;
}

/** Says on the log that a delivery was refused, and in the next such line how many were since. */
export function createRefusals({ log, clock }: { readonly log: Log; readonly clock: Clock }) {
  const kept = new Map<string, { readonly at: number; more: number }>();
  return function refused({ receiver, reason, status }: Refusal): void {
    const key = `${receiver ?? ""} ${reason}`;
    const now = clock.monotonic();
    const last = kept.get(key);
    if (last !== undefined && now - last.at < EVERY_MS) {
      last.more++;
      return;
    }
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(key, { at: now, more: 0 });
    const more = last?.more ?? 0;
    log.warn("delivery refused", {
      event: "DeliveryRefused",
      reason,
      ...(receiver !== undefined && { receiver }),
      status,
      ...(more > 0 && { more }),
    });
  };
}
