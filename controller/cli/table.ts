import { oneLine } from "./clean.ts";
import { colorOf } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

const GAP = "   ";
/** A cell longer than this would push everything after it off the screen. */
const MAX_WIDTH = 60;

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The width of each column that shows `table` whole, and at least `atLeast`. Over-long cells do not count. */
export function widthsOf({ head, rows }: Table, atLeast: readonly number[] = []): readonly number[] {
  const columns = Math.max(head.length, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) => {
    let width = Math.max(head[column]?.length ?? 0, atLeast[column] ?? 0);
    for (const row of rows) width = Math.max(width, Math.min(lengthOf(row[column] ?? ""), MAX_WIDTH));
    return width;
  });
}

/** One row as a line: columns at least as wide as `widths`, safe to print, words of a status in colour. */
export function formatRow(
  cells: readonly string[],
  widths: readonly number[],
  terminal: Pick<Terminal, "paint">,
): string {
  const line = cells.map((cell, column) => {
    const text = oneLine(cell);
    const color = colorOf(text);
    const padding =
      column === cells.length - 1 ? "" : " ".repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(text)));
    return (color === undefined ? text : terminal.paint(color, text)) + padding;
  });
  return `${line.join(GAP).trimEnd()}\n`;
}

/** The whole table; without a first line where the head is empty. */
export function formatTable(table: Table, terminal: Pick<Terminal, "paint">): string {
  const widths = widthsOf(table);
  const lines = table.head.length === 0 ? table.rows : [table.head, ...table.rows];
  return lines.map((row) => formatRow(row, widths, terminal)).join("");
}

function lengthOf(text: string): number {
  return Array.from(oneLine(text)).length;
}
