import type { ApplicationDiff, Change, ChangeAct, ChangeReason } from "../api/diff.ts";
import { cleanText, oneLine } from "./clean.ts";
import type { Color, Terminal } from "./terminal.ts";

/** As diff tools mark them: what comes, what goes, what is changed. */
const MARKS: Readonly<
  Record<ChangeAct, { readonly mark: string; readonly color: Color; readonly done: string }>
> = {
  recreate: { mark: "~", color: "yellow", done: "is recreated" },
  restart: { mark: "~", color: "yellow", done: "is restarted" },
  signal: { mark: "~", color: "yellow", done: "gets a signal" },
  remove: { mark: "-", color: "red", done: "is removed" },
  create: { mark: "+", color: "green", done: "is created" },
  run: { mark: "+", color: "green", done: "is run" },
  start: { mark: "+", color: "green", done: "is started" },
  scale: { mark: "~", color: "yellow", done: "is scaled" },
  pull: { mark: ">", color: "dim", done: "is pulled" },
  build: { mark: ">", color: "dim", done: "is built" },
};
const OBJECTS: readonly Change["object"][] = ["image", "network", "volume", "service"];

/**
 * For people: one line for each change, below it why.
 *
 *     shop: 6f1c2ab → 90fd3e1 "Use the new web server"
 *       ~ service "web" is recreated
 *           image "nginx:1.25" → "nginx:1.26"
 */
export function formatDiff(diff: ApplicationDiff, terminal: Pick<Terminal, "paint">): string {
  const { metadata, from, to, changes, notes } = diff;
  const subject =
    to.subject === undefined || to.subject === ""
      ? ""
      : ` ${terminal.paint("dim", JSON.stringify(oneLine(to.subject)))}`;
  const now = short(to.revision);
  const moved =
    from === undefined
      ? `nothing → ${now}`
      : from.revision === to.revision
        ? now
        : `${short(from.revision)} → ${now}`;
  const lines = [`${terminal.paint("bold", oneLine(metadata.name))}: ${moved}${subject}`];
  const sorted = changes.toSorted((a, b) => OBJECTS.indexOf(a.object) - OBJECTS.indexOf(b.object));
  for (const change of sorted) lines.push(...formatChange(change, terminal));
  if (changes.length === 0) lines.push("  no differences");
  for (const note of notes) lines.push(`  ${terminal.paint("dim", `note: ${oneLine(note)}`)}`);
  return `${lines.join("\n")}\n`;
}

function formatChange(change: Change, { paint }: Pick<Terminal, "paint">): readonly string[] {
  const { object, name, act, perhaps, containers = [], reasons } = change;
  const { mark, color, done } = MARKS[act];
  const may = perhaps === true ? done.replace(/^is /, "may be ").replace(/^gets/, "may get") : done;
  const many = containers.length > 1 ? ` (${containers.length} containers)` : "";
  return [
    `  ${paint(color, mark)} ${object} ${JSON.stringify(oneLine(name))} ${may}${many}`,
    ...reasons.flatMap((reason) => formatReason(reason, paint)),
  ];
}

function formatReason({ field, from, to, text }: ChangeReason, paint: Terminal["paint"]): readonly string[] {
  if (field === undefined) return [`      ${oneLine(text)}`];
  // A value of several lines is shown line by line, as a diff shows it.
  const isLong = [from, to].some((value) => value?.includes("\n") === true);
  if (!isLong) return [`      ${oneLine(text)}`];
  const [gone, come] = withoutCommon(linesOf(from), linesOf(to));
  return [
    `      ${oneLine(field)}`,
    ...limited(gone).map((line) => `        ${paint("red", `- ${line}`)}`),
    ...limited(come).map((line) => `        ${paint("green", `+ ${line}`)}`),
  ];
}

const MAX_LINES = 20;

function linesOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : cleanText(value).split("\n");
}

/** Without the lines at the beginning and the end that are the same. */
function withoutCommon(
  a: readonly string[],
  b: readonly string[],
): readonly [readonly string[], readonly string[]] {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
}

function limited(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, MAX_LINES).map((line) => line.replaceAll("\t", "  "));
  return lines.length <= MAX_LINES ? shown : [...shown, `… ${lines.length - MAX_LINES} more lines`];
}

function short(revision: string): string {
  return revision.slice(0, 10);
}
