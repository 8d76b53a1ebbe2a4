/**
 * What other programs said, and what was found on the host, without the values of Secrets. Names of services, resources
 * and reasons stay as they are: they never come from a Secret.
 */
import { ReconcileError } from "../api/errors.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { Log } from "../lib/log.ts";
import type { Mask } from "../lib/mask.ts";
import { oneLine } from "../lib/one-line.ts";
import type { Finding } from "./judged.ts";
import { maskedNames } from "./made.ts";
import type { Plan } from "./plan.ts";
import { AdoptionRequiredError } from "./require.ts";
import type { Step } from "./steps.ts";

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

/** How many causes of causes are looked at; a log shows no more. */
const MAX_CAUSES = 8;
const HEALTH_LENGTH = 200;
const ERROR_LENGTH = 400;

/**
 * Where the values are not known: of a sentence what ConOps itself says, and not what another program does, which stands
 * behind the first colon.
 */
export const withholding: Mask = (text) => text.replace(/: [^]*$/, ": ***");

/** The same failure in words that hold none of the values. What it was caused by is left out where it would. */
export function maskedError(error: ReconcileError, mask: Mask): ReconcileError {
  if (error instanceof AdoptionRequiredError) return error.told(mask);
  if (!tells(error, mask)) return error;
  const { reason, terminal, retryAfterMs } = error;
  return new ReconcileError(mask(error.message), {
    reason,
    terminal,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The same for whatever was thrown: the very same where it tells nothing. */
export function maskedThrown(thrown: unknown, mask: Mask): unknown {
  if (thrown instanceof ReconcileError) return maskedError(thrown, mask);
  if (!tells(thrown, mask)) return thrown;
  if (!(thrown instanceof Error)) return new Error(mask(String(thrown)));
  const masked = new Error(mask(thrown.message));
  masked.name = thrown.name;
  masked.stack = mask(thrown.stack ?? "");
  return masked;
}

function tells(thrown: unknown, mask: Mask, depth = 0): boolean {
  const has = (text: string | undefined): boolean => text !== undefined && mask(text) !== text;
  if (!(thrown instanceof Error)) return typeof thrown === "string" && has(thrown);
  if (depth > MAX_CAUSES || has(thrown.message) || has(thrown.stack)) return true;
  const others = thrown instanceof AggregateError ? (thrown.errors as readonly unknown[]) : [];
  return [thrown.cause, ...others].some((cause) => tells(cause, mask, depth + 1));
}

/**
 * What is said of it, and its image, without the values; and short enough for a message: whoever cuts before may cut a value
 * in two, which no mask would find.
 */
export function maskedContainer(
  container: ObservedContainer,
  { mask, knowsValues }: { readonly mask: Mask; readonly knowsValues: boolean },
): ObservedContainer {
  const shown = (text: string, length: number): string =>
    knowsValues || text === "" ? oneLine(mask(text), length) : "***";
  return {
    ...maskedNames(container, mask),
    image: knowsValues ? mask(container.image) : "***",
    error: shown(container.error, ERROR_LENGTH),
    healthOutput: shown(container.healthOutput, HEALTH_LENGTH),
  };
}

/** Images, commands and the words of containers may hold what was interpolated. */
export function maskedPlan(plan: Plan, mask: Mask): Plan {
  const finding = (found: Finding): Finding => ({
    ...found,
    expected: mask(found.expected),
    actual: mask(found.actual),
  });
  const masked = (step: Step): Step => ({ ...step, why: mask(step.why) });
  const { failedOneShot } = plan;
  return {
    ...plan,
    findings: plan.findings.map(finding),
    steps: plan.steps.map(masked),
    fileSteps: plan.fileSteps.map(masked),
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
