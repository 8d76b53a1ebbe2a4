/** Why a field cannot change alone: an alias elsewhere stands for it, or for something around or within it. */
import { isMap, isSeq, type Node } from "yaml";
import type { FieldPath } from "../api/field-fault.ts";
import { aliasesOf, anchorsWithin } from "./locate.ts";
import type { Source } from "./source.ts";

export interface Sharing {
  readonly anchor: string;
  /** Where the first alias stands. */
  readonly offset: number;
}

export function findSharing({ document }: Source, path: FieldPath): Sharing | undefined {
  const root = document.contents as Node | null;
  const around: Node[] = [];
  let node: unknown = root;
  for (const part of path) {
    if (!isMap(node) && !isSeq(node)) break;
    around.push(node);
    node = node.get(part, true);
  }
  const anchors = around.flatMap((found) => ("anchor" in found ? [found.anchor] : []));
  for (const anchor of [...anchors, ...anchorsWithin((node ?? null) as Node | null)]) {
    const [alias] = typeof anchor === "string" ? aliasesOf(root, anchor) : [];
    if (typeof anchor === "string" && alias !== undefined) return { anchor, offset: alias.start };
  }
  return undefined;
}
