/** Which tag a range of semantic versions means, among those that a remote advertises. Pure. */
import { compareBuild, gtr, ltr, parse, Range, type SemVer } from "semver";

/** A tag whose name is a version: `1.4.0`, `v1.4.0`. */
interface VersionTag {
  readonly name: string;
  readonly version: SemVer;
}

/**
 * The tag with the highest version within the range; undefined when there is none. A prerelease is within it only where the
 * range names one of the same version, as everywhere in semver. Of equal versions the one with the higher build metadata wins,
 * then the name without `v`: the order of the tags never matters.
 */
export function highestTag(range: string, names: readonly string[]): string | undefined {
  const wanted = new Range(range);
  let best: VersionTag | undefined;
  for (const tag of versionTags(names)) {
    if (wanted.test(tag.version) && (best === undefined || compare(tag, best) > 0)) best = tag;
  }
  return best?.name;
}

/** Why `highestTag` finds nothing, with the tags that may help: goes on after "Cannot find ...:". */
export function whyNoTag(range: string, names: readonly string[]): string {
  if (names.length === 0) return "it has no tags";
  const tags = versionTags(names).toSorted(compare);
  const highest = tags.at(-1);
  if (highest === undefined) {
    const [example] = names.toSorted();
    return `none of its tags is a version, such as "1.4.0" or "v1.4.0"; it has "${example}"`;
  }
  const wanted = new Range(range, { includePrerelease: true });
  const prerelease = tags.findLast(({ version }) => wanted.test(version));
  if (prerelease !== undefined) {
    return (
      `no release is within it; "${prerelease.name}" is a prerelease, which counts only where the range names one of ` +
      `the same version, such as ">=${prerelease.version.version}"`
    );
  }
  const below = tags.findLast(({ version }) => ltr(version, range));
  const above = tags.find(({ version }) => gtr(version, range));
  const near = [below, above].flatMap((tag) => (tag === undefined ? [] : [`"${tag.name}"`]));
  return near.length === 0
    ? `no version is within it; the highest is "${highest.name}"`
    : `no version is within it; the nearest ${near.length === 1 ? "is" : "are"} ${near.join(" and ")}`;
}

function compare(a: VersionTag, b: VersionTag): number {
  const order = compareBuild(a.version, b.version);
  if (order !== 0 || a.name === b.name) return order;
  // "1.4.0" and "v1.4.0"; or builds that differ in leading zeros.
  const isPlain = Number(b.name.startsWith("v")) - Number(a.name.startsWith("v"));
  return isPlain === 0 ? (a.name < b.name ? -1 : 1) : isPlain;
}

/** A repository may have very many tags that mean something else: those are not even parsed. */
function versionTags(names: readonly string[]): VersionTag[] {
  const tags: VersionTag[] = [];
  for (const name of names) {
    const version = /^v?\d/.test(name) ? parse(name) : null;
    if (version !== null) tags.push({ name, version });
  }
  return tags;
}
