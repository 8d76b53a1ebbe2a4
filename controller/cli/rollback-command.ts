import { Option, type Command } from "commander";
import { readTimeout, TIMEOUT_DEFAULT, TIMEOUT_FLAG } from "./acting-commands.ts";
import { addCommand, contextOf, type Flags, type ProgramDeps } from "./command.ts";
import { UsageError } from "./errors.ts";

const OUTPUTS = ["text", "json", "yaml"] as const;

/** Adds `rollback`. */
export function addRollback(program: Command, deps: ProgramDeps): void {
  addCommand(program, deps, "rollback", "rollback", "pin an earlier revision in the manifest")
    .argument("<NAME>", "name of an Application")
    .option(
      "--to <commit>",
      "its id, or at least 4 digits of one in the history (default: the last healthy one)",
    )
    .option("--undo", "follow again what was followed before the rollback")
    .option("--dry-run", "only say what would be edited")
    .option("--wait", "wait until it is healthy, or failed")
    .option(TIMEOUT_FLAG, "how long to wait", TIMEOUT_DEFAULT)
    .addOption(new Option("-o, --output <format>", "how to print").choices(OUTPUTS).default("text"))
    .action(async (name: string, flags: Flags) => {
      const { to, undo = false, dryRun = false, wait = false } = flags;
      if (undo === true && to !== undefined) throw new UsageError("Use --to or --undo, not both");
      if (dryRun === true && wait === true) throw new UsageError("Use --dry-run or --wait, not both");
      const { rollback } = await import("./rollback.ts");
      await rollback(contextOf(deps, flags), {
        name,
        ...(typeof to === "string" && { to }),
        undo: undo === true,
        dryRun: dryRun === true,
        waitMs: wait === true ? readTimeout(flags) : undefined,
        output: OUTPUTS.find((output) => output === flags["output"]) ?? "text",
      });
    });
}
