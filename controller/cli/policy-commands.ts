import { Argument, type Command } from "commander";
import { addCommand } from "./command.ts";
import type { ProgramDeps } from "./command.ts";

/** Adds the commands about policies; they read no manifest. */
export function addPolicy(program: Command, deps: ProgramDeps): void {
  const { terminal } = deps;
  const policy = program
    .command("policy")
    .description("what Compose projects may ask of the host: show a built-in policy, check one of your own")
    .helpCommand(false)
    .showHelpAfterError("See: conops policy --help");
  addCommand(policy, deps, "policyShow", "show", "print a policy that is built in, every field explained", [])
    .addArgument(new Argument("[NAME]", "restricted or default").choices(["restricted", "default"]))
    .action(async (name: string | undefined) => {
      const { showPolicy } = await import("./policy.ts");
      showPolicy(terminal, name === "default" ? name : "restricted");
    });
  addCommand(
    policy,
    deps,
    "policyCheck",
    "check",
    "check a file of Policies, and say what is wrong where",
    [],
  )
    .argument("<FILE>", "the file, or - for the standard input")
    .action(async (file: string) => {
      const { checkPolicyFile } = await import("./policy.ts");
      if (!(await checkPolicyFile(terminal, file))) deps.setExitCode(1);
    });
}
