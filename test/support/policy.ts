import { EVERYTHING, type Allowed } from "../../controller/api/policy.ts";
import { restrictedPolicy } from "../../controller/api/policy-schema.ts";
import type { HostFacts, Place, Project, Violation } from "../../controller/policy/input.ts";
import { findViolations } from "../../controller/policy/judge.ts";

export const ROOT = "/data/checkouts/shop";
export const RESTRICTED: Allowed = restrictedPolicy().allowed;
export { EVERYTHING };

export const HOST: HostFacts = {
  dockerSockets: ["/var/run/docker.sock", "/run/docker.sock"],
  ownFolders: ["/data", "/srv/conops/manifests"],
};

/** A project named `shop`; what is not given is not there. */
export type Sketch = Partial<Project> & Readonly<Record<string, unknown>>;

/** What rules of a policy find in a sketched project; `places` are those that links lead elsewhere. */
export function judge(
  sketch: Sketch,
  allowed: Partial<Allowed> = {},
  places: Readonly<Record<string, Place>> = {},
  base: Allowed = RESTRICTED,
): readonly Violation[] {
  return findViolations({
    project: { name: "shop", services: {}, ...sketch },
    allowed: { ...base, ...allowed },
    uses: [],
    root: ROOT,
    kinds: new Map(),
    leftOut: [],
    places: new Map(Object.entries(places)),
    host: HOST,
  });
}

/** One service, `web`, with these fields. */
export function web(fields: Readonly<Record<string, unknown>>, more: Sketch = {}): Sketch {
  return { ...more, services: { web: fields, ...more.services } };
}

/** `rule: message` of each. */
export function told(violations: readonly Violation[]): readonly string[] {
  return violations.map(({ rule, message }) => `${rule}: ${message}`);
}
