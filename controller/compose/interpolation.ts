/** A variable's value; undefined when it has none (an empty value is one). */
export type Lookup = (name: string) => string | undefined;

export interface Interpolated {
  readonly text: string;
  /** Variables that were asked for, have no value and no default there. In order, each once. */
  readonly missing: readonly string[];
}

/** With the two letters beyond ASCII (U+017F, U+212A) that to Compose are an s and a K in upper and lower case. */
const NAME = /^[_a-z][_a-z0-9]*/iu;

/**
 * What Compose makes of `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`,
 * `${VAR:+other}`, `${VAR+other}`, nested, and `$$`. Never throws: what is no valid variable stays as it is, and Compose
 * itself refuses it.
 */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  const missing = new Set<string>();
  return { text: expand(text, lookup, missing), missing: [...missing] };
}

function expand(text: string, lookup: Lookup, missing: Set<string>): string {
  let result = "";
  let at = 0;
  for (;;) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const name = NAME.exec(rest)?.[0];
    const close = rest.startsWith("{") ? closingBrace(rest) : -1;
    if (rest.startsWith("$")) {
      result += "$";
      at = dollar + 2;
    } else if (name !== undefined) {
      result += valueOf(name, lookup, missing);
      at = dollar + 1 + name.length;
    } else if (close > 0) {
      result += braced(rest.slice(1, close), lookup, missing);
      at = dollar + 1 + close + 1;
    } else {
      result += "$";
      at = dollar + 1;
    }
  }
}

/**
 * Where the brace that opens at 0 closes, on the same line; braces of nested variables count. -1 when it never does. As in
 * Compose, what follows an opening brace is no closing one, and where braces do not match, the last one closes.
 */
function closingBrace(text: string): number {
  const end = text.indexOf("\n");
  const line = end < 0 ? text : text.slice(0, end);
  let depth = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "}" && --depth === 0) return at;
    if (line[at] === "{") {
      depth++;
      at++;
    }
  }
  return line.lastIndexOf("}");
}

function braced(inner: string, lookup: Lookup, missing: Set<string>): string {
  const name = NAME.exec(inner)?.[0];
  if (name === undefined) return `\${${inner}}`;
  const [, operator = "", word = ""] = /^(:?[-?+])?(.*)$/s.exec(inner.slice(name.length)) ?? [];
  if (operator === "") return valueOf(name, lookup, missing);
  const value = lookup(name);
  const has = value !== undefined && (value !== "" || !operator.startsWith(":"));
  if (operator.endsWith("+")) return has ? expand(word, lookup, missing) : "";
  if (has) return value;
  return operator.endsWith("-") ? expand(word, lookup, missing) : ""; // `?`: Compose stops with the file's own error
}

function valueOf(name: string, lookup: Lookup, missing: Set<string>): string {
  const value = lookup(name);
  if (value === undefined) missing.add(name);
  return value ?? "";
}
