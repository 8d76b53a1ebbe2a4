/** The symbolic links of a checkout: which of them are made, and why the others are not. */
import { judgeLink } from "./links.ts";
import { OperationFault } from "./operation-fault.ts";
import { MAX_TARGET_BYTES, type Found } from "./worker-tree.ts";

export interface PlannedLink {
  readonly target: Buffer;
  /** Why it is left out. */
  readonly fault?: string;
}

/** To follow the links of a real repository takes a thousandth of it. */
const MAX_STEPS = 20_000_000;

/** The links among these by path. Throws OperationFault when to follow them all would take for ever. */
export async function planLinks(found: readonly Found[]): Promise<ReadonlyMap<string, PlannedLink>> {
  // Paths and targets are compared as bytes, one character each.
  const targets = new Map<string, string>();
  const links = found.filter(({ mode }) => mode === "120000");
  for (const { path, blob, from } of links) {
    const target = await from.bytes(blob, path, MAX_TARGET_BYTES);
    targets.set(bytesOf(path), target?.toString("latin1") ?? "x".repeat(MAX_TARGET_BYTES + 1));
  }
  let steps = 0;
  const spend = (more: number): void => {
    steps += more;
    if (steps > MAX_STEPS) {
      throw new OperationFault("UnsupportedContent", "its symbolic links lead through too many others");
    }
  };
  const plans = new Map<string, PlannedLink>();
  for (const { path } of links) {
    const text = targets.get(bytesOf(path)) ?? "";
    const fault = faultOfTarget(text) ?? faultOfVerdict(judgeLink(bytesOf(path), targets, spend));
    const target = Buffer.from(text, "latin1");
    plans.set(path, fault === undefined ? { target } : { target, fault });
  }
  return plans;
}

function faultOfTarget(target: string): string | undefined {
  if (target === "" || target.includes("\0")) return "it has no usable target";
  return target.length > MAX_TARGET_BYTES ? "its target is too long" : undefined;
}

function faultOfVerdict(verdict: ReturnType<typeof judgeLink>): string | undefined {
  if (verdict === "inside") return undefined;
  return verdict === "outside" ? "it leads out of the repository" : "it leads in a circle";
}

function bytesOf(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}
