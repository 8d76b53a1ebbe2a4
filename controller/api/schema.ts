/**
 * From anything that YAML or JSON can hold to a typed Application with every default, or to what is wrong with it.
 */
import { Ajv, type ValidateFunction } from "ajv";
import { hashOf } from "../lib/hash.ts";
import type { Application, Manifest, RevisionWanted } from "./application.ts";
import { manifestSchema, type PrinterColumn } from "./crd.ts";
import { withDefaults, withoutDefaultedNulls } from "./defaults.ts";
import { formatPath, type FieldFault, type FieldPath } from "./field-fault.ts";
import type { ApplicationWithDefaults } from "./generated/application.ts";
import { applicationsCRD } from "./generated/applications-crd.ts";
import { parseInterval } from "./interval.ts";
import { annotationFaults, labelFaults } from "./metadata.ts";
import { normalizeRepoPath } from "./repo-path.ts";
import { parseRepoURL, type RepoURLOptions } from "./repo-url.ts";
import { ruleFaults } from "./schema-rules.ts";
import { schemaFaults } from "./schema-faults.ts";
import { unsupportedFields } from "./unsupported.ts";

export type CheckedApplication =
  | { readonly application: Application }
  /** At least one. */
  | { readonly faults: readonly FieldFault[] };

/** The columns of `conops get`, in order, from the CRD. */
export const printerColumns: readonly PrinterColumn[] =
  applicationsCRD.spec.versions[0].additionalPrinterColumns;

/** The words that mean Applications on a command line: kind, plural, singular and short names, in lower case. */
export const applicationNames: readonly string[] = [
  applicationsCRD.spec.names.plural,
  applicationsCRD.spec.names.singular,
  ...applicationsCRD.spec.names.shortNames,
];

const schema = manifestSchema(applicationsCRD);
let compiled: ValidateFunction | undefined;

/** Checks a parsed document and fills in the defaults. The Application is deeply frozen and shares nothing with `document`. */
export function checkApplication(document: unknown, options: RepoURLOptions): CheckedApplication {
  const value = withoutDefaultedNulls(schema, document);
  compiled ??= compileSchema();
  const isValid = compiled(value);
  const broken = isValid ? [] : schemaFaults(compiled.errors ?? [], schema, value);
  const metadata = (value as { readonly metadata?: Readonly<Record<string, unknown>> } | null)?.metadata;
  const faults = [
    ...broken,
    ...ruleFaults(schema, value, soundness(broken), options),
    ...labelFaults(metadata?.["labels"]),
    ...annotationFaults(metadata?.["annotations"]),
    ...unsupportedFields(value),
  ];
  if (faults.length > 0) return { faults };
  return { application: deepFreeze(toApplication(structuredClone(document) as Manifest, value)) };
}

/** The Application that a manifest of before stands for (one kept in a record), unless this version finds fault with it. */
export function applicationFromManifest(
  manifest: Manifest,
  options: RepoURLOptions,
): Application | undefined {
  const checked = checkApplication(manifest, options);
  return "application" in checked ? checked.application : undefined;
}

function compileSchema(): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, verbose: true, formats: { password: true } });
  ajv.addVocabulary(["x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"]);
  return ajv.compile(schema);
}

/** Whether no fault is at a path or below it. */
function soundness(faults: readonly FieldFault[]): (path: FieldPath) => boolean {
  const unsound = new Set<string>();
  for (const { path } of faults) {
    for (let length = 0; length <= path.length; length++) unsound.add(formatPath(path.slice(0, length)));
  }
  return (path) => !unsound.has(formatPath(path));
}

function toApplication(manifest: Manifest, value: unknown): Application {
  // The schema and the rules hold for it: that is what its type says.
  const { metadata, spec } = withDefaults(schema, value) as ApplicationWithDefaults;
  const { source, sync } = spec;
  const compose = withDefaults(COMPOSE, spec.compose ?? {}) as NonNullable<typeof spec.compose>;
  const parsed = parseRepoURL(source.repoURL, { allowFileRepos: true });
  return {
    name: metadata.name,
    labels: metadata.labels,
    annotations: metadata.annotations,
    spec: {
      suspend: spec.suspend,
      state: spec.state,
      source: {
        repoURL: "repo" in parsed ? parsed.repo.url : source.repoURL,
        revision: toRevision(source.revision ?? {}),
        path: normalizeRepoPath(source.path),
        intervalMs: parseInterval(source.interval) ?? 0,
      },
      compose: {
        ...compose,
        projectName: compose.projectName ?? metadata.name,
        overrides: compose.overrides.map(normalizeRepoPath),
        env: compose.env.map(({ name, value = "", inject }) => ({ name, value, inject })),
        envFiles: compose.envFiles.map(normalizeRepoPath),
      },
      sync: {
        automated: sync.automated,
        selfHeal: sync.selfHeal,
        prune: sync.prune,
        timeoutMs: parseInterval(sync.timeout) ?? 0,
      },
      deletionPolicy: spec.deletionPolicy ?? "Delete",
    },
    manifest,
    writtenSpecHash: hashOf(manifest.spec),
  };
}

const COMPOSE = schema.properties?.["spec"]?.properties?.["compose"] ?? { type: "object" };

function toRevision(revision: { branch?: string; tag?: string; commit?: string }): RevisionWanted {
  if (revision.branch !== undefined) return { kind: "branch", name: revision.branch };
  if (revision.tag !== undefined) return { kind: "tag", name: revision.tag };
  if (revision.commit !== undefined) return { kind: "commit", sha: revision.commit.toLowerCase() };
  return { kind: "head" };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const field of Object.values(value)) deepFreeze(field);
    Object.freeze(value);
  }
  return value;
}
