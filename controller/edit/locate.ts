/**
 * Where in a document's nodes a field stands by itself: what an alias or a merge key shows there belongs to another place.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { FieldPath } from "../api/field-fault.ts";
import { Unspliceable } from "./splices.ts";

export type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

/** A field of a mapping or an item of a list, with its tokens. */
export interface Field {
  readonly collection: Collection;
  /** All items of the collection that hold something. */
  readonly items: readonly CST.CollectionItem[];
  readonly index: number;
  readonly item: CST.CollectionItem;
  readonly node: Node | null;
}

export type Located =
  /** The field stands there by itself. */
  | { readonly kind: "found"; readonly field: Field }
  /** The mapping or list at `path.slice(0, depth)` stands there by itself, and has no `path[depth]` of its own. */
  | {
      readonly kind: "absent";
      readonly depth: number;
      readonly collection: Collection;
      readonly items: readonly CST.CollectionItem[];
    }
  /** At `path.slice(0, depth)` stands something that has no fields of its own: nothing, a word, or an alias. */
  | { readonly kind: "closed"; readonly depth: number; readonly field: Field };

export function locate(root: Node | null, path: FieldPath): Located {
  let node = root;
  let field: Field | undefined;
  for (const [depth, part] of path.entries()) {
    if (!isMap(node) && !isSeq(node)) {
      if (field === undefined) throw new Unspliceable("the document is not a mapping");
      return { kind: "closed", depth, field };
    }
    const { collection, items } = tokensOf(node);
    const index = isMap(node) ? findName(node, part) : Number(part);
    const item = items[index];
    if (index < 0 || item === undefined) return { kind: "absent", depth, collection, items };
    node = isMap(node) ? ((node.items[index]?.value ?? null) as Node | null) : (node.items[index] as Node);
    field = { collection, items, index, item, node };
  }
  if (field === undefined) throw new Unspliceable("no field is named");
  return { kind: "found", field };
}

export function isInFlow({ collection }: { readonly collection: Collection }): boolean {
  return collection.type === "flow-collection";
}

/** The node of a field that is written with nothing but its name. */
export function isEmptyNode(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.source === "" && node.srcToken === undefined);
}

/** Anchors that stand at a node or within it. */
export function anchorsWithin(node: Node | null): readonly string[] {
  const anchors: string[] = [];
  visit(node, (found) => {
    if (!isAlias(found) && "anchor" in found && typeof found.anchor === "string") anchors.push(found.anchor);
  });
  return anchors;
}

/** The places of aliases of an anchor. */
export function aliasesOf(root: Node | null, anchor: string): readonly { readonly start: number }[] {
  const places: { start: number }[] = [];
  visit(root, (found) => {
    if (isAlias(found) && found.source === anchor) places.push({ start: found.range?.[0] ?? 0 });
  });
  return places;
}

function visit(node: Node | null, see: (node: Node) => void): void {
  if (node === null) return;
  see(node);
  if (isMap(node)) {
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      visit(pair.key, see);
      visit(pair.value, see);
    }
  } else if (isSeq(node)) {
    for (const item of node.items as Node[]) visit(item, see);
  }
}

function tokensOf(node: YAMLMap | YAMLSeq): Pick<Field, "collection" | "items"> {
  const collection = node.srcToken;
  if (collection === undefined || !("items" in collection))
    throw new Unspliceable("the mapping has no brackets of its own");
  const all = collection.items as readonly CST.CollectionItem[];
  if (isSeq(node)) return { collection, items: all.slice(0, node.items.length) };
  const items = node.items.map((pair) => {
    if (pair.srcToken === undefined) throw new Unspliceable("the field has no tokens");
    return pair.srcToken;
  });
  return { collection, items };
}

function findName(map: YAMLMap, name: string | number): number {
  return map.items.findIndex(({ key }) => {
    if (!isScalar(key)) return false;
    if (key.type === "PLAIN" && key.value === "<<") return false;
    return (typeof key.value === "string" ? key.value : key.source) === name;
  });
}
