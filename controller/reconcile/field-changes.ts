/**
 * Which fields of two values differ, and how: for people to read. Pure. The values are whole: whoever shows them masks them
 * first and cuts them then.
 */
import { canonicalJson } from "../lib/hash.ts";

export interface FieldChange {
  /** Dotted path, with the target of a mount or a port in brackets: `volumes[/data].source`. Empty for the whole value. */
  readonly field: string;
  /** Undefined where there is none. */
  readonly from: unknown;
  readonly to: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** In the order of the fields' names; nothing when both are the same. A null counts as nothing. */
export function fieldChanges(from: unknown, to: unknown, field = ""): readonly FieldChange[] {
  if (isSame(from, to)) return [];
  const [a, b] = [fieldsOf(from), fieldsOf(to)];
  if (a === undefined || b === undefined) return [{ field, from: from ?? undefined, to: to ?? undefined }];
  const { open, close } = Array.isArray(from) ? BRACKETS : field === "" ? PLAIN : DOTTED;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .toSorted()
    .flatMap((name) => fieldChanges(a[name], b[name], `${field}${open}${name}${close}`));
}

const BRACKETS = { open: "[", close: "]" } as const;
const DOTTED = { open: ".", close: "" } as const;
const PLAIN = { open: "", close: "" } as const;

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

/** An object by its fields; a list whose items each say what they are for (mounts, ports, files) by that. */
function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Fields;
  const byTarget = new Map<string, unknown>();
  for (const item of value) {
    const name = targetOf(item);
    if (name === undefined || byTarget.has(name)) return undefined;
    byTarget.set(name, item);
  }
  return byTarget.size === 0 ? undefined : Object.fromEntries(byTarget);
}

function targetOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { target, protocol, source } = item as Fields;
  if (typeof target === "number") return `${target}/${typeof protocol === "string" ? protocol : "tcp"}`;
  if (typeof target === "string") return target;
  return typeof source === "string" ? source : undefined;
}
