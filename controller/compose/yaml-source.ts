/**
 * Compose files as the `yaml` package reads them, before Compose does: with places for messages, within limits of size,
 * depth and aliases. Merge keys and Compose's own tags (`!reset`, `!override`) are understood as Compose does.
 */
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { refusal } from "./refusal.ts";
import { findTooDeep } from "./yaml-depth.ts";

const MAX_DEPTH = 100;
/**
 * Compose's own parser is one of YAML 1.1: it breaks lines where this one does not, skips byte order marks, and reads UTF-16.
 * Where the two would see different fields, nobody knows what was checked.
 */
// oxlint-disable-next-line no-control-regex -- NUL is how UTF-16 shows
const READ_DIFFERENTLY = /\r(?!\n)|[\u0000\u0085\u2028\u2029]|(?!^)\ufeff/;
/** `!!binary` would hide a text from the checks. The others say what a plain value is anyway. */
const FOREIGN_TAG = /^tag:yaml\.org,2002:(?!(?:str|int|float|bool|null|map|seq|merge)$)/;
/** Nodes after all aliases are followed: a large project has a few thousand. */
const MAX_NODES = 200_000;

export interface YamlSource {
  /** Repository-relative, for messages. */
  readonly path: string;
  /** The documents' contents, aliases not yet followed. */
  readonly roots: readonly Node[];
  /** `path:line:column`, 1-based. */
  place(node: Node): string;
  /** The node itself, or the one that an alias stands for. */
  follow(node: Node): Node;
}

/** Throws ReconcileError InvalidCompose with the place, for what is no YAML or beyond the limits. */
export function parseYamlSource(path: string, text: string): YamlSource {
  const lineCounter = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const differently = READ_DIFFERENTLY.exec(text);
  if (differently !== null) {
    const line = text.slice(0, differently.index).split("\n").length;
    const code = differently[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw refusal(
      "InvalidCompose",
      `${path}:${line}: it holds the character U+${code}, which not everybody reads alike; write plain UTF-8`,
    );
  }
  const tooDeep = findTooDeep(text);
  if (tooDeep !== undefined) {
    const line = text.slice(0, tooDeep).split("\n").length;
    throw refusal("InvalidCompose", `${path}:${line}: it is nested too deeply`);
  }
  // prettyErrors would repeat the source, which may hold a password; uniqueKeys takes minutes for a mapping of 60,000.
  const options = { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: "error" } as const;
  const documents = [...parseAllDocuments(text, options)];
  for (const document of documents) {
    const fault = document.errors[0];
    if (fault !== undefined) throw refusal("InvalidCompose", `${place(fault.pos[0])}: ${fault.message}`);
  }
  const roots = documents.flatMap((document) =>
    document.contents === null ? [] : [document.contents as Node],
  );
  const offsetOf = (node: Node): number => node.range?.[0] ?? 0;
  const targets = new Map<Node, Node>();
  let nodes = 0;
  for (const root of roots) {
    nodes += measure(root, {
      targets,
      refuse: (node, what) => refusal("InvalidCompose", `${place(offsetOf(node))}: ${what}`),
    });
  }
  if (nodes > MAX_NODES) throw refusal("InvalidCompose", `${path}: ${TOO_LARGE}`);
  return { path, roots, place: (node) => place(offsetOf(node)), follow: (node) => targets.get(node) ?? node };
}

const TOO_LARGE = "it grows beyond every measure when its aliases are followed";

interface Measuring {
  readonly targets: Map<Node, Node>;
  readonly refuse: (node: Node, what: string) => Error;
}

/** Counts the nodes with all aliases followed, and notes what each alias stands for: the last anchor of that name before it. */
function measure(root: Node, { targets, refuse }: Measuring): number {
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();

  const visit = (node: unknown, depth: number): number => {
    if (isPair(node)) {
      if (isNode(node.key) && !isScalar(node.key)) throw refuse(node.key, "a key must be a plain text");
      return visit(node.key, depth) + visit(node.value, depth);
    }
    if (!isNode(node)) return 1;
    if (depth > MAX_DEPTH) throw refuse(node, "it is nested too deeply");
    if (!isAlias(node) && node.tag !== undefined && FOREIGN_TAG.test(node.tag)) {
      throw refuse(
        node,
        `the tag "${node.tag.replace("tag:yaml.org,2002:", "!!")}" is not for Compose files`,
      );
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) throw refuse(node, `the alias "*${node.source}" has no anchor`);
      const size = sizes.get(target);
      if (size === undefined) throw refuse(node, `the anchor "&${node.source}" contains itself`);
      targets.set(node, target);
      return size;
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isMap(node)) refuseRepeatedKey(node, refuse);
    let size = 1;
    if (isCollection(node)) for (const item of node.items) size += visit(item, depth + 1);
    if (size > MAX_NODES) throw refuse(node, TOO_LARGE);
    sizes.set(node, size);
    return size;
  };
  return visit(root, 0);
}

function refuseRepeatedKey(map: YAMLMap, refuse: Measuring["refuse"]): void {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    const name = isScalar(key) ? textOf(key) : undefined;
    if (name === undefined || name === "<<") continue;
    if (seen.has(name)) throw refuse(key as Node, `the key "${name}" is there twice`);
    seen.add(name);
  }
}

/** Key and value of each entry, aliases followed, merge keys resolved (own keys win). Nothing for what is no mapping. */
export function entriesOf(source: YamlSource, node: Node | undefined): readonly (readonly [string, Node])[] {
  const map = node === undefined ? undefined : source.follow(node);
  if (!isMap(map)) return [];
  const found = new Map<string, Node>();
  const merged: Node[] = [];
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? (textOf(key) ?? "null") : undefined;
    if (name === undefined || !isNode(value)) continue;
    if (name === "<<") merged.push(value);
    else found.set(name, source.follow(value));
  }
  for (const value of merged) {
    const target = source.follow(value);
    for (const item of isSeq(target) ? itemsOf(source, target) : [target]) {
      for (const [name, inherited] of entriesOf(source, item))
        if (!found.has(name)) found.set(name, inherited);
    }
  }
  return [...found];
}

/** The value of `key`, or of the keys one below the other. */
export function fieldOf(
  source: YamlSource,
  node: Node | undefined,
  ...keys: readonly string[]
): Node | undefined {
  let current = node;
  for (const wanted of keys) {
    current = entriesOf(source, current).find(([key]) => key === wanted)?.[1];
  }
  return current;
}

/** The items of a list, aliases followed. Nothing for what is no list. */
export function itemsOf(source: YamlSource, node: Node | undefined): readonly Node[] {
  const list = node === undefined ? undefined : source.follow(node);
  if (!isSeq(list)) return [];
  return list.items.filter((item) => isNode(item)).map((item) => source.follow(item));
}

/** One value or a list of them, as many fields of Compose allow. */
export function oneOrMany(source: YamlSource, node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return isSeq(source.follow(node)) ? itemsOf(source, node) : [source.follow(node)];
}

/** The text of a scalar; undefined for null and everything else. */
export function textOf(node: Node | undefined): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value));
}
