import { Option, type Command } from "commander";
import { addCommand, previewSettings } from "./command.ts";
import type { Flags, ProgramDeps } from "./command.ts";
import { UsageError } from "./errors.ts";

/** Adds `diff`. */
export function addDiff(program: Command, deps: ProgramDeps): void {
  addCommand(
    program,
    deps,
    "diff",
    "diff",
    "show what a sync would change, and why; changes nothing",
    previewSettings(deps),
  )
    .argument("[NAME...]", "names of Applications")
    .option(
      "-f, --file <file>",
      "a manifest (- for the standard input) in the place of the one in the folder",
    )
    .option("--revision <revision>", "a commit, branch or tag instead of what the manifest follows")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["json"]))
    .action(async (names: readonly string[], flags: Flags) => {
      const { file, revision, output } = flags;
      if (names.length === 0 && typeof file !== "string") {
        throw new UsageError("Name an Application, or a manifest by --file");
      }
      const { diff } = await import("./diff.ts");
      await diff(deps, flags, {
        names,
        ...(typeof file === "string" && { file }),
        ...(typeof revision === "string" && { revision }),
        output: output === "json" ? "json" : "text",
      });
    });
}
