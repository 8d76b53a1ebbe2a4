/**
 * Whether OpenSSH's comma-separated list of patterns (`*` for anything, `?` for one character, `!` in front for "but not")
 * holds for the text: one of them must match, and none of those that exclude.
 */
export function matchesPatternList(text: string, list: string): boolean {
  let matches = false;
  for (const item of list.split(",")) {
    const isNegated = item.startsWith("!");
    if (!toRegExp(isNegated ? item.slice(1) : item).test(text)) continue;
    if (isNegated) return false;
    matches = true;
  }
  return matches;
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern
    .replaceAll(/\*+/g, "*") // many in a row mean one, and would take for ever
    .split(/([*?])/)
    .map((part) => (part === "*" ? ".*" : part === "?" ? "." : part.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")));
  return new RegExp(`^${parts.join("")}$`, "su");
}
