import type { ApplicationStatus, HistoryEntry } from "../api/status.ts";
import { ageOf } from "./age.ts";
import { oneLine, plainText } from "./clean.ts";
import { line, list, paint, section, since, type Shown } from "./paragraphs.ts";
import { applicationStatus } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** Spec and state of an Application; `conditions` stand in their midst. */
export function describeApplication(resource: Resource, conditions: string, context: Shown): string {
  const status = applicationStatus(resource);
  const spec = describeSpec(resource);
  if (status === undefined) return spec + conditions;
  return [
    spec,
    describeState(status, context),
    describeServices(status, context),
    describeDrift(status, context),
    describeAdoption(status),
    describeViolations(status, context),
    conditions,
    describeHistory(status, context),
    describeRequests(status),
  ].join("");
}

/** What the person wrote, but for what is empty. */
export function describeSpec({ manifest }: Resource): string {
  const spec = manifest?.["spec"];
  return isMapping(spec) ? `Spec:\n${describeFields(spec, "  ")}` : "";
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

function describeState(status: ApplicationStatus, { terminal, clock }: Shown): string {
  const { phase, sync, source } = status;
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
      : line(
          "Source",
          `${source.revision}${source.ref === undefined ? "" : ` (${source.ref})`}, since ${since(source.since, clock.now())}`,
        ),
    line("Health", paint(terminal, status.health.status)),
  ];
  return rows.join("");
}

function describeServices(status: ApplicationStatus, { terminal }: Shown): string {
  const services = status.health.services;
  const rows = services.map((service) => [
    service.name,
    service.status,
    service.replicas,
    service.image,
    shortId(service.imageID),
    shortId(service.imageDigest),
    service.imageMoved === undefined
      ? service.message
      : [service.message, `the image's name stands for ${shortId(service.imageMoved)} now`]
          .filter(Boolean)
          .join("; "),
  ]);
  const head = ["NAME", "STATUS", "REPLICAS", "IMAGE", "IMAGE ID", "DIGEST", "MESSAGE"];
  return section("Services", head, rows, terminal);
}

/** As Docker shows it: twelve digits. */
function shortId(id = ""): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

function describeDrift(status: ApplicationStatus, { terminal, clock }: Shown): string {
  const rows = status.drift.map((fact) => [
    fact.service,
    fact.ignored === true ? `${fact.kind} (ignored)` : fact.kind,
    fact.expected,
    fact.actual,
    ageOf(fact.since, clock.now()),
  ]);
  return section("Drift", ["SERVICE", "KIND", "EXPECTED", "ACTUAL", "SINCE"], rows, terminal);
}

function describeAdoption(status: ApplicationStatus): string {
  const plan = status.adoption;
  if (plan === undefined) return "";
  return list("Adoption removes", plan.removes ?? []) + list("Adoption changes", plan.changes ?? []);
}

function describeViolations(status: ApplicationStatus, { terminal }: Shown): string {
  const rows = (status.violations ?? []).map(({ rule, message }) => [rule, message]);
  return section("Refused by policy", ["RULE", "WHAT"], rows, terminal);
}

function describeHistory(status: ApplicationStatus, { terminal, clock }: Shown): string {
  const rows = status.history.map((entry: HistoryEntry) => [
    entry.id === undefined ? "" : String(entry.id),
    ageOf(entry.finishedAt ?? entry.startedAt, clock.now()) ?? "",
    (entry.revision ?? "").slice(0, 10),
    entry.result,
    entry.trigger,
    `${entry.durationSeconds}s`,
    entry.count === undefined ? entry.reason : `${entry.reason} (${entry.count} times)`,
  ]);
  return section("History", ["ID", "AGO", "REVISION", "RESULT", "TRIGGER", "TOOK", "REASON"], rows, terminal);
}

function describeRequests(status: ApplicationStatus): string {
  const answers = status.requestAnswers ?? {};
  const handled = Object.entries(status.lastHandledRequests ?? {});
  return list(
    "Handled requests",
    handled.map(([action, token]) => [action, token, answers[action] ?? ""].join(" ").trim()),
  );
}

function via(trigger: string | undefined): string {
  return trigger === undefined ? "" : `, by ${trigger}`;
}
