/**
 * Plain values → YAML text in a given style. What is written is read back before it is believed, so this may be simple; it
 * quotes whatever a reader, of YAML 1.1 too, could take for something other than a string.
 */
import type { Value } from "./change.ts";
import type { Quote, Style } from "./style.ts";

export interface Rendered {
  /** What stands on the line of the field's name; empty when all stands below. */
  readonly head: string;
  /** Whole lines below, with their indentation and without line ends. */
  readonly body: readonly string[];
}

export interface Writing {
  readonly style: Style;
  /** How this string is quoted where the writer's own text tells; `none` wherever it can be. */
  readonly quote?: Quote | "none" | undefined;
}

/** One line, as within `{}`, `[]` and on the line of a name. Strings of several lines are escaped. */
export function renderInline(value: Value, writing: Writing, inFlow: boolean): string {
  if (typeof value === "string") return renderString(value, writing, inFlow);
  if (typeof value !== "object" || value === null) return String(value);
  const pad = writing.style.isPadded ? " " : "";
  if (Array.isArray(value)) {
    return `[${(value as readonly Value[]).map((item) => renderInline(item, writing, true)).join(", ")}]`;
  }
  const fields = Object.entries(value).map(
    ([name, item]) =>
      `${renderString(name, { ...writing, quote: undefined }, true)}: ${renderInline(item, writing, true)}`,
  );
  return fields.length === 0 ? "{}" : `{${pad}${fields.join(", ")}${pad}}`;
}

/**
 * The value of a field whose name stands at column `indent`, outside of `{}` and `[]`. `steps`: how much further its own
 * fields, items or lines stand.
 */
export function renderBlock(
  value: Value,
  writing: Writing,
  indent: number,
  steps: Pick<Style, "step" | "listStep"> = writing.style,
): Rendered {
  const { step, listStep } = steps;
  if (typeof value === "string" && isLiteral(value, writing)) {
    const pad = " ".repeat(indent + step);
    const lines = value.replace(/\n$/, "").split("\n");
    return {
      head: value.endsWith("\n") ? "|" : "|-",
      body: lines.map((line) => (line === "" ? "" : pad + line)),
    };
  }
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    return { head: renderInline(value, writing, false), body: [] };
  }
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    return { head: "", body: items.flatMap((item) => renderItem(item, writing, indent + listStep)) };
  }
  const fields = Object.entries(value as Readonly<Record<string, Value>>);
  return {
    head: "",
    body: fields.flatMap(([name, item]) => renderField(name, item, writing, indent + step)),
  };
}

/** The lines of `name: value` at a column. */
export function renderField(
  name: string,
  value: Value,
  writing: Writing,
  column: number,
  keyQuote?: Quote,
): readonly string[] {
  const { head, body } = renderBlock(value, writing, column);
  const key = renderString(name, { ...writing, quote: keyQuote }, false);
  return [`${" ".repeat(column)}${key}:${head === "" ? "" : ` ${head}`}`, ...body];
}

/** The lines of `- value` with the dash at a column, and the value `gap` columns further. */
export function renderItem(value: Value, writing: Writing, column: number, gap = 2): readonly string[] {
  const { head, body } = renderBlock(value, writing, column, { step: gap, listStep: gap });
  const dash = `${" ".repeat(column)}-${" ".repeat(gap - 1)}`;
  if (head !== "") return [dash + head, ...body];
  const [first = "", ...rest] = body;
  return [dash + first.trimStart(), ...rest];
}

/** A string, or a name, on one line. */
export function renderString(text: string, { style, quote }: Writing, inFlow: boolean): string {
  const isPlain = isPlainString(text, inFlow);
  if ((quote === undefined || quote === "none") && isPlain) return text;
  const marks = quote === undefined || quote === "none" ? style.quote : quote;
  // oxlint-disable-next-line no-control-regex
  if (marks === "'" && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(text)) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  // JSON is YAML, but for some characters that it may hold bare.
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Words that some reader of YAML takes for null, a boolean, a number or a date. */
const NOT_A_STRING =
  /^(?:~|null|true|false|yes|no|on|off|[-+]?\.(?:inf|nan)|[-+]?[0-9.][0-9a-fox_.:+-]*(?:[Tt ][0-9:.+\-Zz ]*)?)$/i;

function isPlainString(text: string, inFlow: boolean): boolean {
  if (NOT_A_STRING.test(text)) return false;
  const plain = inFlow
    ? /^(?:[\p{L}\p{N}_./$^+(\\]|-(?=[\p{L}\p{N}]))(?:[\p{L}\p{N}\p{M}_./$^+()\\=~;@-]|:(?=[^\s,[\]{}:])|(?<=\S) (?=[^\s#]))*$/u
    : /^(?:[\p{L}\p{N}_./$^+(\\]|-(?=[\p{L}\p{N}]))(?:[\p{L}\p{N}\p{M}_./$^+()\\=~;@,<>&*!%'"|?-]|:(?=\S)|(?<=\S)#|(?<=\S) (?=[^\s#]))*$/u;
  return plain.test(text) && !text.endsWith(":");
}

/** Several lines that a literal block (`|`) can hold as they are. */
function isLiteral(text: string, { quote, style }: Writing): boolean {
  if (!style.hasLiterals || quote === '"' || quote === "'" || !text.includes("\n")) return false;
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(text)) return false;
  return !/^[\s]|\n\n$|^[^\n]*$/.test(text) && text.trim() !== "";
}
