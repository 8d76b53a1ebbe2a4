/**
 * The way out where no splice will do: the document's nodes are changed and written anew by the YAML library. Comments,
 * anchors and order stay; spaces may move within this document.
 */
import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { FieldPath } from "../api/field-fault.ts";
import { valueAt, type Change, type Value } from "./change.ts";
import type { Source } from "./source.ts";
import { Unspliceable } from "./splices.ts";
import { readStyle } from "./style.ts";

/** The whole document's text after the changes; `source` is used up. Each change comes with the value wanted after it. */
export function reflow(
  source: Source,
  changes: readonly { readonly change: Change; readonly wanted: unknown }[],
): string {
  const { document, text } = source;
  const style = readStyle(source);
  for (const { change, wanted } of changes) {
    const path = ownPath(document.contents, change.path);
    const isWhole = path.length === change.path.length;
    if (isWhole && change.kind === "remove") {
      document.deleteIn(path);
    } else if (isWhole && change.kind === "rename") {
      const map = document.getIn(path.slice(0, -1), true);
      const pair = isMap(map)
        ? map.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
        : null;
      if (!isScalar(pair?.key)) throw new Unspliceable("the field has no name");
      pair.key.value = change.to;
    } else {
      document.setIn(path, document.createNode(valueAt(wanted, path) as Value));
    }
  }
  const written = document.toString({
    lineWidth: 0,
    indent: style.step,
    indentSeq: style.listStep > 0,
    flowCollectionPadding: style.isPadded,
    singleQuote: style.quote === "'",
  });
  const body = text.endsWith("\n") ? written : written.replace(/\n$/, "");
  const lines = style.eol === "\n" ? body : body.replaceAll(/\r?\n/g, style.eol);
  return text.startsWith("\uFEFF") ? `\uFEFF${lines}` : lines;
}

/** As much of the path as leads through mappings and lists of this document's own, and one step more. */
function ownPath(root: Node | null, path: FieldPath): FieldPath {
  let node: unknown = root;
  for (const [depth, part] of path.entries()) {
    if (!isMap(node) && !isSeq(node)) return path.slice(0, depth);
    if (!node.has(part)) return path.slice(0, depth + 1);
    node = node.get(part, true);
  }
  return path;
}
