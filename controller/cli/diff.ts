/** `conops diff` and `conops sync --dry-run`: what a sync would change. What finds it out is handed in by main.ts. */
import { constants } from "node:os";
import type { ApplicationDiff } from "../api/diff.ts";
import { messageOf, ReconcileError } from "../api/errors.ts";
import type { Flags, ProgramDeps } from "./command.ts";
import { CommandError, TroubleError, UsageError } from "./errors.ts";
import { formatDiff } from "./format-diff.ts";
import { readInputFile } from "./input-file.ts";
import type { PreviewRequest } from "./preview.ts";
import { createTransient } from "./progress.ts";

export interface DiffOptions {
  readonly names: readonly string[];
  /** A manifest, or `-`. */
  readonly file?: string;
  readonly revision?: string;
  readonly output: "text" | "json";
  readonly requested?: boolean;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What takes less is not worth a line that comes and goes. */
const PATIENCE_MS = 700;

/**
 * Prints the differences, and sets the exit code as diff(1) does: 0 for none, 1 for some. Throws TroubleError (2), also for
 * what a sync would fail by. A signal breaks it off, with nothing left behind.
 */
export async function diff(deps: ProgramDeps, flags: Flags, options: DiffOptions): Promise<void> {
  const { terminal, clock } = deps;
  const stop = new AbortController();
  const transient = createTransient(terminal, clock, PATIENCE_MS);
  let signalled: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalled ??= signal;
    stop.abort(new Error("interrupted"));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const edited = options.file === undefined ? undefined : await readEdited(deps, options.file);
    const { revision, requested = false } = options;
    const found: ApplicationDiff[] = [];
    for (const name of options.names.length === 0 ? [undefined] : options.names) {
      const request = {
        name,
        ...(edited && { edited }),
        ...(revision !== undefined && { revision }),
        requested,
      };
      const onStep = (text: string): void => transient.say(name === undefined ? text : `${name}: ${text}`);
      found.push(await deps.preview(flags, request, { signal: stop.signal, onStep }));
    }
    transient.clear();
    terminal.out(
      options.output === "json"
        ? `${JSON.stringify(found.length === 1 ? found[0] : found, null, 2)}\n`
        : found.map((each) => formatDiff(each, terminal)).join("\n"),
    );
    for (const { metadata, warnings } of found) {
      for (const warning of warnings) terminal.err(`Warning: ${metadata.name}: ${warning}\n`);
    }
    if (found.some(({ differs }) => differs)) deps.setExitCode(1);
  } catch (error) {
    if (signalled !== undefined) deps.setExitCode(128 + constants.signals[signalled]);
    else throw asTrouble(error);
  } finally {
    transient.clear();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

async function readEdited(
  { terminal }: Pick<ProgramDeps, "terminal">,
  file: string,
): Promise<NonNullable<PreviewRequest["edited"]>> {
  return { name: file === "-" ? "<stdin>" : file, bytes: await readInputFile(terminal, file) };
}

/** 1 means "differs" here: whatever went wrong is 2. */
function asTrouble(error: unknown): unknown {
  if (error instanceof UsageError) return error;
  if (error instanceof ReconcileError || error instanceof CommandError)
    return new TroubleError(messageOf(error), { cause: error });
  return new TroubleError(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    cause: error,
  });
}
