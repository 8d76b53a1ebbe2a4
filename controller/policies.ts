/** Reads the policies that the controller is started with, and says which holds for an Application. */
import { readFile } from "node:fs/promises";
import { formatFault } from "./api/application.ts";
import { restrictedPolicy } from "./api/policy-schema.ts";
import type { Policy } from "./api/policy.ts";
import { UsageError } from "./cli/errors.ts";
import { whyUnreadable } from "./cli/input-file.ts";
import { withRealPaths } from "./compose/places.ts";
import type { Config } from "./config.ts";
import { DEFAULT_POLICY, effectivePolicy } from "./policy/effective.ts";
import type { ReconcileDeps } from "./reconcile/deps.ts";
import { parsePolicies } from "./registry/parse-policies.ts";

/** At least one. Throws UsageError for a file that cannot be read whole: the controller must not start without it. */
export async function readPolicies(policy: Config["policy"]): Promise<readonly Policy[]> {
  if (policy === "default") return [DEFAULT_POLICY];
  if (policy === "restricted") return [restrictedPolicy()];
  const { file } = policy;
  const fail = (why: string): UsageError =>
    new UsageError(`Cannot use ${JSON.stringify(file)} for --policy: ${why}`);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw fail(`${whyUnreadable(error)}; the policies that are built in are "restricted" and "default"`);
  }
  const parsed = parsePolicies(file, bytes);
  if (parsed.faults === undefined) return parsed.policies;
  const [first, ...others] = parsed.faults;
  const more = others.length > 0 ? ` (and ${others.length} more: conops policy check FILE)` : "";
  throw fail(`${first === undefined ? "it is not valid" : formatFault(first)}${more}`);
}

/** Which policy holds for an Application, with what of this host is to be known for it. */
export async function createPolicyOf(
  policies: readonly Policy[],
  { dockerHost, dataDir, manifestsDir }: Pick<Config, "dockerHost" | "dataDir" | "manifestsDir">,
): Promise<ReconcileDeps["policyOf"]> {
  const socket = /^unix:\/\/(\/.*)$/s.exec(dockerHost)?.[1];
  const host = {
    dockerSockets: await withRealPaths(socket === undefined ? [] : [socket]),
    ownFolders: await withRealPaths([dataDir, manifestsDir]),
  };
  return (application) => {
    const { allowed, digest } = effectivePolicy(policies, application);
    return { allowed, digest, host };
  };
}
