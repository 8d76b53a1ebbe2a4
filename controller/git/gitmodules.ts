/**
 * `.gitmodules` as Git reads it: its own configuration syntax, of which only the paths and URLs of submodules count. The
 * text is a stranger's: what can be read in two ways is refused, whatever Git would make of it.
 */
export type Gitmodules =
  /** path → URL, as they are written. */
  { readonly urls: ReadonlyMap<string, string> } | { readonly fault: string };

interface Variable {
  readonly line: number;
  /** Undefined for what is no submodule's. */
  readonly submodule: string | undefined;
  readonly name: string;
  readonly value: string;
  readonly twofold: boolean;
}

/** To Git, no other character is one. */
const SPACE = /[ \t\r\n]/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b", "\\": "\\", '"': '"' };

export function parseGitmodules(text: string): Gitmodules {
  const read = readVariables(text);
  if ("fault" in read) return read;
  const paths = new Map<string, string>();
  const urls = new Map<string, string>();
  for (const { line, submodule, name, value, twofold } of read.variables) {
    const known = name === "path" ? paths : name === "url" ? urls : undefined;
    if (submodule === undefined || known === undefined) continue;
    if (twofold)
      return faultAt(line, `a tab in a ${name} means another thing to each Git: put it into quotes`);
    if (known.has(submodule))
      return faultAt(line, `it names the ${name} of ${JSON.stringify(submodule)} twice`);
    known.set(submodule, value);
  }
  const found = new Map<string, string>();
  const taken = new Set<string>();
  for (const [submodule, path] of paths) {
    if (taken.has(path)) return { fault: `it gives the path ${JSON.stringify(path)} to two submodules` };
    taken.add(path);
    const url = urls.get(submodule);
    if (url !== undefined) found.set(path, url);
  }
  return { urls: found };
}

function readVariables(
  written: string,
): { readonly variables: readonly Variable[] } | { readonly fault: string } {
  const text = written.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const variables: Variable[] = [];
  let submodule: string | undefined;
  let inSection = false;
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "\n") line++;
    if (SPACE.test(char)) at++;
    else if (char === "#" || char === ";") at = endOfLine(text, at);
    else if (char === "[") {
      const header = readHeader(text, at);
      if (header === undefined) return faultAt(line, "the head of a section is malformed");
      ({ submodule, end: at } = header);
      inSection = true;
    } else {
      const variable = inSection ? readVariable(text, at) : undefined;
      if (variable === undefined) return faultAt(line, "it is no line of a Git configuration");
      const { end, ...read } = variable;
      variables.push({ line, submodule, ...read });
      line += text.slice(at, end).split("\n").length - 1;
      at = end;
    }
  }
  return { variables };
}

/** `[submodule "name"]`, or in the old form `[submodule.name]`, which knows no upper case. */
function readHeader(
  text: string,
  at: number,
): { readonly submodule: string | undefined; readonly end: number } | undefined {
  const pattern = /\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n\0]|\\[^\n\0])*)")?\]/y;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [whole, section = "", quoted] = match;
  const end = at + whole.length;
  const lower = section.toLowerCase();
  if (quoted === undefined) {
    return { submodule: lower.startsWith("submodule.") ? lower.slice("submodule.".length) : undefined, end };
  }
  return { submodule: lower === "submodule" ? quoted.replace(/\\(.)/gs, "$1") : undefined, end };
}

/** `name = value`, to the end of its line, or of the last line that it goes on to. */
function readVariable(text: string, at: number): (Value & { readonly name: string }) | undefined {
  const pattern = /([A-Za-z][A-Za-z0-9-]*)[ \t]*(?:=|(?=\n|$))/y;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [whole, name = ""] = match;
  const value = whole.endsWith("=")
    ? readValue(text, at + whole.length)
    : { value: "true", twofold: false, end: at + whole.length };
  return value && { name: name.toLowerCase(), ...value };
}

interface Value {
  readonly value: string;
  /** White space other than a space stands in it outside quotes: Git kept it as it is from 2.45 on, as spaces before. */
  readonly twofold: boolean;
  readonly end: number;
}

function readValue(text: string, start: number): Value | undefined {
  let value = "";
  let twofold = false;
  /** White space outside quotes counts only when something follows. */
  let blank = "";
  let quoted = false;
  let at = start;
  for (; at < text.length && text[at] !== "\n"; at++) {
    const char = text[at] ?? "";
    if (char === "\0") return undefined;
    if (!quoted && (char === "#" || char === ";")) {
      at = endOfLine(text, at);
      break;
    }
    if (!quoted && SPACE.test(char)) {
      if (value !== "") blank += char;
      continue;
    }
    if (char === "\\" && (at + 1 === text.length || text[at + 1] === "\n")) {
      at++;
      continue;
    }
    const meant = char === "\\" ? ESCAPES[text[++at] ?? ""] : char;
    if (meant === undefined) return undefined;
    if (char === '"') quoted = !quoted;
    else {
      value += blank + meant;
      twofold ||= /[^ ]/.test(blank);
      blank = "";
    }
  }
  return quoted ? undefined : { value, twofold, end: Math.min(at, text.length) };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function faultAt(line: number, what: string): { readonly fault: string } {
  return { fault: `line ${line}: ${what}` };
}
