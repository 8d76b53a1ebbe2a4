/**
 * What an edit asks for, and what it makes of a document's plain value. Pure; knows nothing of text.
 */
import { isDeepStrictEqual } from "node:util";
import { described, formatPath, quoted, type FieldPath } from "../api/field-fault.ts";

export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

export type Change =
  | {
      readonly kind: "set";
      readonly path: FieldPath;
      readonly value: Value;
      /** A string is written without quotes wherever YAML can read it so, whatever stood there before. */
      readonly unquoted?: boolean;
    }
  | { readonly kind: "remove"; readonly path: FieldPath }
  | { readonly kind: "rename"; readonly path: FieldPath; readonly to: string };

/**
 * Makes the field hold `value`; mappings on the way that are not there are made. A list's index may be its length, which
 * appends. A mapping or list over another one changes only the fields and items that differ.
 */
export function set(path: FieldPath, value: Value, options: { readonly unquoted?: boolean } = {}): Change {
  return { kind: "set", path, value, ...options };
}

/** Takes the field out; nothing is wrong when it is not there. */
export function remove(path: FieldPath): Change {
  return { kind: "remove", path };
}

/**
 * Gives the field another name, at its place and with all that it holds. Nothing is wrong when it has the new name already;
 * when there are both, that is refused.
 */
export function rename(path: FieldPath, to: string): Change {
  return { kind: "rename", path, to };
}

/** Why a change cannot be made to a value. */
export class ChangeFault extends Error {
  override readonly name = "ChangeFault";
  readonly path: FieldPath;

  constructor(path: FieldPath, message: string) {
    super(message);
    this.path = path;
  }
}

/** The value after the change; the same object where the change changes nothing. Throws ChangeFault. */
export function applyChange(value: unknown, change: Change): unknown {
  const { path } = change;
  if (path.length === 0) throw new ChangeFault([], "an edit must name a field");
  if (change.kind === "set") {
    const wanted = checkedValue(change.value, path);
    return isDeepStrictEqual(valueAt(value, path), wanted) ? value : setAt(value, path, 0, wanted);
  }
  if (change.kind === "remove") return valueAt(value, path) === undefined ? value : removeAt(value, path, 0);
  return renameAt(value, path, change.to);
}

/** The same change in its smallest pieces: a mapping or list set over another one touches only what differs. */
export function expandChange(value: unknown, change: Change): readonly Change[] {
  if (applyChange(value, change) === value) return [];
  if (change.kind !== "set") return [change];
  const { path, value: wanted, unquoted } = change;
  const options = unquoted === undefined ? {} : { unquoted };
  const before = valueAt(value, path);
  const pieces: Change[] = [];
  if (Array.isArray(before) && Array.isArray(wanted) && wanted.length > 0) {
    const list = wanted as readonly Value[];
    for (const [index, item] of list.entries()) {
      if (index < before.length) pieces.push(...expandChange(value, set([...path, index], item, options)));
      else pieces.push(set([...path, index], item, options));
    }
    for (let index = before.length - 1; index >= list.length; index--) pieces.push(remove([...path, index]));
    return pieces;
  }
  if (!isMapping(before) || !isMapping(wanted) || Object.keys(wanted).length === 0) return [change];
  // What comes is written before what goes is taken out, so that the mapping is never empty on the way.
  for (const [name, item] of Object.entries(wanted as Readonly<Record<string, Value>>)) {
    pieces.push(...expandChange(value, set([...path, name], item, options)));
  }
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(wanted, name)) pieces.push(remove([...path, name]));
  }
  return pieces;
}

/** What stands at the path; undefined when nothing does. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  let at = value;
  for (const part of path) {
    if (typeof part === "number" ? !Array.isArray(at) : !isMapping(at)) return undefined;
    if (!Object.hasOwn(at as object, part)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[part];
  }
  return at;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function setAt(value: unknown, path: FieldPath, depth: number, wanted: Value): unknown {
  const part = path[depth];
  if (part === undefined) return wanted;
  if (typeof part === "number") {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [];
    if (value !== null && value !== undefined && !Array.isArray(value)) refuse(path, depth, value, "a list");
    if (part > list.length || part < 0) {
      throw new ChangeFault(path.slice(0, depth), `${nameOf(path, depth)} has no item ${part}`);
    }
    const item = setAt(list[part], path, depth + 1, wanted);
    return part === list.length ? [...list, item] : list.with(part, item);
  }
  if (value !== null && value !== undefined && !isMapping(value)) refuse(path, depth, value, "a mapping");
  const map = isMapping(value) ? value : {};
  const field = Object.hasOwn(map, part) ? map[part] : undefined;
  return { ...map, [part]: setAt(field, path, depth + 1, wanted) };
}

function removeAt(value: unknown, path: FieldPath, depth: number): unknown {
  const part = path[depth];
  const isLast = depth === path.length - 1;
  if (typeof part === "number") {
    const list = value as readonly unknown[];
    return isLast ? list.toSpliced(part, 1) : list.with(part, removeAt(list[part], path, depth + 1));
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    isLast
      ? entries.filter(([name]) => name !== part)
      : entries.map(([name, field]) => [name, name === part ? removeAt(field, path, depth + 1) : field]),
  );
}

function renameAt(value: unknown, path: FieldPath, to: string): unknown {
  const name = path.at(-1);
  const parent = path.slice(0, -1);
  const map = valueAt(value, parent);
  if (typeof name !== "string") throw new ChangeFault(parent, "only the field of a mapping has a name");
  if (name === to) return value;
  const has = (field: string): boolean => isMapping(map) && Object.hasOwn(map, field);
  if (!has(name)) {
    if (has(to)) return value;
    throw new ChangeFault(parent, `there is no ${quoted(formatPath(path))} to rename`);
  }
  if (has(to)) {
    const other = quoted(formatPath([...parent, to]));
    throw new ChangeFault(path, `${quoted(formatPath(path))} cannot become ${other}, which is there already`);
  }
  const renamed = Object.fromEntries(
    Object.entries(map as Readonly<Record<string, unknown>>).map(([field, held]) => [
      field === name ? to : field,
      held,
    ]),
  );
  return parent.length === 0 ? renamed : setAt(value, parent, 0, renamed as Value);
}

/** A value that YAML can hold and give back as it was. */
function checkedValue(value: Value, path: FieldPath): Value {
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) {
    throw new ChangeFault(path, `the value for ${quoted(formatPath(path))} holds half a character`);
  }
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value === 0 ? 0 : value;
    throw new ChangeFault(path, `the value for ${quoted(formatPath(path))} is not a finite number`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return (value as readonly Value[]).map((item, index) => checkedValue(item, [...path, index]));
  }
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Value>>).map(([name, item]) => [
      name,
      checkedValue(item, [...path, name]),
    ]),
  );
}

function refuse(path: FieldPath, depth: number, value: unknown, wanted: string): never {
  const what = typeof value === "object" ? described(value) : `a ${typeof value}`;
  throw new ChangeFault(path.slice(0, depth), `${nameOf(path, depth)} is not ${wanted} but ${what}`);
}

function nameOf(path: FieldPath, depth: number): string {
  return depth === 0 ? "the document" : quoted(formatPath(path.slice(0, depth)));
}
