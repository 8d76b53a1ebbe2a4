/** From a parsed document to a Policy with its defaults, or to what is wrong with it. */
import { isIP } from "node:net";
import { API_VERSION } from "./application.ts";
import { createChecker, deepFreeze } from "./check.ts";
import { anyOf, quoted, type FieldFault } from "./field-fault.ts";
import { policiesCRD } from "./generated/policies-crd.ts";
import type { PolicyWithDefaults } from "./generated/policy.ts";
import type { Allowed, Policy } from "./policy.ts";
import type { Fields, Rule, Rules } from "./schema-rules.ts";

export type CheckedPolicy = { readonly policy: Policy } | { readonly faults: readonly FieldFault[] };

const namesSomebody: Rule<Fields> = (selector) =>
  "applications" in selector || "labels" in selector
    ? undefined
    : `must name ${anyOf(["applications", "labels"])}, or both`;

export const POLICY_RULES: Rules = {
  objects: { "spec.appliesTo": namesSomebody, "spec.exceptions[]": namesSomebody },
  strings: {
    "spec.ports[]": (text) => {
      const [first = 0, last = first] = text.split("-").map(Number);
      return first <= last && last <= 65_535
        ? undefined
        : `must be a port up to 65535, or a range from a lower to a higher one, not ${quoted(text)}`;
    },
    "spec.portAddresses[]": rangeFault,
    "spec.subnets[]": rangeFault,
    "spec.hostPaths[].path": (path) =>
      path.split("/").some((part) => part === ".." || part === ".")
        ? `must be a path without "." and "..", not ${quoted(path)}`
        : undefined,
  },
};

const checker = createChecker(policiesCRD, { rules: POLICY_RULES });

/** The fields of `spec` that say what is allowed, with their descriptions, in the order of the CRD. */
export const ALLOWED_FIELDS: readonly { readonly name: keyof Allowed; readonly description: string }[] =
  Object.entries(checker.schema.properties?.["spec"]?.properties ?? {})
    .filter(([name]) => name !== "appliesTo" && name !== "exceptions")
    .map(([name, { description = "" }]) => ({ name: name as keyof Allowed, description }));

/** Checks a parsed document and fills in the defaults. The Policy is deeply frozen and shares nothing with `document`. */
export function checkPolicy(document: unknown): CheckedPolicy {
  const checked = checker.check(document, { allowFileRepos: false });
  if ("faults" in checked) return checked;
  const { metadata, spec } = checked.value as PolicyWithDefaults;
  const { appliesTo, exceptions, ...allowed } = spec;
  return {
    policy: deepFreeze({ name: metadata.name, ...(appliesTo && { appliesTo }), allowed, exceptions }),
  };
}

let restricted: Policy | undefined;

/** The built-in policy "restricted": one that allows nothing by a field of its own. */
export function restrictedPolicy(): Policy {
  restricted ??= readRestricted();
  return restricted;
}

function readRestricted(): Policy {
  const document = { apiVersion: API_VERSION, kind: "Policy", metadata: { name: "restricted" } };
  const checked = checkPolicy(document);
  if ("faults" in checked) throw new Error("Cannot read the built-in policy");
  return checked.policy;
}

function rangeFault(text: string): string | undefined {
  if (text === "*") return undefined;
  const [address = "", length, ...more] = text.split("/");
  const bits = isIP(address) === 6 ? 128 : 32;
  const isRange =
    isIP(address) !== 0 &&
    more.length === 0 &&
    (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits));
  return isRange
    ? undefined
    : `must be an address or a range in CIDR notation, such as 10.0.0.0/8, or "*", not ${quoted(text)}`;
}
