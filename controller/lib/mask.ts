/**
 * Text without given values: whatever a value looks like in the text (as it is, in base64, percent-encoded, escaped in
 * JSON, one line of it), `***` stands in its place. For everything that another program said while it knew a secret.
 */

/** Takes the values out of a text. */
export type Mask = (text: string) => string;

const MASKED = "***";
/** Longer needles are looked for by pieces of this length, so that the cost does not depend on how long a value is. */
const PIECE = 32;
/** A shorter value is masked only where it stands as a word, else no text could be read any more. */
const SHORTEST = 4;
/** A shorter stretch of base64, without the ends that depend on what stands around it, is found anywhere by chance. */
const SHORTEST_STRETCH = 6;
/** Slots of a filter for each needle, so that chance fills few; and the most that a filter may have. */
const SLOTS_PER_NEEDLE = 64;
const MAX_SLOTS = 1 << 16;
const FACTOR = 0x01000193;
/** What stands where a text was cut. */
const CUT = "…";

/**
 * Makes a mask of `values`. Blank ones are no secrets. It works in a time that is linear in the text, whatever the values
 * are; a part of a long value is masked too, as far as pieces of 32 characters go, and the beginning of one that a cut (…)
 * went through.
 */
export function createMask(values: Iterable<string | Uint8Array>): Mask {
  const bytes = [...values].map((value) => (typeof value === "string" ? Buffer.from(value) : value));
  if (bytes.every(({ length }) => length === 0)) return (text) => text;
  let finders: readonly Finder[] | undefined;
  let sorted: readonly string[] | undefined;
  return (text) => {
    finders ??= createFinders(new Set(bytes.flatMap((value) => formsOf(Buffer.from(value)))));
    if (!text.includes(CUT)) return cover(text, finders);
    sorted ??= finders
      .flatMap(({ isWord, needles }) => (isWord ? [] : [...needles.values()].flat()))
      .toSorted();
    return cover(text, finders, beginnings(text, sorted));
  };
}

/** Every text that gives the value away. */
function formsOf(value: Buffer): readonly string[] {
  const text = value.toString("utf8");
  // Bytes that are not UTF-8 have no text of their own.
  const isText = Buffer.from(text).equals(value);
  if (value.length === 0 || (isText && text.trim() === "")) return [];
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const texts = isText ? [text, text.trim(), ...lines.filter(tellsSomething)] : [];
  return [
    ...texts.flatMap(spellingsOf),
    ...base64Of(value),
    ...(isText ? base64Of(Buffer.from(text.trim())) : []),
  ];
}

/** A line as short as a bracket tells nothing. */
function tellsSomething(line: string): boolean {
  return line.length >= SHORTEST && /[\p{L}\p{N}]/u.test(line);
}

function spellingsOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(text);
  return [
    text,
    json,
    // As Go writes JSON.
    json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    percent,
    percent.replace(/%../g, (code) => code.toLowerCase()),
    percent.replaceAll("%20", "+"),
  ];
}

/** Whole, and as a part of something longer, which begins at any of the three places of a group of base64. */
function base64Of(value: Buffer): readonly string[] {
  const whole = value.toString("base64");
  const stretches = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value])
      .toString("base64")
      .replace(/=+$/, "");
    const end = (before + value.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    return encoded.slice(before === 0 ? 0 : before + 1, end);
  });
  const found = [
    whole,
    whole.replace(/=+$/, ""),
    ...stretches.filter(({ length }) => length >= SHORTEST_STRETCH),
  ];
  return found.flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}

/** Finds all needles of one length. */
interface Finder {
  readonly length: number;
  readonly isWord: boolean;
  /** Hash → the needles that have it. */
  readonly needles: ReadonlyMap<number, readonly string[]>;
  /** Most windows of a text are told not to be a needle by one look. Its length is a power of two. */
  readonly filter: Uint8Array;
}

function createFinders(forms: ReadonlySet<string>): readonly Finder[] {
  const byLength = new Map<string, Set<string>>();
  const add = (needle: string, isWord: boolean): void => {
    const key = `${needle.length} ${isWord}`;
    const known = byLength.get(key) ?? new Set();
    byLength.set(key, known.add(needle));
  };
  for (const form of forms) {
    if (form.length < SHORTEST) add(form, true);
    else if (form.length <= PIECE) add(form, false);
    else for (const piece of piecesOf(form)) add(piece, false);
  }
  return [...byLength].map(([key, needles]) => {
    const [length, isWord] = key.split(" ");
    return createFinder(Number(length), isWord === "true", needles);
  });
}

function* piecesOf(form: string): Iterable<string> {
  for (let at = 0; at + PIECE <= form.length; at += PIECE) yield form.slice(at, at + PIECE);
  yield form.slice(-PIECE);
}

function createFinder(length: number, isWord: boolean, all: ReadonlySet<string>): Finder {
  const needles = new Map<number, string[]>();
  const filter = new Uint8Array(Math.min(MAX_SLOTS, 2 ** Math.ceil(Math.log2(all.size * SLOTS_PER_NEEDLE))));
  for (const needle of all) {
    let hash = 0;
    for (let at = 0; at < length; at++) hash = (Math.imul(hash, FACTOR) + needle.charCodeAt(at)) | 0;
    const same = needles.get(hash);
    if (same === undefined) needles.set(hash, [needle]);
    else same.push(needle);
    filter[slotOf(hash, filter)] = 1;
  }
  return { length, isWord, needles, filter };
}

/** Replaces each stretch that needles cover, touching or overlapping, by one mask. */
function cover(
  text: string,
  finders: readonly Finder[],
  cut: Iterable<readonly [number, number]> = [],
): string {
  /** Where the longest needle ends that begins here; 0 for none. Made when the first is found. */
  let endOf: Int32Array | undefined;
  const note = (from: number, to: number): void => {
    endOf ??= new Int32Array(text.length);
    endOf[from] = Math.max(endOf[from] ?? 0, to);
  };
  for (const [from, to] of cut) note(from, to);
  for (const finder of finders) for (const at of find(text, finder)) note(at, at + finder.length);
  if (endOf === undefined) return text;
  let covered = "";
  let done = 0;
  for (let at = 0; at < text.length; at++) {
    let end = endOf[at] ?? 0;
    if (end === 0) continue;
    covered += text.slice(done, at) + MASKED;
    for (; at <= end && at < text.length; at++) end = Math.max(end, endOf[at] ?? 0);
    done = end;
    at = end;
  }
  return covered + text.slice(done);
}

/** Where the needles of one length begin: a hash that rolls over the text, and a comparison where it says perhaps. */
function* find(text: string, { length, isWord, needles, filter }: Finder): Iterable<number> {
  let power = 1;
  for (let at = 1; at < length; at++) power = Math.imul(power, FACTOR);
  let hash = 0;
  for (let end = 1; end <= text.length; end++) {
    const begin = end - length;
    if (begin > 0) hash = (hash - Math.imul(text.charCodeAt(begin - 1), power)) | 0;
    hash = (Math.imul(hash, FACTOR) + text.charCodeAt(end - 1)) | 0;
    if (begin < 0 || filter[slotOf(hash, filter)] === 0) continue;
    const isFound = needles.get(hash)?.some((needle) => text.startsWith(needle, begin)) === true;
    if (isFound && !(isWord && isInWord(text, begin, end))) yield begin;
  }
}

/** From where to where, before a cut, the text is as a needle begins. */
function* beginnings(text: string, sorted: readonly string[]): Iterable<readonly [number, number]> {
  for (let at = text.indexOf(CUT); at >= 0; at = text.indexOf(CUT, at + 1)) {
    for (let length = Math.min(at, PIECE); length >= SHORTEST; length--) {
      if (!isBeginning(text.slice(at - length, at), sorted)) continue;
      yield [at - length, at];
      break;
    }
  }
}

function isBeginning(text: string, sorted: readonly string[]): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(text) === true;
}

function slotOf(hash: number, { length }: Uint8Array): number {
  return (hash ^ (hash >>> 16)) & (length - 1);
}

function isInWord(text: string, begin: number, end: number): boolean {
  return /\w/.test(text.charAt(begin - 1)) || /\w/.test(text.charAt(end));
}
