/** Which resources the words of a command line name, as kubectl reads them. */
import { kindNamed, kindNames } from "../api/kinds.ts";
import { KINDS, resourceKey, type Kind, type ResourceName } from "../api/resource.ts";
import { didYouMean } from "./did-you-mean.ts";
import { CommandError, UsageError } from "./errors.ts";
import type { Resource } from "./resource.ts";

export interface Selection {
  /** All of these kinds; of single resources, the kinds that their words can mean. In the order of `KINDS`. */
  readonly kinds: readonly Kind[];
  /** Single resources, each once; undefined for all. */
  readonly names: readonly ResourceName[] | undefined;
}

/**
 * Reads words such as `secrets`, `secrets,receivers`, `all`, `secret shop`, `secret/shop app/shop`, `shop`. A first word that
 * means a kind is no name: an Application called "secrets" is `app/secrets`. Names without a kind are Applications'. Throws
 * UsageError for a kind that nobody knows.
 */
export function parseSelection(words: readonly string[]): Selection {
  const [first, ...rest] = words;
  if (first === undefined) return { kinds: ["Application"], names: undefined };
  const kinds = kindsOf(first);
  if (kinds !== undefined && rest.length === 0) return { kinds, names: undefined };
  const names = new Map<string, ResourceName>();
  for (const word of kinds === undefined ? words : rest) {
    for (const named of parseName(word, kinds ?? ["Application"])) {
      names.set(resourceKey(named.kind, named.name), named);
    }
  }
  const asked = new Set([...names.values()].map(({ kind }) => kind));
  return { kinds: KINDS.filter((kind) => asked.has(kind)), names: [...names.values()] };
}

/** The one kind of a command that is for Applications only. Throws UsageError for a word that names another kind. */
export function parseApplications(words: readonly string[], act: string): readonly ResourceName[] {
  const names = words.flatMap((word) => parseName(word, ["Application"]));
  const other = names.find(({ kind }) => kind !== "Application");
  if (other === undefined) return names;
  throw new UsageError(
    `Cannot ${act} ${resourceKey(other.kind, other.name)}: that is for Applications; a ${other.kind} takes effect when its manifest is saved`,
  );
}

/** The resources of a selection, in its order. Throws CommandError for the first that is not there. */
export function select(
  resources: readonly Resource[],
  { kinds, names }: Selection,
  manifestsDir: string,
): readonly Resource[] {
  if (names !== undefined) {
    return [...new Set(names.map((named) => requireResource(resources, named, manifestsDir)))];
  }
  // A document whose kind cannot be read may be of any.
  const [first] = kinds;
  return kinds.flatMap((kind) => resources.filter((each) => (each.kind ?? first) === kind));
}

/** Whether the resource is one of the selection's. */
export function isSelected({ key, kind }: Resource, { kinds, names }: Selection): boolean {
  if (names === undefined) return kind === undefined || kinds.includes(kind);
  return names.some((named) => keyOf(named) === key);
}

/** The key of what is named. */
export function keyOf({ kind, name }: ResourceName): string {
  // A document without a readable kind or name has its place for a key.
  return name.includes("#") ? name : resourceKey(kind, name);
}

function requireResource(
  resources: readonly Resource[],
  named: ResourceName,
  manifestsDir: string,
): Resource {
  const key = keyOf(named);
  const found = resources.find((resource) => resource.key === key);
  if (found !== undefined) return found;
  const names = resources.filter(({ kind }) => (kind ?? named.kind) === named.kind).map(({ name }) => name);
  const elsewhere = resources.find(({ kind, name }) => kind !== undefined && name === named.name);
  const hint =
    elsewhere?.kind === undefined
      ? didYouMean(named.name, [...names, ...KINDS.flatMap(kindNames)])
      : ` Did you mean "${elsewhere.kind.toLowerCase()}/${named.name}"?`;
  throw new CommandError(
    `No ${named.kind} ${JSON.stringify(named.name)} in ${JSON.stringify(manifestsDir)}.${hint}`,
  );
}

/** `all`, or kinds with commas between; undefined for any other word. */
function kindsOf(word: string): readonly Kind[] | undefined {
  if (word.toLowerCase() === "all") return KINDS;
  const kinds = word.split(",").map(kindNamed);
  return kinds.includes(undefined) ? undefined : KINDS.filter((kind) => kinds.includes(kind));
}

/** `KIND/NAME`, or a name of each of these kinds. */
function parseName(word: string, kinds: readonly Kind[]): readonly ResourceName[] {
  const slash = word.indexOf("/");
  const kind = kindNamed(word.slice(0, Math.max(slash, 0)));
  const rest = word.slice(slash + 1);
  // Places of documents have slashes, too; `-o name` puts a kind before them.
  if (word.includes("#")) {
    const name = kind !== undefined && word.includes(".conops.dev/") ? rest : word;
    return [{ kind: kind ?? "Application", name }];
  }
  if (slash < 0) return kinds.map((each) => ({ kind: each, name: word }));
  if (kind !== undefined) return [{ kind, name: rest }];
  const prefix = word.slice(0, slash);
  const hint = didYouMean(prefix, KINDS.flatMap(kindNames));
  throw new UsageError(
    `Cannot read ${JSON.stringify(word)}: there is no kind ${JSON.stringify(prefix)}.${hint}`,
  );
}
