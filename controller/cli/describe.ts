import { formatFault } from "../api/application.ts";
import type { HistoryEntry } from "../api/status.ts";
import { ageOf } from "./age.ts";
import { cleanText, oneLine, plainText } from "./clean.ts";
import { requireResources } from "./context.ts";
import type { CommandContext } from "./context.ts";
import { createFolderReader } from "./folder.ts";
import { whyStale } from "./goal.ts";
import type { Resource } from "./resource.ts";
import { formatTable } from "./table.ts";
import { colorOf } from "./terminal.ts";

/** Prints everything that is known of each Application, for a person. Throws CommandError for a name that nobody has. */
export async function describeApplications(context: CommandContext, names: readonly string[]): Promise<void> {
  const { terminal, manifestsDir } = context;
  const resources = requireResources(await createFolderReader(manifestsDir).read(), names, manifestsDir);
  const texts = resources.map((resource) => describe(resource, context));
  terminal.out(texts.join("\n"));
}

const TITLE_WIDTH = 14;

type Shown = Pick<CommandContext, "terminal" | "clock">;

function describe(resource: Resource, context: Shown): string {
  return [
    describeIdentity(resource),
    describeSpec(resource),
    describeState(resource, context),
    describeServices(resource, context),
    describeDrift(resource, context),
    describeAdoption(resource),
    describeConditions(resource, context),
    describeHistory(resource, context),
    describeRequests(resource),
  ].join("");
}

function describeIdentity(resource: Resource): string {
  const { name, labels, place, faults, statusFile, status } = resource;
  const stale = whyStale(resource);
  return (
    line("Name", name) +
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

/** What the person wrote, but for what is empty. */
function describeSpec({ manifest }: Resource): string {
  if (manifest === undefined) return "";
  return `Spec:\n${describeFields(manifest.spec, "  ")}`;
}

function describeFields(fields: object, indent: string): string {
  return Object.entries(fields)
    .map(([key, value]: [string, unknown]) => {
      if (typeof value !== "object" || value === null)
        return `${indent}${key}: ${oneLine(plainText(value))}\n`;
      if (!Array.isArray(value)) return `${indent}${key}:\n${describeFields(value, `${indent}  `)}`;
      if (value.some(isMapping))
        return `${indent}${key}:\n${value.map((item) => describeItem(item, indent)).join("")}`;
      return `${indent}${key}: ${oneLine(value.map(plainText).join(", "))}\n`;
    })
    .join("");
}

/** An element of a list: a mapping on one line. */
function describeItem(item: unknown, indent: string): string {
  const fields = isMapping(item)
    ? Object.entries(item).map(([key, value]) => `${key}: ${plainText(value)}`)
    : [];
  return `${indent}  - ${oneLine(fields.length > 0 ? fields.join(", ") : plainText(item))}\n`;
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeState({ status }: Resource, { terminal, clock }: Shown): string {
  if (status === undefined) return "";
  const { phase, sync, source } = status.status;
  const { applied, attempted } = sync;
  const author = sync.author === undefined ? "" : ` (${sync.author})`;
  const commit = sync.message === undefined ? "" : `${sync.message}${author}`;
  const rows = [
    line("Phase", paint(terminal, phase)),
    line("Sync", paint(terminal, sync.status)),
    line("  Applied", applied === undefined ? "nothing yet" : applied.revision),
    commit === "" ? "" : line("  Commit", commit),
    sync.syncedAt === undefined
      ? ""
      : line("  Synced", `${since(sync.syncedAt, clock.now())}${via(sync.trigger)}`),
    attempted === undefined || attempted.revision === applied?.revision
      ? ""
      : line("  Attempted", attempted.revision),
    source === undefined
      ? ""
      : line("Source", `${source.revision}, since ${since(source.since, clock.now())}`),
    line("Health", paint(terminal, status.status.health.status)),
  ];
  return rows.join("");
}

function describeServices({ status }: Resource, { terminal }: Shown): string {
  const services = status?.status.health.services ?? [];
  const rows = services.map((service) => [
    service.name,
    service.status,
    service.replicas,
    service.image,
    service.message,
  ]);
  return section("Services", ["NAME", "STATUS", "REPLICAS", "IMAGE", "MESSAGE"], rows, terminal);
}

function describeDrift({ status }: Resource, { terminal, clock }: Shown): string {
  const rows = (status?.status.drift ?? []).map((fact) => [
    fact.service,
    fact.kind,
    fact.expected,
    fact.actual,
    ageOf(fact.since, clock.now()),
  ]);
  return section("Drift", ["SERVICE", "KIND", "EXPECTED", "ACTUAL", "SINCE"], rows, terminal);
}

function describeAdoption({ status }: Resource): string {
  const plan = status?.status.adoption;
  if (plan === undefined) return "";
  return list("Adoption removes", plan.removes ?? []) + list("Adoption changes", plan.changes ?? []);
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

function describeHistory({ status }: Resource, { terminal, clock }: Shown): string {
  const rows = (status?.status.history ?? [])
    .toReversed()
    .map((entry: HistoryEntry) => [
      ageOf(entry.finishedAt ?? entry.startedAt, clock.now()) ?? "",
      (entry.revision ?? "").slice(0, 10),
      entry.result,
      entry.trigger,
      `${entry.durationSeconds}s`,
      entry.count === undefined ? entry.reason : `${entry.reason} (${entry.count} times)`,
    ]);
  return section("History", ["AGO", "REVISION", "RESULT", "TRIGGER", "TOOK", "REASON"], rows, terminal);
}

function describeRequests({ status }: Resource): string {
  const answers = status?.status.requestAnswers ?? {};
  const handled = Object.entries(status?.status.lastHandledRequests ?? {});
  return list(
    "Handled requests",
    handled.map(([action, token]) => [action, token, answers[action] ?? ""].join(" ").trim()),
  );
}

/** A table below its title; nothing where there is nothing. */
function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
  terminal: Shown["terminal"],
): string {
  if (rows.length === 0) return "";
  // A column in which nobody says anything only takes room.
  const used = head.map((_, column) => rows.some((row) => (row[column] ?? "") !== ""));
  const pick = (row: readonly (string | undefined)[]): string[] =>
    row.map((cell) => cell ?? "").filter((_, column) => used[column]);
  const table = formatTable({ head: pick(head), rows: rows.map(pick) }, terminal);
  return `${title}:\n${table.replace(/^(?=.)/gm, "  ")}`;
}

function line(title: string, value: string): string {
  return `${`${title}:`.padEnd(TITLE_WIDTH)} ${value}\n`;
}

/** One line for each item, the title before the first. */
function list(title: string, items: readonly string[]): string {
  const width = Math.max(TITLE_WIDTH, title.length + 1);
  return items
    .map((item, index) => `${(index === 0 ? `${title}:` : "").padEnd(width)} ${oneLine(item)}\n`)
    .join("");
}

function since(time: string, nowMs: number): string {
  const age = ageOf(time, nowMs);
  return age === undefined ? cleanText(time) : `${time} (${age} ago)`;
}

function via(trigger: string | undefined): string {
  return trigger === undefined ? "" : `, by ${trigger}`;
}

function paint(terminal: Shown["terminal"], word: string): string {
  const color = colorOf(word);
  return color === undefined ? oneLine(word) : terminal.paint(color, word);
}
