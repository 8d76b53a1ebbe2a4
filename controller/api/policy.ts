/**
 * What a Policy is, as the rest of ConOps sees it: read from a file, checked against `crds/policies.yaml`. It is no resource
 * of the registry. Fields and rules are one to one: the rule about `hostPaths` is `host-paths`.
 */
import type { PolicyWithDefaults } from "./generated/policy.ts";

type Whole = PolicyWithDefaults["spec"];

/** What is allowed, each field with its value. */
export type Allowed = { readonly [Field in Exclude<keyof Whole, "appliesTo" | "exceptions">]: Whole[Field] };

export type RuleName = NonNullable<Whole["exceptions"]>[number]["rules"][number];

/** Some Applications: those that match what is given of both. */
export interface AppliesTo {
  /** Names, with `*` for any part of one. */
  readonly applications?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** One valid Policy. Frozen. */
export interface Policy {
  readonly name: string;
  /** Whom it is for; everybody when absent. */
  readonly appliesTo?: AppliesTo;
  readonly allowed: Allowed;
  readonly exceptions: readonly (AppliesTo & { readonly rules: readonly RuleName[] })[];
}

/** What holds where nobody gave a policy: the repository's author is trusted with the powers of the host. */
export const EVERYTHING: Allowed = {
  privileged: true,
  hostNamespaces: ["network", "pid", "ipc", "uts", "user", "cgroup"],
  otherContainers: true,
  capabilities: ["*"],
  devices: ["*"],
  gpus: true,
  securityOptions: ["*"],
  noNewPrivileges: false,
  sysctls: ["*"],
  cgroupParent: true,
  runtimes: ["*"],
  annotations: ["*"],
  hostPriority: true,
  containerNames: true,
  loggingDrivers: ["*"],
  models: true,
  dockerSocket: true,
  hostPaths: [{ path: "/", readOnly: false }],
  nestedMounts: true,
  volumeDrivers: ["*"],
  fileSystems: ["*"],
  externalVolumes: ["*"],
  externalNetworks: ["*"],
  networkDrivers: ["*"],
  networkOptions: ["*"],
  subnets: ["*"],
  ports: ["0-65535"],
  portAddresses: ["*"],
  images: ["*"],
  imageDigests: false,
  builds: true,
  buildImages: ["*"],
  buildContexts: ["*"],
  buildHostAccess: true,
  unknownFields: true,
};

/** `hostPaths` → `host-paths`. */
export function ruleOf(field: keyof Allowed): RuleName {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) as RuleName; // tests hold them together
}

/** `host-paths` → `hostPaths`. */
export function fieldOfRule(rule: RuleName): keyof Allowed {
  return rule.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof Allowed;
}
