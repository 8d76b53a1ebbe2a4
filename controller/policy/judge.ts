/**
 * The one mechanism of every policy: each rule looks at the rendered project, and at what the policy allows. Rules of the
 * base hold under every policy; the others refuse nothing where everything is allowed. Pure: what a path leads to is handed
 * in.
 */
import { BASE_RULES } from "./base-rules.ts";
import { CONTAINER_RULES } from "./container-rules.ts";
import { ENGINE_RULES } from "./engine-rules.ts";
import { IMAGE_RULES } from "./image-rules.ts";
import type { PolicyInput, Rule, Violation } from "./input.ts";
import { KNOWN_FIELDS_RULE } from "./known-fields.ts";
import { MOUNT_RULES } from "./mount-rules.ts";
import { NETWORK_RULES } from "./network-rules.ts";

/** The rules that a policy is about, each by the name of its field. */
export const POLICY_RULES: readonly Rule[] = [
  ...CONTAINER_RULES,
  ...ENGINE_RULES,
  ...MOUNT_RULES,
  ...NETWORK_RULES,
  ...IMAGE_RULES,
  KNOWN_FIELDS_RULE,
];

/** More help nobody. */
const MAX_VIOLATIONS = 100;

/** Everything that is refused: in the order of the rules, then that of the project; nothing twice. */
export function findViolations(input: PolicyInput): readonly Violation[] {
  const found = new Map<string, Violation>();
  for (const { name: rule, reason, check } of [...BASE_RULES, ...POLICY_RULES]) {
    for (const finding of check(input)) {
      const key = `${rule}\n${finding.message}`;
      if (!found.has(key)) found.set(key, { rule, reason, ...finding });
    }
  }
  return [...found.values()].slice(0, MAX_VIOLATIONS);
}

/** What a message says of them: the first, its rule where a policy is behind it, and how many more there are. */
export function tellViolations(violations: readonly Violation[]): string {
  const [first, ...others] = violations;
  if (first === undefined) return "";
  const rule = POLICY_RULES.some(({ name }) => name === first.rule) ? ` (rule ${first.rule})` : "";
  return `${first.message}${rule}${others.length === 0 ? "" : `; and ${others.length} more`}`;
}
