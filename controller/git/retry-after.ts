/** No host is left alone for longer, whatever it says. */
const MAX_MS = 3_600_000;

/**
 * The value of a Retry-After header, seconds or an HTTP date, as milliseconds from `now` (wall milliseconds, by the clock of
 * the host that says it where that is known), at most an hour. Undefined for what is neither; 0 for what is over.
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_MS);
  // Date.parse reads far more than HTTP dates, numbers and local times among it.
  const at = /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - now, 0), MAX_MS);
}
