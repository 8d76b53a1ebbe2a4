/**
 * The rules that a schema alone cannot hold. Each stands in the CRD as CEL (`x-kubernetes-validations`) at the same field,
 * where a person reads it, and here as code, which says more exactly what is wrong.
 */
import type { Schema } from "./crd.ts";
import { formatPath, quoted, type FieldFault, type FieldPath } from "./field-fault.ts";
import { refFault } from "./git-ref.ts";
import { intervalFault } from "./interval.ts";
import { semverRangeFault } from "./semver-range.ts";
import { allowedPGPKeysFault, allowedSignersFault } from "./signers-fault.ts";
import { repoFileFault, repoPathFault } from "./repo-path.ts";
import { parseRepoURL, type RepoURLOptions } from "./repo-url.ts";

export type Fields = Readonly<Record<string, unknown>>;
/** What is wrong, in words, or undefined. The value has the type and the limits that the schema asks for. */
export type Rule<T> = (value: T, options: RepoURLOptions) => string | undefined;

/** By field, list items as `[]`, values of maps as `.*`, the document itself as the empty string. */
export interface Rules {
  readonly objects: Readonly<Record<string, Rule<Fields>>>;
  readonly strings: Readonly<Record<string, Rule<string>>>;
}

const APPLICATION_OBJECTS: Rules["objects"] = {
  spec: (spec) =>
    "compose" in spec && "manifests" in spec
      ? "holds both compose and manifests; an Application deploys either a Compose project or manifests"
      : undefined,
  "spec.source": ({ repoURL, secretRef, revision, verify }, options) => {
    if (isFields(verify) && verify["mode"] === "Tag" && !namesTag(revision)) {
      return "must name a tag in revision, by tag or semver, for verify.mode Tag; or verify the commit with mode HEAD";
    }
    const parsed = typeof repoURL === "string" ? parseRepoURL(repoURL, options) : undefined;
    if (parsed === undefined || "fault" in parsed || parsed.repo.scheme !== "ssh") return undefined;
    return secretRef === undefined
      ? "must name a Secret in secretRef: an ssh URL is read with a key (type kubernetes.io/ssh-auth)"
      : undefined;
  },
  "spec.source.revision": (revision) => {
    const kinds = Object.keys(revision);
    if (kinds.length === 1) return undefined;
    const wanted = "must hold exactly one of branch, tag, semver and commit";
    return kinds.length === 0
      ? `${wanted}; leave it out to follow the HEAD of the remote`
      : `${wanted}, not ${kinds.join(" and ")}`;
  },
  "spec.source.verify": (verify) =>
    ["allowedSigners", "allowedPGPKeys", "secretRef"].some((field) => field in verify)
      ? undefined
      : "must name who may sign, by allowedSigners, allowedPGPKeys or secretRef",
  "spec.compose.env[]": (variable) => {
    if ("value" in variable && "valueFrom" in variable)
      return "must hold either value or valueFrom, not both";
    return "value" in variable || "valueFrom" in variable ? undefined : "must hold a value or valueFrom";
  },
};

const APPLICATION_STRINGS: Rules["strings"] = {
  "spec.source.repoURL": (url, options) => {
    const parsed = parseRepoURL(url, options);
    return "fault" in parsed ? parsed.fault : undefined;
  },
  "spec.source.revision.branch": (name) => refFault("branch", name),
  "spec.source.revision.tag": (name) => refFault("tag", name),
  "spec.source.revision.semver": semverRangeFault,
  "spec.source.verify.allowedSigners": allowedSignersFault,
  "spec.source.verify.allowedPGPKeys": allowedPGPKeysFault,
  "spec.source.path": repoPathFault,
  "spec.source.interval": (text) => intervalFault(text, "1s", "8760h"),
  "spec.compose.overrides[]": repoFileFault,
  "spec.compose.envFiles[]": repoFileFault,
  "spec.compose.env[].name": (name) =>
    STEERS_COMPOSE.test(name)
      ? `${quoted(name)} is set by ConOps itself, or would steer Compose and the engine; take another name`
      : undefined,
  "spec.sync.timeout": (text) => intervalFault(text, "5s", "8760h"),
};

function namesTag(revision: unknown): boolean {
  return isFields(revision) && ("tag" in revision || "semver" in revision);
}

const STEERS_COMPOSE =
  /^(?:PATH|HOME|PWD|COMPOSE_.*|DOCKER_(?:HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY|API_VERSION)|BUILDKIT_HOST|BUILDX_.*|LD_.*)$/;

export const APPLICATION_RULES: Rules = { objects: APPLICATION_OBJECTS, strings: APPLICATION_STRINGS };

/** The fields that have a rule. */
export function ruledFields({ objects, strings }: Rules): readonly string[] {
  return [...Object.keys(objects), ...Object.keys(strings)];
}

/**
 * What breaks a rule, or is twice in a list whose items must differ. `isSound(path)` says whether the schema has nothing
 * against the value there or anything in it: other values are not looked at.
 */
export function ruleFaults(
  schema: Schema,
  value: unknown,
  isSound: (path: FieldPath) => boolean,
  rules: Rules,
  options: RepoURLOptions,
): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  const visit = (node: Schema, at: unknown, path: FieldPath, field: string): void => {
    if (isSound(path)) {
      const message = brokenRule(rules, field, at, options);
      if (message !== undefined) faults.push({ path, at: "value", message });
    }
    if (Array.isArray(at)) {
      faults.push(...repeatedItems(node, at, path));
      if (node.items !== undefined) {
        for (const [index, item] of at.entries()) visit(node.items, item, [...path, index], `${field}[]`);
      }
    } else if (isFields(at)) {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (Object.hasOwn(at, key))
          visit(child, at[key], [...path, key], field === "" ? key : `${field}.${key}`);
      }
      const { additionalProperties: values } = node;
      if (typeof values === "object") {
        for (const [key, value] of Object.entries(at)) visit(values, value, [...path, key], `${field}.*`);
      }
    }
  };
  visit(schema, value, [], "");
  return faults;
}

function brokenRule(
  { objects, strings }: Rules,
  field: string,
  value: unknown,
  options: RepoURLOptions,
): string | undefined {
  if (typeof value === "string") return strings[field]?.(value, options);
  return isFields(value) ? objects[field]?.(value, options) : undefined;
}

/** As the API server keeps `set` and `map` lists. */
function repeatedItems(schema: Schema, items: readonly unknown[], path: FieldPath): readonly FieldFault[] {
  const [key] = schema["x-kubernetes-list-map-keys"] ?? [];
  const isSet = schema["x-kubernetes-list-type"] === "set";
  if (key === undefined && !isSet) return [];
  const first = new Map<string, number>();
  const faults: FieldFault[] = [];
  for (const [index, item] of items.entries()) {
    const id = key === undefined ? item : isFields(item) ? item[key] : undefined;
    if (typeof id !== "string") continue;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else {
      const message = `${quoted(id)} is there twice, first as ${formatPath([...path, earlier])}`;
      faults.push({
        path: key === undefined ? [...path, index] : [...path, index, key],
        at: "value",
        message,
      });
    }
  }
  return faults;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
