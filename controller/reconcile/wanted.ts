import { ReconcileError } from "../api/errors.ts";
import type { SourceState } from "../watch/watch.ts";
import type { Target } from "../status/record.ts";
import type { Why } from "../status/verdict.ts";
import type { ReconcileDeps } from "./deps.ts";
import { specHash } from "./target.ts";
import type { Visit } from "./visit.ts";

/**
 * Follows the Application's source, and says what is known of it. Asking again changes nothing. Without its credential the
 * remote is not asked: what it would say to a stranger is another answer.
 */
export function sourceOf(visit: Visit, deps: ReconcileDeps): SourceState {
  const { source } = visit.application.spec;
  const { sourceFault } = visit.secrets;
  if (sourceFault !== undefined) {
    deps.sources.unfollow(visit.name);
    return { error: { reason: "SecretInvalid", message: sourceFault, since: deps.clock.now() } };
  }
  deps.sources.follow(visit.name, {
    remote: deps.remoteOf(visit.application, visit.secrets.source),
    revision: source.revision,
    intervalMs: source.intervalMs,
  });
  return deps.sources.get(visit.name);
}

/** The last good spec at the last known revision; undefined until the source has answered once in this process's life. */
export function wantedTarget(visit: Visit, source: SourceState): Target | undefined {
  const { digest, fault, verify } = visit.secrets;
  const { revision, tagObject } = source;
  if (revision === undefined || fault !== undefined) return undefined;
  return {
    revision,
    specHash: specHash(visit.application.spec),
    ...(digest !== undefined && { secretsDigest: digest }),
    // A tag that was signed anew is another target, though it is of the same commit.
    ...(verify?.mode === "Tag" && tagObject !== undefined && { tagObject }),
  };
}

/** What forbids every new target, whatever Git says. */
export function whyForbidden(visit: Visit, deps: Pick<ReconcileDeps, "records">): Why | undefined {
  const { project: claimed, name } = visit.record();
  const { projectName } = visit.application.spec.compose;
  if (claimed !== undefined && claimed !== projectName) {
    return {
      reason: "ProjectNameImmutable",
      message: `Cannot change spec.compose.projectName to "${projectName}": what runs is project "${claimed}"; delete the Application and create it anew for that`,
    };
  }
  const other = whoRuns(projectName, name, deps);
  if (other !== undefined) {
    const { reason, message } = projectTaken(projectName, other);
    return { reason, message };
  }
  const { fault } = visit.secrets;
  return fault === undefined ? undefined : { reason: "SecretInvalid", message: fault };
}

/** What was applied is on another engine: a person says whether it is to be brought up here. */
export function whyElsewhere(
  visit: Visit,
  deps: { readonly engine: Pick<ReconcileDeps["engine"], "engineId"> },
): Why | undefined {
  const { engineId } = visit.record();
  const here = deps.engine.engineId();
  if (engineId === undefined || here === undefined || engineId === here) return undefined;
  return {
    reason: "EngineChanged",
    message: `Cannot look after project "${visit.project}": it was applied to another Docker engine; bring it up on this one with: conops sync ${visit.name}`,
  };
}

/** The Application other than `name` that has claimed this Compose project. */
export function whoRuns(
  project: string,
  name: string,
  deps: Pick<ReconcileDeps, "records">,
): string | undefined {
  return deps.records
    .namesOf(project)
    .find((other) => other !== name && deps.records.get(other)?.project === project);
}

/** The error of a Compose project that another Application runs. */
export function projectTaken(project: string, other: string): ReconcileError {
  return new ReconcileError(
    `Cannot use Compose project "${project}": Application "${other}" runs it; choose another spec.compose.projectName`,
    { reason: "ProjectNameTaken" },
  );
}
