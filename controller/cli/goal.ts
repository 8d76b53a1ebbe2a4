import { formatFault } from "../api/application.ts";
import { CONDITION_TYPES, PHASES } from "../api/status.ts";
import type { Condition, ConditionType, Phase, SecretStatus, StatusDocument } from "../api/status.ts";
import { oneLine } from "./clean.ts";
import { didYouMean } from "./did-you-mean.ts";
import { UsageError } from "./errors.ts";
import { applicationStatus, conditionOf, secretStatus } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** What `wait` waits for. */
export type Goal =
  | { readonly kind: "condition"; readonly type: ConditionType; readonly status: Condition["status"] }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "delete" };

/** How far one resource is, in words. */
export interface Verdict {
  readonly met: boolean;
  readonly text: string;
}

const STATUSES = ["True", "False", "Unknown"] as const;

/**
 * `Ready`, `Healthy=False`, `condition=Ready`, `condition=Ready=False` (as kubectl writes it), `phase=Synced` or `delete`.
 * Throws UsageError for anything else.
 */
export function parseGoal(text: string): Goal {
  if (text.toLowerCase() === "delete") return { kind: "delete" };
  const [first = "", ...rest] = text.split("=");
  if (first.toLowerCase() === "phase") {
    return { kind: "phase", phase: oneOf(PHASES, rest.join("="), "phase") };
  }
  const parts = first.toLowerCase() === "condition" ? rest : [first, ...rest];
  const [type = "", status = "True", ...more] = parts;
  if (more.length > 0)
    throw new UsageError(`Cannot use ${JSON.stringify(text)} for --for: expected CONDITION=STATUS`);
  return {
    kind: "condition",
    type: oneOf(CONDITION_TYPES, type, "condition"),
    status: oneOf(STATUSES, status, "status of a condition"),
  };
}

/**
 * Whether the resource is where the goal wants it. A status counts only if it is of the manifest as it is on disk now, so
 * that an edit of a moment ago is not answered by the state before it. Undefined is a resource that nobody knows any more.
 */
export function judge(goal: Goal, resource: Resource | undefined): Verdict {
  if (resource === undefined) return { met: goal.kind === "delete", text: "deleted" };
  if (goal.kind === "delete") return { met: false, text: describeState(resource) };
  const stale = whyStale(resource);
  if (stale !== undefined) return { met: false, text: stale };
  const { status } = resource;
  if (goal.kind === "phase") {
    return { met: applicationStatus(resource)?.phase === goal.phase, text: describeState(resource) };
  }
  const condition = conditionOf(status, goal.type);
  if (condition === undefined) {
    // Reconciling and Stalled are there only while they are True.
    const isFalse = goal.type === "Reconciling" || goal.type === "Stalled";
    return { met: isFalse && goal.status === "False", text: describeState(resource) };
  }
  const current = condition.observedGeneration >= (status?.status.observedGeneration ?? 0);
  return { met: current && condition.status === goal.status, text: describeCondition(condition) };
}

/** Why the status does not speak of the manifest on disk; undefined when it does, or when there is no manifest. */
export function whyStale(resource: Resource): string | undefined {
  const { manifest, place, writtenSpecHash, faults, status } = resource;
  if (place === undefined) return undefined;
  const [fault] = faults;
  const ready = conditionOf(status, "Ready");
  if (manifest === undefined && fault !== undefined) {
    const seen = ready?.reason === "InvalidManifest";
    return seen ? undefined : `the manifest is not valid: ${oneLine(formatFault(fault))}`;
  }
  if (status === undefined) return "no status yet";
  const { metadata, status: observed } = status;
  const isCurrent =
    (writtenSpecHash === undefined || specHashOf(observed) === writtenSpecHash) &&
    observed.observedGeneration >= (metadata.generation ?? 0) &&
    !(status.kind === "Secret" && isOtherSecret(resource, status.status)) &&
    ready?.reason !== "InvalidManifest";
  return isCurrent ? undefined : "the controller has not looked at the manifest as it is now";
}

/** The state of a resource in one line: its Ready condition, else its phase. */
export function describeState({ status, faults }: Pick<Resource, "status" | "faults">): string {
  const ready = conditionOf(status, "Ready");
  if (ready !== undefined) return describeCondition(ready);
  const phase = applicationStatus({ ...(status && { status }) })?.phase;
  if (phase !== undefined) return `phase ${oneLine(phase)}`;
  if (status !== undefined) return "no condition yet";
  return faults[0] === undefined ? "no status yet" : oneLine(formatFault(faults[0]));
}

/** The type, or the names of the fields, are not those that the status speaks of. */
function isOtherSecret({ kind, manifest }: Resource, { type, fields }: SecretStatus): boolean {
  const written = secretStatus({ kind, ...(manifest && { manifest }) });
  const names = (all: SecretStatus["fields"]): string => all.map(({ name }) => name).join(" ");
  return written !== undefined && (written.type !== type || names(written.fields) !== names(fields));
}

/** A Secret has none: what it holds must not be guessed from a hash. */
function specHashOf(status: StatusDocument["status"]): string | undefined {
  return "observedSpecHash" in status ? status.observedSpecHash : undefined;
}

function describeCondition({ type, status, reason, message }: Condition): string {
  const why = oneLine(message ?? "");
  return oneLine(`${type} is ${status} (${reason})${why === "" ? "" : `: ${why}`}`);
}

function oneOf<Value extends string>(values: readonly Value[], text: string, what: string): Value {
  const match = values.find((value) => value.toLowerCase() === text.toLowerCase());
  if (match !== undefined) return match;
  const hint = didYouMean(text, values) || ` Expected one of ${values.join(", ")}.`;
  throw new UsageError(`Cannot wait for ${what} ${JSON.stringify(text)}.${hint}`);
}
