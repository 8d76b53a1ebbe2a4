/**
 * From anything that YAML or JSON can hold to a typed Application with every default, or to what is wrong with it.
 */
import { hashOf } from "../lib/hash.ts";
import type { Application, DeclaredVariable, Manifest, RevisionWanted } from "./application.ts";
import { createChecker, deepFreeze } from "./check.ts";
import { withDefaults } from "./defaults.ts";
import type { FieldFault } from "./field-fault.ts";
import type { ApplicationWithDefaults } from "./generated/application.ts";
import { applicationsCRD } from "./generated/applications-crd.ts";
import { parseInterval } from "./interval.ts";
import { normalizeRepoPath } from "./repo-path.ts";
import { parseRepoURL, type RepoURLOptions } from "./repo-url.ts";
import { APPLICATION_RULES } from "./schema-rules.ts";
import { unsupportedFields } from "./unsupported.ts";

export type CheckedApplication =
  | { readonly application: Application }
  /** At least one. */
  | { readonly faults: readonly FieldFault[] };

const checker = createChecker(applicationsCRD, { rules: APPLICATION_RULES, further: unsupportedFields });

/** Checks a parsed document and fills in the defaults. The Application is deeply frozen and shares nothing with `document`. */
export function checkApplication(document: unknown, options: RepoURLOptions): CheckedApplication {
  const checked = checker.check(document, options);
  if ("faults" in checked) return checked;
  // The schema and the rules hold for it: that is what the types say.
  const value = checked.value as ApplicationWithDefaults;
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

function toApplication(manifest: Manifest, { metadata, spec }: ApplicationWithDefaults): Application {
  const { source, sync } = spec;
  const compose = withDefaults(COMPOSE, spec.compose ?? {}) as NonNullable<typeof spec.compose>;
  return {
    kind: "Application",
    name: metadata.name,
    labels: metadata.labels,
    annotations: metadata.annotations,
    spec: {
      suspend: spec.suspend,
      state: spec.state,
      source: toSource(source),
      compose: {
        ...compose,
        projectName: compose.projectName ?? metadata.name,
        overrides: compose.overrides.map(normalizeRepoPath),
        env: compose.env.map(toVariable),
        envFiles: compose.envFiles.map(normalizeRepoPath),
        imagePullSecrets: compose.imagePullSecrets.map(({ name }) => name),
      },
      sync: {
        automated: sync.automated,
        selfHeal: sync.selfHeal,
        prune: sync.prune,
        timeoutMs: parseInterval(sync.timeout) ?? 0,
        rollbackOnFailure: sync.rollbackOnFailure,
      },
      ignoreDifferences: spec.ignoreDifferences.map(({ service, kinds }) => ({
        ...(service !== undefined && { service }),
        kinds,
      })),
      deletionPolicy: spec.deletionPolicy ?? "Delete",
    },
    manifest,
    writtenSpecHash: hashOf(manifest.spec),
  };
}

const COMPOSE = checker.schema.properties?.["spec"]?.properties?.["compose"] ?? { type: "object" };

type Source = ApplicationWithDefaults["spec"]["source"];

function toSource(source: Source): Application["spec"]["source"] {
  const parsed = parseRepoURL(source.repoURL, { allowFileRepos: true });
  const { verify, secretRef } = source;
  return {
    repoURL: "repo" in parsed ? parsed.repo.url : source.repoURL,
    revision: toRevision(source.revision ?? {}),
    path: normalizeRepoPath(source.path),
    intervalMs: parseInterval(source.interval) ?? 0,
    ...(secretRef && { secretRef: secretRef.name }),
    submodules: source.submodules,
    submoduleSecretRefs: source.submoduleSecretRefs.map((ref) => ({
      host: ref.host.toLowerCase(),
      secretRef: ref.secretRef.name,
    })),
    ...(verify && {
      verify: {
        mode: verify.mode,
        ...(verify.allowedSigners !== undefined && { allowedSigners: verify.allowedSigners }),
        ...(verify.allowedPGPKeys !== undefined && { allowedPGPKeys: verify.allowedPGPKeys }),
        ...(verify.secretRef && { secretRef: verify.secretRef.name }),
      },
    }),
  };
}

function toRevision(revision: NonNullable<Source["revision"]>): RevisionWanted {
  if (revision.branch !== undefined) return { kind: "branch", name: revision.branch };
  if (revision.tag !== undefined) return { kind: "tag", name: revision.tag };
  if (revision.semver !== undefined) return { kind: "semver", range: revision.semver };
  if (revision.commit !== undefined) return { kind: "commit", sha: revision.commit.toLowerCase() };
  return { kind: "head" };
}

type Variable = NonNullable<ApplicationWithDefaults["spec"]["compose"]>["env"][number];

function toVariable({ name, value = "", valueFrom, inject }: Variable): DeclaredVariable {
  return valueFrom === undefined
    ? { name, value, inject }
    : { name, secretKeyRef: { ...valueFrom.secretKeyRef }, inject };
}
