import type { Command } from "commander";
import type { Clock } from "../lib/clock.ts";
import type { Keyring } from "../secret/keyring.ts";
import type { ApplicationDiff } from "../api/diff.ts";
import type { CommandContext } from "./context.ts";
import { formatExamples } from "./help.ts";
import type { EXAMPLES } from "./help.ts";
import type { PreviewHooks, PreviewRequest } from "./preview.ts";
import type { Terminal } from "./terminal.ts";

/** Flags by their names in camel case; those that were not given are undefined. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** A flag that can also be a variable. */
export interface FlagSetting {
  /** As commander declares it. */
  readonly flag: string;
  readonly variable: string;
  readonly default: string;
  readonly meaning: string;
  readonly everywhere?: true;
  readonly previews?: true;
}

export interface ProgramDeps {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** The flags of `run`; every command takes those that are `everywhere`. */
  readonly settings: readonly FlagSetting[];
  /** The flag that `validate` shares with `run`. */
  readonly allowFileRepos: FlagSetting;
  /** The flag that the commands about Secrets share with `run`. */
  readonly encryptionKeyFile: FlagSetting;
  /** Throws UsageError. */
  readonly readFolders: (flags: Flags) => Pick<CommandContext, "manifestsDir" | "dataDir">;
  /** Throws UsageError. */
  readonly readAllowFileRepos: (flags: Flags) => boolean;
  /** The encryption keys, perhaps none. Rejects with UsageError. */
  readonly readKeyring: (flags: Flags) => Promise<Keyring>;
  /** What a sync would change. Changes nothing; rejects with ReconcileError for what a sync would fail by, too. */
  readonly preview: (flags: Flags, request: PreviewRequest, hooks: PreviewHooks) => Promise<ApplicationDiff>;
  /** Runs the controller until it is told to stop. */
  readonly run: (flags: Flags) => Promise<void>;
  /** What the process exits with when the command is over. */
  readonly setExitCode: (code: number) => void;
}

/** The flags of a command that prepares what the controller applies, and so needs what the controller is told. */
export function previewSettings({ settings }: Pick<ProgramDeps, "settings">): readonly FlagSetting[] {
  return settings.filter(({ everywhere, previews }) => everywhere === true || previews === true);
}

/** Adds one command with the flags of `settings` and its examples. */
export function addCommand(
  program: Command,
  { settings }: Pick<ProgramDeps, "settings">,
  examples: keyof typeof EXAMPLES,
  usage: string,
  description: string,
  flags: readonly FlagSetting[] = settings.filter(({ everywhere }) => everywhere),
): Command {
  const path = program.parent === null ? usage : `${program.name()} ${usage}`;
  const command = program
    .command(usage)
    .description(description)
    .showHelpAfterError(`See: conops ${path} --help`)
    .addHelpText("after", formatExamples(examples));
  for (const { flag, variable, default: value, meaning } of flags) {
    command.option(flag, `${meaning} (${variable}; default: ${value})`);
  }
  return command;
}

/** What a command is given, from its flags. Throws UsageError. */
export function contextOf(
  { terminal, clock, readFolders }: Pick<ProgramDeps, "terminal" | "clock" | "readFolders">,
  flags: Flags,
): CommandContext {
  return { terminal, clock, ...readFolders(flags) };
}
