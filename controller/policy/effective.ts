/** Which policy holds for an Application. Pure. */
import { EVERYTHING, fieldOfRule, type Allowed, type AppliesTo, type Policy } from "../api/policy.ts";
import { restrictedPolicy } from "../api/policy-schema.ts";
import { hashOf } from "../lib/hash.ts";
import { isListed } from "./patterns.ts";

/** What holds where nobody gave a policy. */
export const DEFAULT_POLICY: Policy = { name: "default", allowed: EVERYTHING, exceptions: [] };

export interface EffectivePolicy {
  readonly name: string;
  readonly allowed: Allowed;
  /** Changes with all that could change what is refused. */
  readonly digest: string;
}

/** The first of the policies that is for it, its exceptions taken into account; where none is, "restricted". */
export function effectivePolicy(
  policies: readonly Policy[],
  application: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): EffectivePolicy {
  const policy =
    policies.find(({ appliesTo }) => appliesTo === undefined || isFor(appliesTo, application)) ??
    restrictedPolicy();
  const lifted = policy.exceptions
    .filter((exception) => isFor(exception, application))
    .flatMap(({ rules }) => rules.map(fieldOfRule));
  const allowed = {
    ...policy.allowed,
    ...Object.fromEntries(lifted.map((field) => [field, EVERYTHING[field]])),
  };
  return { name: policy.name, allowed, digest: hashOf(allowed) };
}

function isFor(
  { applications, labels = {} }: AppliesTo,
  application: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  if (applications !== undefined && !isListed(application.name, applications)) return false;
  return Object.entries(labels).every(([key, value]) => application.labels[key] === value);
}
