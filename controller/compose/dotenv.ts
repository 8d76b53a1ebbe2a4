import { interpolate, type Lookup } from "./interpolation.ts";

/** White space as Compose's language sees it, without the line feed. */
const SPACE = String.raw`[\t\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const BLANK = new RegExp(SPACE);
const HEAD = new RegExp(
  String.raw`^${SPACE}*(?:export[\t\f\r ]+)?([\p{L}\p{N}_.\-[\]]+)${SPACE}*([=:]?)[\t\v\f\r \u0085\u00a0]*`,
  "u",
);

/**
 * The variables of an `.env` file as Compose reads it: `export`, comments, `KEY: value`, single quotes (as written),
 * double quotes (escapes, variables, several lines), plain values (variables, comment after a space). `outer` answers for
 * variables that are not set above in the file, and wins over the file, as the environment does in Compose. Never throws:
 * a line that is not understood is skipped, Compose itself refuses the file.
 */
export function parseDotenv(text: string, outer: Lookup): ReadonlyMap<string, string> {
  const source = text.replace(/^\uFEFF/, "");
  const values = new Map<string, string>();
  const lookup: Lookup = (name) => outer(name) ?? values.get(name);
  let at = 0;
  let lineEnd = -1;
  while (at < source.length) {
    if (lineEnd < at) lineEnd = endOr(source.indexOf("\n", at), source);
    const line = source.slice(at, lineEnd);
    const start = at;
    at = lineEnd + 1;
    const [head = "", name, separator] = HEAD.exec(line) ?? [];
    if (name === undefined) continue;
    const raw = line.slice(head.length);
    const quote = raw[0];
    if (separator === "") {
      const inherited = outer(name);
      if (trimEnd(raw) === "" && inherited !== undefined) values.set(name, inherited);
    } else if (quote === '"' || quote === "'") {
      const open = start + head.length + 1;
      const close = endOfQuote(source, open, quote);
      const inner = source.slice(open, close ?? lineEnd);
      if (close !== undefined) at = close + 1; // to Compose, another variable may follow on the same line
      const value = quote === "'" ? inner.replaceAll("\\'", "'") : interpolate(unescape(inner), lookup).text;
      values.set(name, value);
    } else {
      values.set(name, interpolate(withoutComment(raw), lookup).text);
    }
  }
  return values;
}

function endOr(index: number, text: string): number {
  return index < 0 ? text.length : index;
}

function endOfQuote(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

/** A comment begins after a space, and after no other white space. */
function withoutComment(raw: string): string {
  const comment = raw.indexOf(" #");
  return trimEnd(comment < 0 ? raw : raw.slice(0, comment));
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && BLANK.test(text[end - 1] ?? "")) end--;
  return text.slice(0, end);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  $: "$$",
  '"': '"',
  "\\": "\\",
};

/** `\0` takes three octal digits; what is no escape keeps its backslash, but an octal one that is none loses its zero. */
function unescape(text: string): string {
  return text.replace(/\\(?:([abfnrtv$"\\])|0(\d{0,3}))/g, (_, letter?: string, digits = "") => {
    if (letter !== undefined) return ESCAPES[letter] ?? letter;
    return /^[0-3][0-7]{2}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 8)) : `\\${digits}`;
  });
}
