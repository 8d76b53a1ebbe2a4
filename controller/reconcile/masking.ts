/**
 * What other programs said, and what was found on the host, without the values of Secrets. Names of services, resources
 * and reasons stay as they are: they never come from a Secret.
 */
import { ReconcileError } from "../api/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Mask } from "../lib/mask.ts";
import type { Finding } from "./judged.ts";
import type { Plan } from "./plan.ts";
import { AdoptionRequiredError } from "./require.ts";

/** Fields of log lines that hold names and closed words. */
const NAMES: ReadonlySet<string> = new Set([
  "application",
  "project",
  "service",
  "services",
  "event",
  "reason",
  "revision",
  "ref",
  "trigger",
  "command",
  "operation",
]);

/** A log whose lines hold none of the values, whatever is handed to it. */
export function maskedLog(log: Log, mask: Mask): Log {
  const clean = (fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, NAMES.has(key) ? value : maskDeep(value, mask)]),
    );
  return {
    debug: (message, fields) => log.debug(message, clean(fields)),
    info: (message, fields) => log.info(message, clean(fields)),
    warn: (message, fields) => log.warn(message, clean(fields)),
    error: (message, fields) => log.error(message, clean(fields)),
  };
}

/** The same failure in words that hold none of the values. What it was caused by is left out where it would. */
export function maskedError(error: ReconcileError, mask: Mask): ReconcileError {
  if (error instanceof AdoptionRequiredError) return error.told(mask);
  const message = mask(error.message);
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const isClean = message === error.message && mask(cause) === cause;
  if (isClean) return error;
  const { reason, terminal } = error;
  return new ReconcileError(message, { reason, terminal });
}

/** Images, commands and the words of containers may hold what was interpolated. */
export function maskedPlan(plan: Plan, mask: Mask): Plan {
  const finding = (found: Finding): Finding => ({
    ...found,
    expected: mask(found.expected),
    actual: mask(found.actual),
  });
  const { failedOneShot } = plan;
  return {
    ...plan,
    findings: plan.findings.map(finding),
    steps: plan.steps.map((step) => ({ ...step, why: mask(step.why) })),
    services: plan.services.map((service) => ({
      ...service,
      image: mask(service.image),
      ...(service.message !== undefined && { message: mask(service.message) }),
    })),
    health: { ...plan.health, message: mask(plan.health.message) },
    ...(failedOneShot && { failedOneShot: finding(failedOneShot) }),
  };
}

function maskDeep(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask(value);
  if (value instanceof ReconcileError) return maskedError(value, mask);
  if (value instanceof Error) return mask(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return value.map((item) => maskDeep(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, maskDeep(field, mask)]));
}
