import { nearest } from "../api/nearest.ts";

/** ` Did you mean "shop"?`, with a blank before it, or nothing where no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found =
    nearest(word, candidates) ??
    (word.length > 2 ? candidates.find((candidate) => candidate.startsWith(word)) : undefined);
  return found === undefined ? "" : ` Did you mean ${JSON.stringify(found)}?`;
}
