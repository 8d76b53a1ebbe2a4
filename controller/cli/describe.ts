import { formatFault } from "../api/application.ts";
import { ageOf } from "./age.ts";
import type { CommandContext } from "./context.ts";
import { describeApplication } from "./describe-application.ts";
import { lastFailure } from "./last-failure.ts";
import { describeReceiver } from "./describe-receiver.ts";
import { describeSecret } from "./describe-secret.ts";
import { createFolderReader } from "./folder.ts";
import { whyStale } from "./goal.ts";
import { line, list, section, type Shown } from "./paragraphs.ts";
import type { Resource } from "./resource.ts";
import { parseSelection, select } from "./selection.ts";

/**
 * Prints everything that is known of each resource, for a person; of a Secret no value. Throws CommandError for a name that
 * nobody has.
 */
export async function describeResources(context: CommandContext, words: readonly string[]): Promise<void> {
  const { terminal, manifestsDir } = context;
  const resources = select(
    await createFolderReader(manifestsDir).read(),
    parseSelection(words),
    manifestsDir,
  );
  const texts = await Promise.all(
    resources.map(async (resource) => describe(resource, await lastFailure(resource, context), context)),
  );
  terminal.out(texts.join("\n"));
}

function describe(resource: Resource, failure: string, context: Shown): string {
  const identity = describeIdentity(resource);
  const conditions = describeConditions(resource, context);
  switch (resource.kind) {
    case undefined:
    case "Application":
      return identity + describeApplication(resource, conditions + failure, context);
    case "Secret":
      return identity + describeSecret(resource, context) + conditions;
    case "Receiver":
      return identity + describeReceiver(resource) + conditions;
    default:
      return resource.kind satisfies never;
  }
}

function describeIdentity(resource: Resource): string {
  const { kind, name, labels, place, faults, statusFile, status } = resource;
  const stale = whyStale(resource);
  return (
    line("Name", name) +
    (kind === undefined || kind === "Application" ? "" : line("Kind", kind)) +
    list(
      "Labels",
      Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ) +
    line(
      "Manifest",
      place === undefined ? "none: no file declares it" : `${place.file}, document ${place.document + 1}`,
    ) +
    line("Status file", statusFile ?? "none yet") +
    (status?.metadata.uid === undefined ? "" : line("UID", status.metadata.uid)) +
    (status?.metadata.generation === undefined
      ? ""
      : line("Generation", String(status.metadata.generation))) +
    list("Faults", faults.map(formatFault)) +
    (stale === undefined || faults.length > 0 ? "" : line("Note", stale))
  );
}

function describeConditions({ status }: Resource, { terminal, clock }: Shown): string {
  const rows = (status?.status.conditions ?? []).map((condition) => [
    condition.type,
    condition.status,
    condition.reason,
    ageOf(condition.lastTransitionTime, clock.now()) ?? "",
    condition.message,
  ]);
  return section("Conditions", ["TYPE", "STATUS", "REASON", "AGE", "MESSAGE"], rows, terminal);
}
