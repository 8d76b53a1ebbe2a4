import { Lexer } from "yaml";

const MAX_FLOW_DEPTH = 100;
const MAX_INDENT = 200;
const MAX_INDICATORS_A_LINE = 50;

/**
 * Where a YAML text begins to nest too deeply to be parsed at all; undefined when it does not. The parser calls itself for
 * each level, and running out of stack there can end the whole process, so this looks at the tokens alone.
 */
export function findTooDeep(text: string): number | undefined {
  let offset = 0;
  let flowDepth = 0;
  let indent = 0;
  let indicators = 0;
  let atLineStart = true;
  for (const token of new Lexer().lex(text)) {
    // The lexer announces a document, a scalar and flow errors by one control character, which is not in the text.
    const isMark = token.length === 1 && "\u0002\u0018\u001f".includes(token);
    if (isMark) continue;
    const first = token[0] ?? "";
    if (first === "\n" || first === "\r") {
      atLineStart = true;
      indent = 0;
      indicators = 0;
    } else if (atLineStart && token.trim() === "") {
      indent = token.length;
    } else if (first !== "#") {
      if (token === "[" || token === "{") flowDepth++;
      if (token === "]" || token === "}") flowDepth = Math.max(0, flowDepth - 1);
      if (token === "-" || token === "?") indicators++;
      atLineStart = false;
      if (flowDepth > MAX_FLOW_DEPTH || indent > MAX_INDENT || indicators > MAX_INDICATORS_A_LINE)
        return offset;
    }
    offset += token.length;
  }
  return undefined;
}
