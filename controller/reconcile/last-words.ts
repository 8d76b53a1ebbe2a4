import { redact } from "../lib/redact.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Memory } from "./memory.ts";
import type { Visit } from "./visit.ts";

const LINES = 5;
/** For the log of a sync: so many lines, of so many containers. */
const LOG_LINES = 50;
const LOG_CONTAINERS = 5;
const LENGTH = 300;

/**
 * The last thing that a container wrote, on one line, quoted; empty when it wrote nothing or is gone. Read once for each
 * life of a container.
 */
export async function lastWordsOf(
  containerId: string | undefined,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<string> {
  return (await lastLinesOf(containerId, visit, memory, deps)).at(-1) ?? "";
}

/** The same of its last few lines, the last one at the end. */
export async function lastLinesOf(
  containerId: string | undefined,
  visit: Visit,
  memory: Memory,
  deps: ReconcileDeps,
): Promise<readonly string[]> {
  if (containerId === undefined) return [];
  const container = deps.engine.project(visit.project).find(({ id }) => id === containerId);
  if (container === undefined) return [];
  const of = `${containerId}@${container.startedAt}`;
  if (memory.lastWords?.of === of) return memory.lastWords.lines;
  const lines = await readLastLines(containerId, visit, deps);
  memory.lastWords = { of, lines };
  return lines;
}

/** The same of the last line, read now. */
export async function readLastWords(containerId: string, visit: Visit, deps: ReconcileDeps): Promise<string> {
  return (await readLastLines(containerId, visit, deps)).at(-1) ?? "";
}

async function readLastLines(
  containerId: string,
  visit: Visit,
  deps: ReconcileDeps,
): Promise<readonly string[]> {
  if (!visit.knowsValues) return [];
  // Words are a courtesy: a container that is just going away has none.
  const lines = await deps.docker.lastLines(containerId, LINES, visit.signal).catch(() => []);
  return lines
    .map((line) => redact(visit.mask(line)).trim())
    .filter((line) => line !== "")
    .map((line) => JSON.stringify(line.slice(0, LENGTH)));
}

/** Puts the last lines of these containers into the log of the sync. */
export async function sayLastLines(
  containers: readonly { readonly id: string; readonly service: string }[],
  visit: Visit,
  deps: ReconcileDeps,
): Promise<void> {
  for (const { id, service } of containers.slice(0, LOG_CONTAINERS)) {
    if (!visit.knowsValues) {
      visit.say(`left out are the last lines of service "${service}", in which values of Secrets may stand`);
      continue;
    }
    const lines = await deps.docker.lastLines(id, LOG_LINES, visit.signal).catch(() => []);
    visit.say(`the last lines of service "${service}"${lines.length === 0 ? ": none" : ":"}`);
    for (const line of lines) visit.say(redact(visit.mask(line)), service);
  }
}
