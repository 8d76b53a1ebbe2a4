import { Option, type Command } from "commander";
import { parseInterval } from "../api/interval.ts";
import { addCommand, contextOf, previewSettings } from "./command.ts";
import type { Flags, ProgramDeps } from "./command.ts";
import { UsageError } from "./errors.ts";

export const TIMEOUT_FLAG = "--timeout <duration>";
export const TIMEOUT_DEFAULT = "5m";

/** Adds the commands that ask the controller for something, and `wait`. */
export function addActing(program: Command, deps: ProgramDeps): void {
  addCommand(
    program,
    deps,
    "sync",
    "sync",
    "look at the remote now, and apply what is wanted",
    previewSettings(deps),
  )
    .argument("<NAME...>", "names of Applications")
    .option("--dry-run", "only say what would be changed, as conops diff does")
    .option("--wait", "wait until it is healthy, or failed")
    .option(TIMEOUT_FLAG, "how long to wait", TIMEOUT_DEFAULT)
    .addOption(new Option("-o, --output <format>", "how to print, with --dry-run").choices(["json"]))
    .action(async (names: readonly string[], flags: Flags) => {
      if (flags["dryRun"] !== true) return request("sync", deps, names, flags);
      const { diff } = await import("./diff.ts");
      return diff(deps, flags, {
        names,
        requested: true,
        output: flags["output"] === "json" ? "json" : "text",
      });
    });

  addCommand(program, deps, "retry", "retry", "try what failed again, at once")
    .argument("<NAME...>", "names of Applications")
    .option("--wait", "wait until it is healthy, or failed")
    .option(TIMEOUT_FLAG, "how long to wait", TIMEOUT_DEFAULT)
    .action((names: readonly string[], flags: Flags) => request("retry", deps, names, flags));

  addCommand(program, deps, "confirmDeletion", "confirm-deletion", "go on with a deletion that is held")
    .argument("[NAME...]", "names of Applications")
    .option("--all", "all whose deletion is held")
    .action(async (names: readonly string[], flags: Flags) => {
      const all = flags["all"] === true;
      if (all === names.length > 0) throw new UsageError("Name the Applications to confirm, or use --all");
      const { confirmDeletion } = await import("./request.ts");
      await confirmDeletion(contextOf(deps, flags), all ? "all" : names);
    });

  addCommand(program, deps, "wait", "wait", "wait until resources are as you want them")
    .argument("<NAME...>", "names of Applications, or KIND/NAME")
    .requiredOption("--for <what>", "Ready, CONDITION=True|False|Unknown, phase=PHASE, or delete")
    .option(TIMEOUT_FLAG, "how long to wait", TIMEOUT_DEFAULT)
    .action(async (names: readonly string[], flags: Flags) => {
      const [{ waitFor }, { parseGoal }] = await Promise.all([import("./wait.ts"), import("./goal.ts")]);
      const goal = parseGoal(String(flags["for"]));
      await waitFor(contextOf(deps, flags), { words: names, goal, timeoutMs: readTimeout(flags) });
    });
}

async function request(
  action: "sync" | "retry",
  deps: ProgramDeps,
  names: readonly string[],
  flags: Flags,
): Promise<void> {
  const waitMs = flags["wait"] === true ? readTimeout(flags) : undefined;
  const { requestAction } = await import("./request.ts");
  await requestAction(contextOf(deps, flags), { action, names, waitMs });
}

/** Throws UsageError for what is no duration. */
export function readTimeout(flags: Flags): number {
  const text = String(flags["timeout"] ?? TIMEOUT_DEFAULT);
  const ms = parseInterval(text);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} for --timeout: expected a duration, such as 90s or 5m`,
  );
}
