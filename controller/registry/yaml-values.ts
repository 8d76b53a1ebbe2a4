/**
 * The nodes of one YAML document → plain values, with the place of each field. Aliases and merge keys are resolved within
 * limits; what YAML allows but a manifest must not hold is a fault.
 */
import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, type YAMLMap } from "yaml";
import { quoted, type FieldPath } from "../api/field-fault.ts";
import { MAX_ALIASED_VALUES, MAX_ALIASES, MAX_DEPTH, MAX_FAULTS } from "./yaml-limits.ts";

export interface ValueFault {
  readonly path: FieldPath;
  /** Where in the text. */
  readonly offset: number;
  readonly message: string;
  /** The same without a word of the document, for one that may hold a secret. */
  readonly discreet: string;
}

/** Offsets of a field's name and value. */
export interface FieldPlace {
  readonly key: number;
  readonly value: number;
  readonly end: number;
}

export interface ReadValue {
  /** Fresh: shares nothing, also where the document has aliases. */
  readonly value: unknown;
  readonly faults: readonly ValueFault[];
  /** The places of the fields of each mapping and the items of each list within `value`. */
  readonly places: ReadonlyMap<object, ReadonlyMap<string | number, FieldPlace>>;
}

interface Entry extends FieldPlace {
  readonly name: string;
  readonly content: unknown;
}

/** Reads the contents of a document. Costs at most what the limits allow, whatever the aliases are. */
export function readValue(contents: ParsedNode | null): ReadValue {
  const faults: ValueFault[] = [];
  const places = new Map<object, Map<string | number, FieldPlace>>();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let aliases = 0;
  let aliased = 0;
  let aliasDepth = 0;

  const refuse = (path: FieldPath, node: Node, message: string, discreet = message): null => {
    if (faults.length < MAX_FAULTS) faults.push({ path, offset: startOf(node), message, discreet });
    return null;
  };

  function read(node: Node | null, path: FieldPath, depth: number): unknown {
    if (node === null) return null;
    if (isAlias(node)) return readAlias(node, path, depth);
    if ("anchor" in node && typeof node.anchor === "string" && aliasDepth === 0)
      anchors.set(node.anchor, node);
    if (aliasDepth > 0 && ++aliased > MAX_ALIASED_VALUES) {
      return refuse(path, node, `is too large: its aliases stand for more than ${MAX_ALIASED_VALUES} values`);
    }
    if (isScalar(node)) return node.value;
    if (depth >= MAX_DEPTH) {
      return refuse([], node, `is too deep: more than ${MAX_DEPTH} mappings and lists within one another`);
    }
    open.add(node);
    const value = isMap(node)
      ? readMap(node, path, depth)
      : isSeq(node)
        ? readList(node.items as Node[], path, depth)
        : null;
    open.delete(node);
    return value;
  }

  function readAlias(node: Node & { readonly source: string }, path: FieldPath, depth: number): unknown {
    const target = anchors.get(node.source);
    if (target === undefined) {
      const discreet = "there is no anchor of that name before this alias";
      return refuse(path, node, `there is no anchor "&${node.source}" before this alias`, discreet);
    }
    if (open.has(target)) {
      const discreet = "an alias stands within what it stands for";
      return refuse(path, node, `the alias "*${node.source}" stands within what it stands for`, discreet);
    }
    if (++aliases > MAX_ALIASES) {
      // Said once: every further alias would say the same.
      return aliases === MAX_ALIASES + 1
        ? refuse(path, node, `has too many aliases: more than ${MAX_ALIASES}`)
        : null;
    }
    aliasDepth++;
    const value = read(target, path, depth);
    aliasDepth--;
    return value;
  }

  function readList(items: readonly Node[], path: FieldPath, depth: number): unknown[] {
    const fields = new Map<number, FieldPlace>();
    const list = items.map((item, index) => {
      fields.set(index, { key: startOf(item), value: startOf(item), end: endOf(item) });
      return read(item, [...path, index], depth + 1);
    });
    places.set(list, fields);
    return list;
  }

  function readMap(node: YAMLMap, path: FieldPath, depth: number): Record<string, unknown> {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = pair.key as Node | null;
      const value = pair.value as Node | null;
      if (isScalar(key) && key.type === "PLAIN" && key.value === "<<") {
        for (const entry of readMerge(value, path, depth))
          if (!merged.has(entry.name)) merged.set(entry.name, entry);
        continue;
      }
      const name = readKey(key, path, depth);
      if (name === undefined) {
        refuse(path, key ?? value ?? node, "a field's name must be a plain word");
      } else if (own.has(name)) {
        const discreet = "a field is there twice in one mapping";
        refuse([...path, name], key ?? node, `${quoted(name)} is there twice in one mapping`, discreet);
      } else {
        // An empty value has no place of its own.
        const isWritten = value !== null && endOf(value) > startOf(value);
        const place = { key: startOf(key ?? node), value: startOf(isWritten ? value : (key ?? node)) };
        own.set(name, {
          name,
          ...place,
          end: isWritten ? endOf(value) : place.value,
          content: read(value, [...path, name], depth + 1),
        });
      }
    }
    const map: Record<string, unknown> = {};
    const fields = new Map<string, FieldPlace>();
    for (const entry of [...merged.values(), ...own.values()]) {
      // Not by assignment, which "__proto__" would turn into something else.
      const { name, content: value } = entry;
      Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
      fields.set(name, entry);
    }
    places.set(map, fields);
    return map;
  }

  /** The fields that `<<: value` brings; of several mappings in a list, the first that has a field wins. */
  function readMerge(value: Node | null, path: FieldPath, depth: number): readonly Entry[] {
    const sources: unknown[] = [];
    const content = read(value, path, depth);
    if (Array.isArray(content)) sources.push(...(content as readonly unknown[]));
    else sources.push(content);
    const entries: Entry[] = [];
    for (const source of sources) {
      const fields = isMapping(source) ? places.get(source) : undefined;
      if (!isMapping(source) || fields === undefined) {
        if (value !== null) refuse(path, value, '"<<" must stand before a mapping, or a list of mappings');
        return [];
      }
      for (const [name, place] of fields)
        entries.push({ name: String(name), ...place, content: source[name] });
    }
    return entries;
  }

  function readKey(key: Node | null, path: FieldPath, depth: number): string | undefined {
    if (isAlias(key)) {
      const value = readAlias(key, path, depth);
      return typeof value === "string" ? value : undefined;
    }
    if (!isScalar(key)) return undefined;
    if (key.anchor !== undefined && aliasDepth === 0) anchors.set(key.anchor, key);
    if (typeof key.value === "string") return key.value;
    // As written: YAML would make "256" of 0x100.
    return key.source === undefined || key.source === "" ? undefined : key.source;
  }

  return { value: read(contents, [], 0), faults, places };
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
