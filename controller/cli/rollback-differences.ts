/** What a rollback of the revision alone does not bring back. Pure. */
import type { HistoryEntry } from "../api/status.ts";
import { ageOf } from "./age.ts";
import { applicationStatus, type Resource } from "./resource.ts";

/** In words, one line each; what is the same then and now is left out. */
export function whatStays(
  resource: Resource,
  entry: HistoryEntry | undefined,
  nowMs: number,
): readonly string[] {
  const status = applicationStatus(resource);
  const since = (status?.history ?? []).filter(
    ({ finishedAt }) => entry !== undefined && finishedAt > entry.finishedAt,
  );
  const lines: string[] = [];
  const { applied, attempted } = status?.sync ?? {};
  const specNow = (attempted ?? applied)?.specHash;
  if (entry === undefined)
    lines.push("its history does not know this commit: whether it was ever healthy is not known");
  else if (entry.specHash !== undefined && specNow !== undefined && entry.specHash !== specNow)
    lines.push("spec: was edited since, and stays as it is now");
  if (usesSecrets(resource)) {
    const changed = since.find(({ trigger }) => trigger === "SecretChanged");
    const age = changed && ageOf(changed.finishedAt, nowMs);
    lines.push(
      `Secrets: their values of today are used${age === undefined ? "" : `; some changed ${age} ago`}`,
    );
  }
  for (const { name, imageID } of status?.health.services ?? []) {
    const then = entry?.images?.[name];
    if (then === undefined || then === "" || imageID === undefined || then === imageID) continue;
    lines.push(
      `image of ${name}: was ${short(then)}, is ${short(imageID)}; what the name in the commit stands for is used`,
    );
  }
  lines.push("volumes: keep the data that is in them");
  return lines;
}

function usesSecrets({ manifest }: Resource): boolean {
  const spec = (manifest as { readonly spec?: { readonly compose?: { readonly env?: unknown } } } | undefined)
    ?.spec;
  const env = spec?.compose?.env;
  return (
    Array.isArray(env) &&
    env.some((one: unknown) => typeof one === "object" && one !== null && "valueFrom" in one)
  );
}

function short(imageId: string): string {
  return imageId.replace(/^sha256:/, "").slice(0, 12);
}
