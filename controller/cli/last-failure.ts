import type { CommandContext } from "./context.ts";
import { CommandError } from "./errors.ts";
import { list } from "./paragraphs.ts";
import { applicationStatus, type Resource } from "./resource.ts";
import { logOfSync } from "./sync-log.ts";

const LINES = 12;

/** Of an Application whose last sync or healing failed: the end of its log, or why that cannot be shown. Else nothing. */
export async function lastFailure(resource: Resource, context: CommandContext): Promise<string> {
  const [last] = applicationStatus(resource)?.history ?? [];
  if (last?.result !== "Failed" || last.id === undefined || last.log === undefined) return "";
  try {
    const lines = (await logOfSync(context, resource.name, last.id)).trimEnd().split("\n");
    const shown = lines.slice(-LINES).map((line) => `  ${line}\n`);
    const more =
      lines.length > LINES
        ? `, the last ${LINES} lines (all: conops history ${resource.name} --log ${last.id})`
        : "";
    return `Log of ${last.id}${more}:\n${shown.join("")}`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return list("Log", [error.message]);
  }
}
