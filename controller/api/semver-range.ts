import { validRange } from "semver";

/** What is wrong with a range of semantic versions, in words, or undefined: the ranges of npm, which are those of most tools. */
export function semverRangeFault(range: string): string | undefined {
  if (range.trim() === "") return 'must not be blank: write "*" to follow the highest release';
  if (validRange(range) !== null) return undefined;
  const bad = `${JSON.stringify(range)} is not a range of semantic versions`;
  const meant = REPAIRS.reduce((text, [from, to]) => text.replaceAll(from, to), range).trim();
  return validRange(meant) === null
    ? `${bad}, such as ">=1.4 <2", "~1.4" or "1.x || 3.x"`
    : `${bad}; write ${JSON.stringify(meant)}`;
}

/** What other tools write: commas and words between conditions, signs the other way round. */
const REPAIRS: readonly (readonly [from: RegExp, to: string])[] = [
  [/\s*(?:,|&&|\band\b)\s*/gi, " "],
  [/\s+or\s+/gi, " || "],
  [/={2,3}/g, "="],
  [/=([<>])/g, "$1="],
];
