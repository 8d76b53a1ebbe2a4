import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import { interpolate, type Lookup } from "./interpolation.ts";
import { entriesOf, type YamlSource } from "./yaml-source.ts";

export interface UndefinedVariable {
  readonly name: string;
  /** `file:line:column`. */
  readonly place: string;
  /** `services.db.volumes`. */
  readonly field: string;
  /** The service it is in, if any. */
  readonly service?: string;
  /** It stands in a bind source, a path, a port or an image, where an empty text means something else: `${DIR}/db` is `/db`. */
  readonly dangerous: boolean;
}

/** Field paths in which an empty text is not just empty; `*` stands for one key, a prefix counts for all below. */
const DANGEROUS: readonly string[] = [
  "include",
  "services.*.image",
  "services.*.volumes",
  "services.*.ports",
  "services.*.devices",
  "services.*.env_file",
  "services.*.label_file",
  "services.*.extends",
  "services.*.build.context",
  "services.*.build.dockerfile",
  "services.*.build.additional_contexts",
  "configs.*.file",
  "secrets.*.file",
  "volumes.*.driver_opts.device",
];

/**
 * The variables of one Compose file that have neither a value nor a default. `only`: look at this service alone. Pure; the
 * order is that of the file, and each variable is named once for each place.
 */
export function findUndefinedVariables(
  source: YamlSource,
  lookup: Lookup,
  only?: { readonly service: string; readonly as: string },
): readonly UndefinedVariable[] {
  const found: UndefinedVariable[] = [];

  const visit = (node: Node, path: readonly string[]): void => {
    const target = isAlias(node) ? source.follow(node) : node;
    if (isScalar(target)) {
      if (typeof target.value === "string") note(target, target.value, path);
    } else if (isMap(target)) {
      for (const [key, value] of entriesOf(source, target)) {
        if (isWanted([...path, key], only?.service)) visit(value, [...path, key]);
      }
    } else if (isSeq(target)) {
      for (const item of target.items) visit(item as Node, path);
    }
  };

  const note = (node: Node, text: string, path: readonly string[]): void => {
    if (!text.includes("$")) return;
    for (const name of interpolate(text, lookup).missing) {
      const inService = path[0] === "services" ? path[1] : undefined;
      found.push({
        name,
        place: source.place(node),
        field: path.join("."),
        ...(inService === undefined ? {} : { service: only?.as ?? inService }),
        dangerous: isDangerous(path),
      });
    }
  };

  for (const root of source.roots) visit(root, []);
  return found;
}

function isWanted(path: readonly string[], onlyService: string | undefined): boolean {
  if (onlyService === undefined) return true;
  return path[0] === "services" && (path[1] ?? onlyService) === onlyService;
}

function isDangerous(path: readonly string[]): boolean {
  if (path.length === 3 && path[0] === "services" && path[2] === "build") return true; // the short form
  return DANGEROUS.some((pattern) =>
    pattern
      .split(".")
      .every((part, index) => (part === "*" ? path[index] !== undefined : part === path[index])),
  );
}
