import { formatFault } from "../api/application.ts";
import { pluralOf } from "../api/kinds.ts";
import { KINDS, type Kind } from "../api/resource.ts";
import { oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { createFolderReader } from "./folder.ts";
import { follow } from "./follow.ts";
import { formatObjects, fullName, toTable } from "./output.ts";
import type { Output } from "./output.ts";
import type { Resource } from "./resource.ts";
import { isSelected, parseSelection, select } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { formatRow, formatTable, widthsOf } from "./table.ts";

export interface GetOptions {
  /** Kinds and names, as `parseSelection` reads them. Empty for all Applications. */
  readonly words: readonly string[];
  readonly output: Output;
  readonly headers: boolean;
  /** Undefined takes all. */
  readonly matches?: (labels: Readonly<Record<string, string>>) => boolean;
}

/** Prints resources as they stand. Throws CommandError when one that was named is not there. */
export async function getResources(context: CommandContext, options: GetOptions): Promise<void> {
  const { terminal, clock, manifestsDir } = context;
  const { output, headers } = options;
  const selection = parseSelection(options.words);
  const resources = choose(await createFolderReader(manifestsDir).read(), selection, options, manifestsDir);
  if (output === "json" || output === "yaml") {
    const isOne = selection.names?.length === 1 && resources.length === 1;
    terminal.out(formatObjects(output, resources, isOne ? undefined : selection.kinds));
    return;
  }
  if (output === "name") {
    terminal.out(resources.map((resource) => `${fullName(resource)}\n`).join(""));
    return;
  }
  if (resources.length === 0) {
    const which = options.matches === undefined ? "" : " with these labels";
    const what =
      selection.kinds.length === KINDS.length ? "resources" : selection.kinds.map(heading).join(" or ");
    terminal.err(`No ${what}${which} in ${JSON.stringify(manifestsDir)}.\n`);
    return;
  }
  const kindInNames = selection.kinds.length > 1;
  const tables = byKind(resources, selection).map(([kind, some]) => {
    const { head, rows } = toTable(kind, some, { wide: output === "wide", kindInNames, nowMs: clock.now() });
    return formatTable({ head: headers ? head : [], rows }, terminal);
  });
  terminal.out(tables.join("\n"));
  for (const fault of resources.flatMap(({ faults }) => faults)) {
    terminal.err(`${oneLine(formatFault(fault))}\n`);
  }
}

/** Prints resources, and each again whenever it changes, for ever. */
export async function watchResources(context: CommandContext, options: GetOptions): Promise<void> {
  const { terminal, clock, manifestsDir } = context;
  const { output } = options;
  const selection = parseSelection(options.words);
  const kindInNames = selection.kinds.length > 1;
  const widths = new Map<Kind, readonly number[]>();
  let shown = new Map<string, string>();
  const print = (resources: readonly Resource[]): void => {
    if (output === "json")
      return terminal.out(resources.map((each) => formatObjects("json", [each], undefined)).join(""));
    if (output === "yaml")
      return terminal.out(
        resources.map((each) => `---\n${formatObjects("yaml", [each], undefined)}`).join(""),
      );
    if (output === "name") return terminal.out(resources.map((each) => `${fullName(each)}\n`).join(""));
    for (const [kind, some] of byKind(resources, selection)) {
      const table = toTable(kind, some, { wide: output === "wide", kindInNames, nowMs: clock.now() });
      const before = widths.get(kind);
      const now = widthsOf(table, before);
      widths.set(kind, now);
      const rows = before === undefined && options.headers ? [table.head, ...table.rows] : table.rows;
      terminal.out(rows.map((row) => formatRow(row, now, terminal)).join(""));
    }
  };
  let first = true;
  await follow(context, Infinity, (all) => {
    // A name that is missing at first is an error; later it may go and come.
    const resources = first
      ? choose(all, selection, options, manifestsDir)
      : choose(
          all.filter((each) => isSelected(each, selection)),
          { ...selection, names: undefined },
          options,
          manifestsDir,
        );
    const now = new Map(resources.map((resource) => [resource.key, JSON.stringify(resource)]));
    const changed = resources.filter(({ key }) => now.get(key) !== shown.get(key));
    const gone = [...shown.keys()].filter((key) => !now.has(key));
    if (changed.length > 0) print(changed);
    for (const key of gone) terminal.err(`${key} is deleted.\n`);
    first &&= changed.length === 0;
    shown = now;
    return false;
  });
}

function choose(
  all: readonly Resource[],
  selection: Selection,
  { matches }: GetOptions,
  manifestsDir: string,
): readonly Resource[] {
  const selected = select(all, selection, manifestsDir);
  return matches === undefined ? selected : selected.filter(({ labels }) => matches(labels));
}

/** The tables to print; what has no readable kind stands in the first. */
function byKind(
  resources: readonly Resource[],
  { kinds }: Selection,
): readonly (readonly [Kind, readonly Resource[]])[] {
  const [first] = kinds;
  return kinds
    .map((kind) => [kind, resources.filter((each) => (each.kind ?? first) === kind)] as const)
    .filter(([, some]) => some.length > 0);
}

/** `Applications`. */
function heading(kind: Kind): string {
  return kind.slice(0, 1) + pluralOf(kind).slice(1);
}
