import { messageOf, type ReconcileError } from "../api/errors.ts";
import type { Log, LogFields } from "../lib/log.ts";

/** Tells of failing keys once: the same failure of the same key again is `debug`, until the key recovers or is forgotten. */
export interface FailureLog {
  failed(key: string, error: ReconcileError, retries: number): void;
  /** For what reconcile did not expect: a bug, or a fault of the machine. */
  threw(key: string, error: unknown, retries: number): void;
  timedOut(key: string, timeoutMs: number, retries: number): void;
  /** Says so, if the key had failed. */
  recovered(key: string): void;
  forget(key: string): void;
}

export function createFailureLog(log: Log): FailureLog {
  const told = new Map<string, string>();

  function tell(
    level: "warn" | "error",
    message: string,
    key: string,
    text: string,
    fields: LogFields,
  ): void {
    const known = told.get(key) === text;
    told.set(key, text);
    log[known ? "debug" : level](message, { key, ...fields });
  }

  return {
    failed(key, error, retries) {
      const { reason, message, terminal, cause } = error;
      const details = cause === undefined ? {} : { cause };
      tell("warn", "reconcile failed", key, `${reason} ${message}`, {
        reason,
        message,
        retries,
        terminal,
        ...details,
      });
    },
    threw(key, error, retries) {
      tell("error", "reconcile threw", key, `threw ${messageOf(error)}`, { error, retries });
    },
    timedOut(key, timeoutMs, retries) {
      tell("warn", "reconcile timed out", key, "timed out", { timeoutMs, retries });
    },
    recovered(key) {
      if (told.delete(key)) log.info("reconcile recovered", { key });
    },
    forget(key) {
      told.delete(key);
    },
  };
}
