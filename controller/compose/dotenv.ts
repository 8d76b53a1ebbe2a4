import { interpolate, type Lookup } from "./interpolation.ts";

/**
 * The variables of an `.env` file as Compose reads it: `export`, comments, `KEY: value`, single quotes (as written),
 * double quotes (escapes, variables, several lines), plain values (variables, comment after a space). `outer` answers for
 * variables that are not set above in the file, and wins over the file, as the environment does in Compose. Never throws:
 * a line that is not understood is skipped, Compose itself refuses the file.
 */
export function parseDotenv(text: string, outer: Lookup): ReadonlyMap<string, string> {
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const values = new Map<string, string>();
  const lookup: Lookup = (name) => outer(name) ?? values.get(name);
  let at = 0;
  while (at < source.length) {
    const lineEnd = endOr(source.indexOf("\n", at), source);
    const line = source.slice(at, lineEnd);
    const start = at;
    at = lineEnd + 1;
    const [head = "", name, separator] =
      /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)[ \t]*([=:]?)[ \t]*/.exec(line) ?? [];
    if (name === undefined) continue;
    const raw = line.slice(head.length);
    const quote = raw[0];
    if (separator === "") {
      const inherited = outer(name);
      if (raw === "" && inherited !== undefined) values.set(name, inherited);
    } else if (quote === '"' || quote === "'") {
      const open = start + head.length + 1;
      const close = endOfQuote(source, open, quote);
      const inner = source.slice(open, close ?? lineEnd);
      if (close !== undefined) at = endOr(source.indexOf("\n", close), source) + 1;
      values.set(name, quote === "'" ? inner : interpolate(unescape(inner), lookup).text);
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

function withoutComment(raw: string): string {
  for (let at = raw.indexOf("#"); at >= 0; at = raw.indexOf("#", at + 1)) {
    if (at === 0 || /\s/.test(raw[at - 1] ?? "")) return raw.slice(0, at).trimEnd();
  }
  return raw.trimEnd();
}

function unescape(text: string): string {
  const special: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", $: "$$" };
  return text.replace(/\\(.)/gs, (_, character: string) => special[character] ?? character);
}
