/** What is said of where things come from: the source, its signature, the registries of images. Pure. */
import type { ConditionType } from "../api/status.ts";
import { sourceSentence, type ObservedSource } from "./observed-source.ts";
import type { ApplicationRecord } from "./record.ts";
import { unknown, type Verdict, type Why } from "./verdict.ts";

export interface ObservedOrigins {
  readonly record: Pick<ApplicationRecord, "source" | "verification" | "conditions" | "generation">;
  readonly source: ObservedSource;
}

/** Whether the registries of images can be asked. */
export interface ObservedRegistries {
  readonly checked: boolean;
  readonly error?: Why;
}

export function judgeSource(seen: ObservedOrigins): Verdict {
  const { source, record } = seen;
  if (source.error !== undefined) return { status: "False", ...source.error };
  // A new controller that has not asked yet knows what the one before it was told.
  const before = source.checked ? undefined : saidBefore(seen, "SourceReady");
  if (before !== undefined) return before;
  if (!source.checked || source.revision === undefined) {
    return unknown("SourceNotChecked", "the remote has not been asked yet");
  }
  return { status: "True", reason: "SourceReady", message: sourceSentence(source, record.source) };
}

export function judgeVerification({ record: { verification } }: ObservedOrigins): Verdict {
  if (verification === undefined) return unknown("SourceNotChecked", "no revision has been looked at yet");
  const { verified, reason, message } = verification;
  return { status: verified ? "True" : "False", reason, message };
}

export function judgeImages({ checked, error }: ObservedRegistries, seen: ObservedOrigins): Verdict {
  if (error !== undefined) return { status: "False", ...error };
  if (checked)
    return { status: "True", reason: "ImagesChecked", message: "the registries of its images answer" };
  // A new controller that has not asked yet knows what the one before it was told.
  return (
    saidBefore(seen, "ImagesChecked") ?? unknown("ImagesNotChecked", "the registries have not been asked yet")
  );
}

/** What was published of this spec before. */
export function saidBefore({ record }: ObservedOrigins, type: ConditionType): Verdict | undefined {
  const before = record.conditions.find((condition) => condition.type === type);
  if (before === undefined || before.observedGeneration !== record.generation) return undefined;
  return { status: before.status, reason: before.reason, message: before.message };
}
