import { formatAge } from "./age.ts";
import { plainName, requireResources } from "./context.ts";
import type { CommandContext } from "./context.ts";
import { warnWithoutController } from "./controller-running.ts";
import { CommandError } from "./errors.ts";
import { follow, FollowTimeout } from "./follow.ts";
import { judge } from "./goal.ts";
import type { Goal, Verdict } from "./goal.ts";
import { createProgress } from "./progress.ts";
import type { Resource } from "./resource.ts";

export interface WaitOptions {
  readonly names: readonly string[];
  readonly goal: Goal;
  readonly timeoutMs: number;
}

/** How long a name may be nowhere before that is more than an editor's save. */
const GONE_MS = 3000;

/**
 * Waits until every named Application is where the goal wants it, and says so. Throws CommandError for a name that nobody
 * knows (but for `delete`, where that is the goal), for one that is deleted meanwhile, and at the timeout, with the last
 * state in words.
 */
export async function waitFor(
  context: CommandContext,
  { names, goal, timeoutMs }: WaitOptions,
): Promise<void> {
  const { terminal, manifestsDir, clock } = context;
  await warnWithoutController(context);
  const wanted = [...new Set(names.map(plainName))];
  const say = createProgress(terminal);
  const verdicts = new Map<string, Verdict>();
  const goneSince = new Map<string, number>();
  let first = true;
  const look = (resources: readonly Resource[]): boolean => {
    if (first && goal.kind !== "delete") requireResources(resources, wanted, manifestsDir);
    first = false;
    for (const name of wanted) {
      if (verdicts.get(name)?.met === true) continue;
      const resource = resources.find((each) => each.name === name);
      if (resource === undefined && goal.kind !== "delete") {
        const since = goneSince.get(name) ?? clock.monotonic();
        goneSince.set(name, since);
        if (clock.monotonic() - since > GONE_MS) throw new CommandError(`${name} was deleted.`);
        continue;
      }
      goneSince.delete(name);
      const verdict = judge(goal, resource);
      verdicts.set(name, verdict);
      if (verdict.met) terminal.out(`${name}: ${verdict.text}\n`);
      else say(name, verdict.text);
    }
    return wanted.every((name) => verdicts.get(name)?.met === true);
  };
  try {
    await follow(context, timeoutMs, look);
  } catch (error) {
    if (!(error instanceof FollowTimeout)) throw error;
    const open = wanted.filter((name) => verdicts.get(name)?.met !== true);
    const states = open.map((name) => `${name}: ${verdicts.get(name)?.text ?? "unknown"}`);
    throw new CommandError(`Timed out after ${formatAge(timeoutMs)}. ${states.join("; ")}`);
  }
}
