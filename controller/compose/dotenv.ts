import { interpolate, type Lookup } from "./interpolation.ts";

/**
 * The variables of an `.env` file as Compose reads it: `export`, comments, `KEY: value`, single quotes (as written),
 * double quotes (escapes, variables, several lines), plain values (variables, comment after a space). `outer` answers for
 * variables that are not set above in the file, and wins over the file, as the environment does in Compose. Never throws:
 * a line that is not understood is skipped, Compose itself refuses the file.
 */
export function parseDotenv(text: string, outer: Lookup): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const lookup: Lookup = (name) => outer(name) ?? values.get(name);
  const lines = text
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n")
    .split("\n");
  for (let index = 0; index < lines.length; index++) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:[=:](.*))?$/s.exec(lines[index] ?? "");
    const name = match?.[1];
    if (name === undefined) continue;
    const raw = match?.[2]?.trimStart();
    if (raw === undefined) {
      const inherited = outer(name);
      if (inherited !== undefined) values.set(name, inherited);
      continue;
    }
    const quote = raw[0];
    if (quote !== '"' && quote !== "'") {
      values.set(name, interpolate(raw.replace(/(^|\s+)#.*$/, "").trimEnd(), lookup).text);
      continue;
    }
    let quoted = raw.slice(1);
    let end = endOfQuote(quoted, quote);
    while (end < 0 && index + 1 < lines.length) {
      quoted += `\n${lines[++index]}`;
      end = endOfQuote(quoted, quote);
    }
    const inner = end < 0 ? quoted : quoted.slice(0, end);
    values.set(name, quote === "'" ? inner : interpolate(unescape(inner), lookup).text);
  }
  return values;
}

function endOfQuote(text: string, quote: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescape(text: string): string {
  const special: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", $: "$$" };
  return text.replace(/\\(.)/gs, (_, character: string) => special[character] ?? character);
}
