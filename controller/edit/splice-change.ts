/**
 * One change → the pieces of text that make it. Where the path leads through an alias, a merge key or nothing, the value
 * is written out at the first place of the path that is the document's own, so that what others see stays.
 */
import type { Node } from "yaml";
import { formatPath, quoted, type FieldPath } from "../api/field-fault.ts";
import { ChangeFault, valueAt, type Change, type Value } from "./change.ts";
import { locate, type Field } from "./locate.ts";
import type { Source } from "./source.ts";
import { spliceName, spliceNewEntry, spliceRemoval } from "./splice-entry.ts";
import { spliceValue } from "./splice-value.ts";
import { Unspliceable, type Splice } from "./splices.ts";
import { readStyle, type Style } from "./style.ts";

/**
 * The splices of a change that is not none. `wanted` is the document's value after it; `options` prevail over its style. Throws Unspliceable where another
 * way may do, ChangeFault where the change itself would change what another place sees.
 */
export function spliceChange(
  source: Source,
  change: Change,
  wanted: unknown,
  options: Partial<Style> = {},
): readonly Splice[] {
  const root = source.document.contents as Node | null;
  const style = { ...readStyle(source), ...options };
  const { path } = change;
  const unquoted = change.kind === "set" ? change.unquoted : undefined;
  const located = locate(root, path);

  if (located.kind === "found") {
    const { field } = located;
    if (change.kind === "set") return spliceValue(source, style, field, change.value, { unquoted });
    if (change.kind === "rename") return spliceName(source, style, field, change.to);
    return spliceRemoval(source, style, field, holderOf(root, path));
  }
  const { depth } = located;
  if (located.kind === "absent") {
    if (change.kind !== "set" && depth === path.length - 1) {
      const message = `${quoted(formatPath(path))} comes from a merge key ("<<"), which other places share: write it out first`;
      throw new ChangeFault(path.slice(0, depth), message);
    }
    const name = path[depth];
    if (name === undefined) throw new Unspliceable("no field is named");
    const value = valueAt(wanted, path.slice(0, depth + 1)) as Value;
    return spliceNewEntry(source, style, located, { name, value, unquoted });
  }
  const value = valueAt(wanted, path.slice(0, depth)) as Value;
  return spliceValue(source, style, located.field, value, { unquoted });
}

function holderOf(root: Node | null, path: FieldPath): Field | undefined {
  if (path.length < 2) return undefined;
  const located = locate(root, path.slice(0, -1));
  return located.kind === "found" ? located.field : undefined;
}
