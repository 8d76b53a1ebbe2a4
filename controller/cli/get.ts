import { formatFault } from "../api/application.ts";
import { oneLine } from "./clean.ts";
import { plainName, requireResources } from "./context.ts";
import type { CommandContext } from "./context.ts";
import { createFolderReader } from "./folder.ts";
import { follow } from "./follow.ts";
import { formatObjects, fullName, toTable } from "./output.ts";
import type { Output } from "./output.ts";
import type { Resource } from "./resource.ts";
import { formatRow, formatTable, widthsOf } from "./table.ts";

export interface GetOptions {
  /** Empty for all. */
  readonly names: readonly string[];
  readonly output: Output;
  readonly headers: boolean;
  /** Undefined takes all. */
  readonly matches?: (labels: Readonly<Record<string, string>>) => boolean;
}

/** Prints the Applications as they stand. Throws CommandError when one that was named is not there. */
export async function getApplications(context: CommandContext, options: GetOptions): Promise<void> {
  const { terminal, clock, manifestsDir } = context;
  const resources = select(await createFolderReader(manifestsDir).read(), options, manifestsDir);
  const { output } = options;
  if (output === "json" || output === "yaml") {
    terminal.out(formatObjects(output, resources, options.names.length !== 1));
    return;
  }
  if (output === "name") {
    terminal.out(resources.map(({ name }) => `${fullName(name)}\n`).join(""));
    return;
  }
  if (resources.length === 0) {
    const which = options.matches !== undefined ? " with these labels" : "";
    terminal.err(`No Applications${which} in ${JSON.stringify(manifestsDir)}.\n`);
    return;
  }
  const { head, rows } = toTable(resources, output === "wide", clock.now());
  if (options.headers) terminal.out(formatTable({ head, rows }, terminal));
  else terminal.out(formatTable({ head: [], rows }, terminal));
  for (const fault of resources.flatMap(({ faults }) => faults)) {
    terminal.err(`${oneLine(formatFault(fault))}\n`);
  }
}

/** Prints the Applications, and each again whenever it changes, for ever. */
export async function watchApplications(context: CommandContext, options: GetOptions): Promise<void> {
  const { terminal, clock, manifestsDir } = context;
  const { output } = options;
  let shown = new Map<string, string>();
  let widths: readonly number[] = [];
  const print = (resources: readonly Resource[], first: boolean): void => {
    if (output === "json")
      return terminal.out(resources.map((each) => formatObjects("json", [each], false)).join(""));
    if (output === "yaml") {
      return terminal.out(resources.map((each) => `---\n${formatObjects("yaml", [each], false)}`).join(""));
    }
    if (output === "name") return terminal.out(resources.map(({ name }) => `${fullName(name)}\n`).join(""));
    const table = toTable(resources, output === "wide", clock.now());
    widths = widthsOf(table, widths);
    const rows = first && options.headers ? [table.head, ...table.rows] : table.rows;
    terminal.out(rows.map((row) => formatRow(row, widths, terminal)).join(""));
  };
  let first = true;
  await follow(context, Infinity, (all) => {
    // A name that is missing at first is an error; later it may go and come.
    const resources = first
      ? select(all, options, manifestsDir)
      : select(all, { ...options, names: [] }, manifestsDir).filter(({ name }) =>
          isNamed(name, options.names),
        );
    const now = new Map(resources.map((resource) => [resource.name, JSON.stringify(resource)]));
    const changed = resources.filter(({ name }) => now.get(name) !== shown.get(name));
    const gone = [...shown.keys()].filter((name) => !now.has(name));
    if (changed.length > 0) print(changed, first);
    for (const name of gone) terminal.err(`${name} is deleted.\n`);
    first &&= changed.length === 0;
    shown = now;
    return false;
  });
}

function select(
  all: readonly Resource[],
  { names, matches }: GetOptions,
  manifestsDir: string,
): readonly Resource[] {
  const named = names.length === 0 ? all : requireResources(all, names, manifestsDir);
  return matches === undefined ? named : named.filter(({ labels }) => matches(labels));
}

function isNamed(name: string, names: readonly string[]): boolean {
  return names.length === 0 || names.some((wanted) => plainName(wanted) === name);
}
