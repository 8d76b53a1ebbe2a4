import { plainText } from "./clean.ts";

/**
 * The part of JSONPath that printer columns use, as in Kubernetes: `.a.b`, `.a[0]`, `.a['b.c']`, `.a[*].b`, and
 * `.list[?(@.type=="Ready")].status`.
 */
type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" }
  | { readonly kind: "filter"; readonly path: readonly string[]; readonly value: string };

const STEP =
  /\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\['([^']+)'\]|(\.\*|\[\*\])|\[\?\(\s*@((?:\.[A-Za-z_][\w-]*)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*\)\]/y;

/** Reads a path once; the result finds every value that it names, in order. Throws SyntaxError for any other path. */
export function parseJsonPath(path: string): (root: unknown) => readonly unknown[] {
  const steps: Step[] = [];
  for (let at = 0; at < path.length;) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null)
      throw new SyntaxError(`Cannot read the JSONPath ${JSON.stringify(path)} at character ${at + 1}`);
    steps.push(toStep(match));
    at = STEP.lastIndex;
  }
  return (root) => {
    let values: readonly unknown[] = [root];
    for (const step of steps) values = values.flatMap((value) => take(value, step));
    return values;
  };
}

function toStep([, dotted, index, quoted, all, filterPath, ...values]: RegExpExecArray): Step {
  if (all !== undefined) return { kind: "all" };
  if (index !== undefined) return { kind: "index", index: Number(index) };
  if (filterPath === undefined) return { kind: "field", name: dotted ?? quoted ?? "" };
  const value = values.find((text) => text !== undefined) ?? "";
  return { kind: "filter", path: filterPath.slice(1).split("."), value };
}

function take(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  switch (step.kind) {
    case "field":
      return present(own(value, step.name));
    case "index":
      return Array.isArray(value) ? present(value.at(step.index)) : [];
    case "all":
      return Object.values(value);
    case "filter":
      return Array.isArray(value) ? value.filter((item) => matches(item, step.path, step.value)) : [];
    default:
      return step satisfies never;
  }
}

function matches(item: unknown, path: readonly string[], wanted: string): boolean {
  let value = item;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return false;
    value = own(value, name);
  }
  return value !== undefined && plainText(value) === wanted;
}

function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function present(value: unknown): readonly unknown[] {
  return value === undefined ? [] : [value];
}
