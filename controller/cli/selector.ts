import { UsageError } from "./errors.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * A label selector as kubectl reads it: `team=web,tier!=db`, `team`, `!team`, `team in (web, shop)`,
 * `team notin (web)`. All parts must hold. Throws UsageError for anything else.
 */
export function parseSelector(text: string): (labels: Labels) => boolean {
  // A comma inside of brackets parts values, not tests.
  const tests = text.split(/,(?![^(]*\))/).map((part) => parsePart(part.trim(), text));
  return (labels) => tests.every((test) => test(labels));
}

function parsePart(part: string, whole: string): (labels: Labels) => boolean {
  const [, set, setOperator, list] = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part) ?? [];
  if (set !== undefined) {
    const values = (list ?? "").split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[set] ?? "\0") === (setOperator === "in");
  }
  const [, key, operator, value] = /^([\w./-]+)\s*(==?|!=)\s*([\w.-]*)$/.exec(part) ?? [];
  if (key !== undefined) return (labels) => (labels[key] === value) === (operator !== "!=");
  const [, not, label] = /^(!?)\s*([\w./-]+)$/.exec(part) ?? [];
  if (label !== undefined) return (labels) => Object.hasOwn(labels, label) === (not === "");
  throw wrong(whole);
}

function wrong(text: string): UsageError {
  return new UsageError(
    `Cannot use ${JSON.stringify(text)} for --selector: expected labels, such as team=web,tier!=db`,
  );
}
