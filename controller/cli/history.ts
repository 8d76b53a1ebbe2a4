import { stringify } from "yaml";
import type { HistoryEntry } from "../api/status.ts";
import { ageOf } from "./age.ts";
import type { CommandContext } from "./context.ts";
import { CommandError } from "./errors.ts";
import { createFolderReader } from "./folder.ts";
import { applicationStatus } from "./resource.ts";
import { parseApplications, select } from "./selection.ts";
import { logOfSync, newestLog } from "./sync-log.ts";
import { formatTable } from "./table.ts";

export interface HistoryOptions {
  readonly name: string;
  readonly output: "table" | "wide" | "json" | "yaml";
  readonly headers: boolean;
}

/** Prints what was done for an Application, newest first. Throws CommandError for a name that nobody has. */
export async function showHistory(context: CommandContext, options: HistoryOptions): Promise<void> {
  const { terminal, clock } = context;
  const { output, headers } = options;
  const { history, name } = await readHistory(context, options.name);
  if (output === "json") terminal.out(`${JSON.stringify(history, null, 2)}\n`);
  else if (output === "yaml")
    terminal.out(stringify(history, { lineWidth: 0, aliasDuplicateObjects: false }));
  else if (history.length === 0) terminal.err(`Nothing was done for "${name}" yet.\n`);
  else {
    const columns = COLUMNS.filter(({ wide = false }) => output === "wide" || !wide);
    const rows = history.map((entry) => columns.map(({ show }) => show(entry, clock.now()) ?? ""));
    terminal.out(formatTable({ head: headers ? columns.map(({ head }) => head) : [], rows }, terminal));
  }
}

/** Prints the log of one sync; of the newest one without an id. Throws CommandError where there is none to be read. */
export async function showLog(context: CommandContext, word: string, id: number | undefined): Promise<void> {
  const { history, name } = await readHistory(context, word);
  if (id === undefined) {
    context.terminal.out(await logOfSync(context, name, await newestLog(context, name)));
    return;
  }
  const known = history.flatMap((entry) => entry.id ?? []);
  // What is newer than the history is under way, perhaps.
  if (!known.includes(id) && id <= Math.max(0, ...known)) {
    throw new CommandError(
      `No sync ${id} in the history of "${name}", which has ${known.toReversed().join(", ")}`,
    );
  }
  context.terminal.out(await logOfSync(context, name, id));
}

interface Column {
  readonly head: string;
  readonly wide?: true;
  readonly show: (entry: HistoryEntry, nowMs: number) => string | undefined;
}

const COLUMNS: readonly Column[] = [
  { head: "ID", show: ({ id }) => (id === undefined ? "-" : String(id)) },
  { head: "STARTED", wide: true, show: ({ startedAt }) => startedAt },
  { head: "AGE", show: ({ finishedAt, startedAt }, now) => ageOf(finishedAt ?? startedAt, now) },
  { head: "REVISION", show: ({ revision }) => (revision ?? "").slice(0, 10) },
  { head: "RESULT", show: ({ result }) => result },
  { head: "TRIGGER", show: ({ trigger }) => trigger },
  { head: "TOOK", show: ({ durationSeconds }) => `${durationSeconds ?? "?"}s` },
  { head: "TIMES", show: ({ count = 1 }) => String(count) },
  { head: "SUBJECT", wide: true, show: ({ subject }) => subject },
  { head: "LOG", wide: true, show: ({ log }) => log },
  { head: "REASON", show: ({ reason }) => reason },
];

async function readHistory(
  { manifestsDir }: CommandContext,
  word: string,
): Promise<{ readonly name: string; readonly history: readonly HistoryEntry[] }> {
  const selection = {
    kinds: ["Application"],
    names: parseApplications([word], "show the history of"),
  } as const;
  const [resource] = select(await createFolderReader(manifestsDir).read(), selection, manifestsDir);
  if (resource === undefined) throw new CommandError(`No Application "${word}"`);
  return { name: resource.name, history: applicationStatus(resource)?.history ?? [] };
}
