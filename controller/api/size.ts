/** Largest first, binary before decimal. */
const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ["TiB", 1024 ** 4],
  ["TB", 1000 ** 4],
  ["GiB", 1024 ** 3],
  ["GB", 1000 ** 3],
  ["MiB", 1024 ** 2],
  ["MB", 1000 ** 2],
  ["KiB", 1024],
  ["kB", 1000],
  ["B", 1],
];

/**
 * An amount of bytes with its unit ("2GiB", "1.5GB", "100MiB", "64kB", "512B") in whole bytes. Undefined for anything else:
 * no unit, a sign, white space, more than can be counted exactly.
 */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([KMGT]iB|[kKMGT]B|B)$/.exec(text) ?? [];
  const scale = UNITS.find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  if (amount === undefined || scale === undefined) return undefined;
  const bytes = Math.round(Number(amount) * scale);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** As a person would write it: the largest unit of which it is a whole number. */
export function formatSize(bytes: number): string {
  const [unit, scale] = UNITS.find(([, size]) => bytes >= size && bytes % size === 0) ?? ["B", 1];
  return `${bytes / scale}${unit}`;
}
