import { formatAge } from "./age.ts";
import type { CommandContext } from "./context.ts";
import { warnWithoutController } from "./controller-running.ts";
import { CommandError, UsageError } from "./errors.ts";
import { follow, FollowTimeout } from "./follow.ts";
import { judge } from "./goal.ts";
import type { Goal, Verdict } from "./goal.ts";
import { createProgress } from "./progress.ts";
import type { Resource } from "./resource.ts";
import { keyOf, parseSelection, select } from "./selection.ts";
import type { Selection } from "./selection.ts";

export interface WaitOptions {
  /** Kinds and names, as `parseSelection` reads them. */
  readonly words: readonly string[];
  readonly goal: Goal;
  readonly timeoutMs: number;
}

/** How long a name may be nowhere before that is more than an editor's save. */
const GONE_MS = 3000;

/**
 * Waits until every named resource is where the goal wants it, and says so. Throws CommandError for a name that nobody
 * knows (but for `delete`, where that is the goal), for one that is deleted meanwhile, and at the timeout, with the last
 * state in words; UsageError for a phase of what has none.
 */
export async function waitFor(
  context: CommandContext,
  { words, goal, timeoutMs }: WaitOptions,
): Promise<void> {
  const { terminal, manifestsDir, clock } = context;
  const selection = readSelection(words, goal);
  await warnWithoutController(context);
  const wanted = selection.names.map(keyOf);
  const say = createProgress(terminal);
  const verdicts = new Map<string, Verdict>();
  const goneSince = new Map<string, number>();
  let first = true;
  const look = (resources: readonly Resource[]): boolean => {
    if (first && goal.kind !== "delete") select(resources, selection, manifestsDir);
    first = false;
    for (const name of wanted) {
      if (verdicts.get(name)?.met === true) continue;
      const resource = resources.find(({ key }) => key === name);
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

function readSelection(
  words: readonly string[],
  goal: Goal,
): Selection & { readonly names: NonNullable<Selection["names"]> } {
  const selection = parseSelection(words);
  const { names, kinds } = selection;
  if (names === undefined)
    throw new UsageError(`Name what to wait for, such as ${kinds[0]?.toLowerCase()}/NAME`);
  if (goal.kind === "phase" && kinds.some((kind) => kind !== "Application")) {
    throw new UsageError(
      "Cannot wait for a phase of anything but an Application: wait for a condition, such as Ready",
    );
  }
  return { ...selection, names };
}
