/**
 * The process: streams, signals and exit codes. The commands are in `cli/`; what `run` starts is in `controller.ts`.
 */
import { CommanderError } from "commander";
import { oneLine } from "./cli/clean.ts";
import type { ApplicationDiff } from "./api/diff.ts";
import type { Flags } from "./cli/command.ts";
import { CommandError, TroubleError, UsageError } from "./cli/errors.ts";
import type { PreviewHooks, PreviewRequest } from "./cli/preview.ts";
import { createProgram } from "./cli/program.ts";
import { runUntilSignal } from "./cli/run-until-signal.ts";
import { createTerminal } from "./cli/terminal.ts";
import { KEY_VARIABLE, readAllowFileRepos, readConfig, readFolders, unknownVariables } from "./config.ts";
import type { PreviewSetting } from "./preview-sync.ts";
import type { EncryptionKeys } from "./encryption-keys.ts";
import { isErrno } from "./lib/atomic-file.ts";
import { systemClock } from "./lib/clock.ts";
import { SETTINGS } from "./settings.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const terminal = createTerminal(process);
const surroundings = { env: process.env, cwd: process.cwd(), isTTY: process.stdout.isTTY };
let exitCode = 0;
let isController = false;

/** For the commands that know secrets, before anything else. Loaded here only, so that no other command pays for it. */
async function readKeys(flags: Flags): Promise<EncryptionKeys> {
  const { forbidDumps, takeVariable } = await import("./lib/harden.ts");
  forbidDumps();
  const fromVariable = takeVariable(KEY_VARIABLE);
  const { readEncryptionKeys } = await import("./encryption-keys.ts");
  return readEncryptionKeys(flags, surroundings, fromVariable);
}

/** The controller, until a signal. Loaded here only, so that no other command pays for it. */
async function run(flags: Flags): Promise<void> {
  const { keyring, warnings } = await readKeys(flags);
  const config = readConfig(flags, surroundings);
  const { checkConfigFiles } = await import("./config-files.ts");
  await checkConfigFiles(config);
  const { createPolicyOf, readPolicies } = await import("./policies.ts");
  const policies = await readPolicies(config.policy);
  const policyOf = await createPolicyOf(policies, config);
  isController = true;
  const { createLogger } = await import("./telemetry/logger.ts");
  const log = createLogger({ format: config.logFormat, level: config.logLevel, stream: process.stdout });
  const end = async (code: number): Promise<never> => {
    await log.close();
    process.exit(code); // whatever a library may still hold open
  };
  const onBug = (error: unknown): void => {
    log.error("unexpected exception: the controller ends", { error });
    void end(EXIT_FAILED); // cannot fail
  };
  process.on("uncaughtException", onBug).on("unhandledRejection", onBug);
  for (const message of unknownVariables(process.env)) log.warn("unknown variable", { message });
  for (const message of warnings) log.warn("encryption keys", { message });
  log.info("policies", { policies: policies.map(({ name }) => name) });
  try {
    const { startController } = await import("./controller.ts");
    await runUntilSignal(() => startController(config, { log, keyring, policyOf }), { log, process });
  } catch (error) {
    log.error("the controller cannot go on", { error });
    await end(EXIT_FAILED);
  }
  await end(0);
}

/** What a sync would change, found out in this process. Loaded here only, so that no other command pays for it. */
async function preview(flags: Flags, request: PreviewRequest, hooks: PreviewHooks): Promise<ApplicationDiff> {
  previewSetting ??= readPreviewSetting(flags);
  const { previewSync } = await import("./preview-sync.ts");
  return previewSync(request, { ...(await previewSetting), ...hooks });
}

/** Once, however many are compared: the variable with the keys is forgotten when it is read. */
let previewSetting: ReturnType<typeof readPreviewSetting> | undefined;

async function readPreviewSetting(
  flags: Flags,
): Promise<Pick<PreviewSetting, "config" | "keyring" | "policyOf">> {
  const { keyring, warnings } = await readKeys(flags);
  for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
  const config = readConfig(flags, surroundings);
  const { checkConfigFiles } = await import("./config-files.ts");
  await checkConfigFiles(config);
  const { createPolicyOf, readPolicies } = await import("./policies.ts");
  return { config, keyring, policyOf: await createPolicyOf(await readPolicies(config.policy), config) };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE; // it has printed its text
  if (error instanceof UsageError || error instanceof CommandError || error instanceof TroubleError) {
    terminal.err(`${terminal.paint("red", "Error:")} ${oneLine(error.message)}\n`);
    return error instanceof CommandError ? EXIT_FAILED : EXIT_USAGE;
  }
  terminal.err(`Error: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT_FAILED;
}

process.stdout.on("error", (error) => {
  if (!isErrno(error, "EPIPE")) throw error;
  // A reader that has seen enough ends a command, and never the controller.
  if (!isController) process.exit(exitCode);
});

const program = createProgram({
  terminal,
  clock: systemClock,
  settings: Object.values(SETTINGS),
  allowFileRepos: SETTINGS.allowFileRepos,
  encryptionKeyFile: SETTINGS.encryptionKeyFile,
  readFolders: (flags) => readFolders(flags, surroundings),
  readAllowFileRepos: (flags) => readAllowFileRepos(flags, surroundings),
  async readKeyring(flags) {
    const { keyring, warnings } = await readKeys(flags);
    for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
    return keyring;
  },
  run,
  preview,
  setExitCode: (code) => (exitCode = code),
}).hook("preAction", (_, command) => {
  if (command.name() === "run") return;
  for (const warning of unknownVariables(process.env)) terminal.err(`Warning: ${warning}\n`);
});

// The clock's timers keep no process alive; a command that waits has to live.
const alive = setInterval(() => {}, 2 ** 30);
try {
  await program.parseAsync();
} catch (error) {
  exitCode = exitCodeOf(error);
} finally {
  clearInterval(alive);
}
process.exitCode = exitCode;
