/**
 * Text without given values: whatever a value looks like in the text (as it is, in base64 or hex, percent-encoded, escaped in
 * JSON or for Compose, one line of it, tidied for a terminal), `***` stands in its place. For everything that another program
 * said while it knew a secret.
 */
import { formsOf, SHORTEST } from "./mask-forms.ts";

/** Takes the values out of a text. */
export type Mask = (text: string) => string;

const MASKED = "***";
/** Longer needles are looked for by pieces of this length, so that the cost does not depend on how long a value is. */
const PIECE = 32;
/** Of a piece that stands at many places of a value, so many surroundings are known. */
const MAX_SURROUNDINGS = 8;
/** Slots of a filter for each needle, so that chance fills few; and the most that a filter may have. */
const SLOTS_PER_NEEDLE = 64;
const MAX_SLOTS = 1 << 16;
const FACTOR = 0x01000193;
/** What stands where a text was cut. */
const CUT = "…";

/**
 * Makes a mask of `values`. Blank ones are no secrets. It works in a time that is linear in the text, whatever the values
 * are; a part of a long value is masked too, as far as pieces of 32 characters and what stands around them go, and the
 * beginning of one that a cut (…) went through.
 */
export function createMask(values: Iterable<string | Uint8Array>): Mask {
  const bytes = [...values].map((value) => (typeof value === "string" ? Buffer.from(value) : value));
  if (bytes.every(({ length }) => length === 0)) return (text) => text;
  let finders: readonly Finder[] | undefined;
  let sorted: readonly string[] | undefined;
  return (text) => {
    finders ??= createFinders(new Set(bytes.flatMap((value) => formsOf(Buffer.from(value)))));
    if (!text.includes(CUT)) return cover(text, finders);
    sorted ??= finders.flatMap(({ isWord, needles }) => (isWord ? [] : [...needles.keys()])).toSorted();
    return cover(text, finders, beginnings(text, sorted));
  };
}

/** What may stand right before and behind a piece of a longer form. */
interface Surroundings {
  readonly before: string;
  readonly after: string;
}

/** Needles with their surroundings, of which a whole form has none. */
type Needles = Map<string, Surroundings[]>;

/** Finds all needles of one length. */
interface Finder {
  readonly length: number;
  readonly isWord: boolean;
  readonly needles: Needles;
  /** Hash → the needles that have it. */
  readonly byHash: ReadonlyMap<number, readonly string[]>;
  /** Most windows of a text are told not to be a needle by one look. Its length is a power of two. */
  readonly filter: Uint8Array;
}

function createFinders(forms: ReadonlySet<string>): readonly Finder[] {
  const byLength = new Map<string, Needles>();
  const add = (needle: string, isWord: boolean, around?: Surroundings): void => {
    const key = `${needle.length} ${isWord}`;
    const known = byLength.get(key) ?? new Map<string, Surroundings[]>();
    byLength.set(key, known);
    const all = known.get(needle) ?? [];
    known.set(needle, all);
    if (around === undefined || all.length >= MAX_SURROUNDINGS) return;
    if (!all.some(({ before, after }) => before === around.before && after === around.after))
      all.push(around);
  };
  for (const form of forms) {
    if (form.length < SHORTEST) add(form, true);
    else if (form.length <= PIECE) add(form, false);
    else for (const { piece, ...around } of piecesOf(form)) add(piece, false, around);
  }
  return [...byLength].map(([key, needles]) => {
    const [length, isWord] = key.split(" ");
    return createFinder(Number(length), isWord === "true", needles);
  });
}

function* piecesOf(form: string): Iterable<Surroundings & { readonly piece: string }> {
  const last = form.length - PIECE;
  for (let at = 0; at < last + PIECE; at += PIECE) {
    const begin = Math.min(at, last);
    const end = begin + PIECE;
    yield {
      piece: form.slice(begin, end),
      before: form.slice(Math.max(0, begin - PIECE), begin),
      after: form.slice(end, end + PIECE),
    };
  }
}

function createFinder(length: number, isWord: boolean, needles: Needles): Finder {
  const byHash = new Map<number, string[]>();
  const filter = new Uint8Array(
    Math.min(MAX_SLOTS, 2 ** Math.ceil(Math.log2(needles.size * SLOTS_PER_NEEDLE))),
  );
  for (const needle of needles.keys()) {
    let hash = 0;
    for (let at = 0; at < length; at++) hash = (Math.imul(hash, FACTOR) + needle.charCodeAt(at)) | 0;
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [needle]);
    else same.push(needle);
    filter[slotOf(hash, filter)] = 1;
  }
  return { length, isWord, needles, byHash, filter };
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
  for (const finder of finders) find(text, finder, note);
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

/**
 * Tells where the needles of one length begin and end: a hash that rolls over the text, and a comparison where it says
 * perhaps. What stands around a piece as it does in the value belongs to it, also where the value is cut off within the next
 * piece.
 */
function find(text: string, finder: Finder, found: (from: number, to: number) => void): void {
  const { length, isWord, needles, byHash, filter } = finder;
  let power = 1;
  for (let at = 1; at < length; at++) power = Math.imul(power, FACTOR);
  let hash = 0;
  for (let end = 1; end <= text.length; end++) {
    const begin = end - length;
    if (begin > 0) hash = (hash - Math.imul(text.charCodeAt(begin - 1), power)) | 0;
    hash = (Math.imul(hash, FACTOR) + text.charCodeAt(end - 1)) | 0;
    if (begin < 0 || filter[slotOf(hash, filter)] === 0) continue;
    const needle = byHash.get(hash)?.find((one) => text.startsWith(one, begin));
    if (needle === undefined || (isWord && isInWord(text, begin, end))) continue;
    let from = begin;
    let to = end;
    for (const { before, after } of needles.get(needle) ?? []) {
      from = Math.min(from, begin - sameBefore(text, begin, before));
      to = Math.max(to, end + sameAfter(text, end, after));
    }
    found(from, to);
  }
}

function sameBefore(text: string, begin: number, before: string): number {
  let same = 0;
  const last = before.length - 1;
  while (same <= last && text.charCodeAt(begin - 1 - same) === before.charCodeAt(last - same)) same++;
  return same;
}

function sameAfter(text: string, end: number, after: string): number {
  let same = 0;
  while (same < after.length && text.charCodeAt(end + same) === after.charCodeAt(same)) same++;
  return same;
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
