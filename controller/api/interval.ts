const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A duration as Go writes it ("30s", "5m", "1h30m", "1.5h", "250ms") in whole milliseconds. Undefined for anything else:
 * no unit, a sign, white space, days.
 */
export function parseInterval(text: string): number | undefined {
  if (!/^(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit = ""] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNITS_MS[unit] ?? 0);
  }
  return Math.round(totalMs);
}

/** What is wrong with a duration that must lie between two others (both included), or undefined. */
export function intervalFault(text: string, least: string, most: string): string | undefined {
  const ms = parseInterval(text);
  if (ms === undefined) return `must be a duration such as 30s, 5m or 1h30m, not ${JSON.stringify(text)}`;
  if (ms < (parseInterval(least) ?? 0)) return `must be at least ${least}, not "${text}"`;
  if (ms > (parseInterval(most) ?? Infinity)) return `must be at most ${most}, not "${text}"`;
  return undefined;
}
