/**
 * The command line: every command, its flags and its help. Commands work on the folder of manifests alone, so they also
 * work while no controller runs. What a command needs is loaded when it is called.
 */
import { relative } from "node:path";
import { Command, Option } from "commander";
import { addActing } from "./acting-commands.ts";
import { addCommand, contextOf } from "./command.ts";
import type { Flags, ProgramDeps } from "./command.ts";
import { addDiff } from "./diff-command.ts";
import { UsageError } from "./errors.ts";
import { DESCRIPTION, EPILOGUE } from "./help.ts";
import type { Output } from "./output.ts";
import { addPolicy } from "./policy-commands.ts";
import { addRollback } from "./rollback-command.ts";
import { addSecrets } from "./secret-commands.ts";
import { formatVersion, readVersion } from "./version.ts";

const OUTPUTS: readonly Output[] = ["table", "wide", "json", "yaml", "name"];

const KINDS_AND_NAMES =
  "applications (apps; the default), secrets (sec), receivers (rcv), several with commas, or all; then names; or KIND/NAME";

/**
 * The program. `parseAsync` rejects with UsageError or CommandError for what went wrong, and with CommanderError for a
 * wrong command line or after a help text (which commander has then printed).
 */
export function createProgram(deps: ProgramDeps): Command {
  const { terminal } = deps;
  const program = new Command("conops")
    .description(DESCRIPTION)
    .addHelpText("after", EPILOGUE)
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride()
    .showHelpAfterError("See: conops --help")
    .helpOption("-h, --help", "show this help")
    .version(`conops ${readVersion()}`, "-V, --version", "show the version");

  program.commandsGroup("Run it:");
  addCommand(
    program,
    deps,
    "run",
    "run",
    "run the controller, until SIGTERM or Ctrl-C",
    deps.settings,
  ).action((flags: Flags) => deps.run(flags));
  program.commandsGroup("Look at it:");
  addLooking(program, deps);
  program.commandsGroup("Act on it:");
  addActing(program, deps);
  addRollback(program, deps);
  program.commandsGroup("Keep secrets:");
  addSecrets(program, deps);
  program.commandsGroup("Other:");
  addPolicy(program, deps);
  program.helpCommand("help [command]", "show the help of a command");
  addCommand(program, deps, "version", "version", "show the version", [])
    .addOption(new Option("-o, --output <format>", "how to print").choices(["json"]))
    .action((flags: Flags) => terminal.out(formatVersion(flags["output"] === "json" ? "json" : undefined)));
  return program;
}

function addLooking(program: Command, deps: ProgramDeps): void {
  addCommand(program, deps, "get", "get", "show Applications, Secrets or Receivers in a table")
    .argument("[NAME...]", KINDS_AND_NAMES)
    .usage("[options] [KIND] [NAME...]")
    .addOption(new Option("-o, --output <format>", "how to print").choices(OUTPUTS).default("table"))
    .option("-w, --watch", "go on printing what changes")
    .option("-l, --selector <labels>", "only those with these labels, such as team=web,tier!=db")
    .option("--no-headers", "leave out the first line of the table")
    .action(async (names: readonly string[], flags: Flags) => {
      const [{ getResources, watchResources }, { parseSelector }] = await Promise.all([
        import("./get.ts"),
        import("./selector.ts"),
      ]);
      const selector = flags["selector"];
      const options = {
        words: names,
        output: OUTPUTS.find((output) => output === flags["output"]) ?? "table",
        headers: flags["headers"] !== false,
        ...(typeof selector === "string" && { matches: parseSelector(selector) }),
      };
      await (flags["watch"] === true ? watchResources : getResources)(contextOf(deps, flags), options);
    });

  addCommand(program, deps, "describe", "describe", "show everything about a resource, and why")
    .argument("<NAME...>", KINDS_AND_NAMES)
    .usage("[options] [KIND] <NAME...>")
    .action(async (names: readonly string[], flags: Flags) => {
      const { describeResources } = await import("./describe.ts");
      await describeResources(contextOf(deps, flags), names);
    });

  addHistory(program, deps);
  addDiff(program, deps);

  const folders = deps.settings.filter(({ everywhere }) => everywhere);
  addCommand(program, deps, "validate", "validate", "check manifests, and say what is wrong where", [
    ...folders,
    deps.allowFileRepos,
  ])
    .argument(
      "[PATH...]",
      "files, folders, or - for the standard input; the folder of manifests when none is given",
    )
    .action(async (paths: readonly string[], flags: Flags) => {
      const { validate } = await import("./validate.ts");
      const { manifestsDir } = contextOf(deps, flags);
      const isValid = await validate(deps.terminal, {
        paths: paths.length === 0 ? [relative(process.cwd(), manifestsDir) || "."] : paths,
        allowFileRepos: deps.readAllowFileRepos(flags),
      });
      if (!isValid) deps.setExitCode(1);
    });
}

function addHistory(program: Command, deps: ProgramDeps): void {
  const outputs = OUTPUTS.filter((output) => output !== "name");
  addCommand(program, deps, "history", "history", "show what was done for an Application, and its logs")
    .argument("<NAME>", "an application")
    .addOption(new Option("-o, --output <format>", "how to print").choices(outputs).default("table"))
    .option("--no-headers", "leave out the first line of the table")
    .option("--log [id]", "print the log of that sync; of the newest one, without an id")
    .action(async (name: string, flags: Flags) => {
      const { showHistory, showLog } = await import("./history.ts");
      const { log } = flags;
      const context = contextOf(deps, flags);
      if (log !== undefined && log !== false) {
        if (typeof log === "string" && !/^[1-9][0-9]*$/.test(log))
          throw new UsageError(
            `Cannot use ${JSON.stringify(log)} for --log: expected the ID of a sync, as conops history shows it`,
          );
        return showLog(context, name, log === true ? undefined : Number(log));
      }
      return showHistory(context, {
        name,
        output: outputs.find((output) => output === flags["output"]) ?? "table",
        headers: flags["headers"] !== false,
      });
    });
}
