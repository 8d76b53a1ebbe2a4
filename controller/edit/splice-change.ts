/**
 * One change → the pieces of text that make it. Where the path leads through an alias, a merge key or nothing, the value
 * is written out at the first place of the path that is the document's own, so that what others see stays.
 */
import type { Node } from "yaml";
import { formatPath, quoted, type FieldPath } from "../api/field-fault.ts";
import { ChangeFault, valueAt, type Change, type Value } from "./change.ts";
import { isInFlow, locate, type Field } from "./locate.ts";
import type { Source } from "./source.ts";
import { spliceName, spliceNewEntry, spliceRemoval } from "./splice-entry.ts";
import { spliceValue } from "./splice-value.ts";
import { Unspliceable, type Splice } from "./splices.ts";
import type { Style } from "./style.ts";

export interface Spliced {
  readonly splices: readonly Splice[];
  /** The part of the path down to what is written anew. */
  readonly written: FieldPath;
  /** The mapping or list that loses an entry. */
  readonly loser?: Field | undefined;
  /** Other changes of the same text may be made beside it, where nothing is written by both. */
  readonly hasCompany: boolean;
}

/**
 * The splices of a change that is not none. `wanted` is the document's value after it. Throws Unspliceable where another way
 * may do, ChangeFault where the change itself would change what another place sees.
 */
export function spliceChange(source: Source, style: Style, change: Change, wanted: unknown): Spliced {
  const root = source.document.contents as Node | null;
  const { path } = change;
  const unquoted = change.kind === "set" ? change.unquoted : undefined;
  const located = locate(root, path);

  if (located.kind === "found") {
    const { field } = located;
    if (change.kind === "set") {
      const splices = spliceValue(source, style, field, change.value, { unquoted });
      return { splices, written: path, hasCompany: true };
    }
    if (change.kind === "rename") {
      return { splices: spliceName(source, style, field, change.to), written: path, hasCompany: false };
    }
    const splices = spliceRemoval(source, style, field, holderOf(root, path));
    return { splices, written: path, loser: field, hasCompany: !isInFlow(field) };
  }
  const { depth } = located;
  if (located.kind === "absent") {
    if (change.kind !== "set" && depth === path.length - 1) {
      const message = `${quoted(formatPath(path))} comes from a merge key ("<<"), which other places share: write it out first`;
      throw new ChangeFault(path.slice(0, depth), message);
    }
    const name = path[depth];
    if (name === undefined) throw new Unspliceable("no field is named");
    const written = path.slice(0, depth + 1);
    const entry = { name, value: valueAt(wanted, written) as Value, unquoted };
    const splices = spliceNewEntry(source, style, located, entry);
    return { splices, written, hasCompany: !isInFlow(located) };
  }
  const written = path.slice(0, depth);
  const splices = spliceValue(source, style, located.field, valueAt(wanted, written) as Value, { unquoted });
  return { splices, written, hasCompany: true };
}

function holderOf(root: Node | null, path: FieldPath): Field | undefined {
  if (path.length < 2) return undefined;
  const located = locate(root, path.slice(0, -1));
  return located.kind === "found" ? located.field : undefined;
}
