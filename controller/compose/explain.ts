import type { RunResult } from "./compose.ts";

const MAX_CHARS = 300;
/** Lines that tell what Compose is doing, or that something is worth knowing, but not what went wrong. */
const NOISE = [
  /^\s*(?:Container|Network|Volume|Image|Service)?\s*\S+\s+(?:Creat|Start|Stopp|Remov|Recreat|Runn|Wait|Pull|Build|Built|Kill|Exit|Health)\w*\s*$/,
  /^time="[^"]*" level=(?:warning|info|debug)/,
  /^#\d+ (?!ERROR)/,
  /^-{3,}|^={3,}|^\s*>+\s*$/,
  /^\s*\d+ \|/,
];
const TELLING = [
  /failed to solve|ERROR:|process ".*" did not complete/i,
  /Error response from daemon|dependency failed|is unhealthy|didn't complete successfully/i,
  /no such|not found|denied|cannot|invalid|refused|no space left|unauthorized|timeout|already/i,
];

/**
 * The one line that says best why Compose failed. The same fault gives the same text: container ids, which are new each
 * time, are left out. Never empty.
 */
export function explain(result: RunResult): string {
  if (result.ended === "cancelled") return "it was cancelled";
  const lines = result.output.split("\n").filter((line) => !NOISE.some((noise) => noise.test(line)));
  const found = TELLING.map((telling) => lines.findLast((line) => telling.test(line))).find((line) => line);
  const line = readable(found ?? lines.at(-1) ?? "");
  if (result.ended === "limit")
    return line === "" ? "it took too long" : `it took too long; it last said: ${line}`;
  if (line !== "") return line;
  return result.exitCode === undefined
    ? "Compose was killed"
    : `Compose said nothing and ended with code ${result.exitCode}`;
}

/** A line of Compose's log, or of its progress, without time, level, quotes and ids. */
export function readable(line: string): string {
  const message =
    /^time="[^"]*" level=\w+ msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\(.)/g, "$1") ?? line;
  const text = message
    .replace(/^\s*(?:Container|Network|Volume)\s+\S+\s+(?=Error)/, "")
    .replace(/^#\d+ ERROR:\s*/, "")
    .replace(/\s*\(?\b[0-9a-f]{64}\b\)?/g, "")
    .replace(/\b(container|network) "?[0-9a-f]{12}\b"?/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}
