/** The parts that descriptions are made of. */
import { ageOf } from "./age.ts";
import { cleanText, oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { formatTable } from "./table.ts";
import { colorOf } from "./terminal.ts";

/** What a description is made with. */
export type Shown = Pick<CommandContext, "terminal" | "clock">;

const TITLE_WIDTH = 14;

/** A table below its title; nothing where there is nothing. */
export function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
  terminal: Shown["terminal"],
): string {
  if (rows.length === 0) return "";
  // A column in which nobody says anything only takes room.
  const used = head.map((_, column) => rows.some((row) => (row[column] ?? "") !== ""));
  const pick = (row: readonly (string | undefined)[]): string[] =>
    row.map((cell) => cell ?? "").filter((_, column) => used[column]);
  const table = formatTable({ head: pick(head), rows: rows.map(pick) }, terminal);
  return `${title}:\n${table.replace(/^(?=.)/gm, "  ")}`;
}

/** One line: title and value. */
export function line(title: string, value: string): string {
  return `${`${title}:`.padEnd(TITLE_WIDTH)} ${value}\n`;
}

/** One line for each item, the title before the first. */
export function list(title: string, items: readonly string[]): string {
  const width = Math.max(TITLE_WIDTH, title.length + 1);
  return items
    .map((item, index) => `${(index === 0 ? `${title}:` : "").padEnd(width)} ${oneLine(item)}\n`)
    .join("");
}

/** A time, and how long ago that was. */
export function since(time: string, nowMs: number): string {
  const age = ageOf(time, nowMs);
  return age === undefined ? cleanText(time) : `${time} (${age} ago)`;
}

/** A word of a status in its colour. */
export function paint(terminal: Shown["terminal"], word: string): string {
  const color = colorOf(word);
  return color === undefined ? oneLine(word) : terminal.paint(color, word);
}
