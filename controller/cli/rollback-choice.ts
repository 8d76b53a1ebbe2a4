/** Which revision `conops rollback` means. Pure. */
import type { ApplicationStatus, HistoryEntry } from "../api/status.ts";
import { didYouMean } from "./did-you-mean.ts";
import { CommandError, UsageError } from "./errors.ts";

export interface Choice {
  /** The whole id of the commit. */
  readonly sha: string;
  /** The newest sync of it that the history knows, healthy ones first. */
  readonly entry: HistoryEntry | undefined;
}

const FULL = /^[0-9a-f]{40}$/;
const ABBREVIATED = /^[0-9a-f]{4,39}$/;
const SHORT = 10;

/**
 * The commit that is named by its id or the beginning of one in the history; without a name, the last healthy one before
 * what is applied, or what is applied itself where something newer failed and was rolled back. Throws CommandError where
 * there is none, or more than one, and UsageError for what names no commit.
 */
export function chooseRevision(
  name: string,
  status: ApplicationStatus | undefined,
  to: string | undefined,
): Choice {
  const sha = to === undefined ? lastHealthyBefore(name, status) : named(name, status, to);
  return { sha, entry: entryFor(sha, status) };
}

function lastHealthyBefore(name: string, status: ApplicationStatus | undefined): string {
  const healthy = healthyRevisions(status);
  const { applied, attempted } = status?.sync ?? {};
  const isApplied = (sha: string): boolean => sha === applied?.revision;
  // What Git asks for failed, and what runs is healthy: that is what shall stay.
  const newerFailed = attempted !== undefined && attempted.revision !== applied?.revision;
  const oldest = newerFailed ? -1 : healthy.findLastIndex(isApplied);
  const found = healthy.find((sha, index) => (newerFailed || !isApplied(sha)) && index > oldest);
  if (found !== undefined) return found;
  const where = applied === undefined ? "" : ` before ${applied.revision.slice(0, SHORT)}`;
  throw new CommandError(
    `Cannot roll back ${name}: its history knows no healthy revision${where}. Name a commit with --to.`,
  );
}

function named(name: string, status: ApplicationStatus | undefined, to: string): string {
  const word = to.toLowerCase();
  if (FULL.test(word)) return word;
  const known = knownRevisions(status);
  const shown = known.map((sha) => sha.slice(0, SHORT));
  const candidates = shown.length === 0 ? "" : ` The history of ${name} has ${shown.join(", ")}.`;
  if (!ABBREVIATED.test(word)) {
    throw new UsageError(
      `Cannot roll back to ${JSON.stringify(to)}: expected the id of a commit, or at least 4 digits of one in the history.${candidates}`,
    );
  }
  const found = known.filter((sha) => sha.startsWith(word));
  const [first, ...others] = found;
  if (first === undefined) {
    throw new CommandError(
      `No commit ${JSON.stringify(to)} in the history of ${name}: write its whole id, or one of these.${didYouMean(word, shown)}${candidates}`,
    );
  }
  if (others.length > 0) {
    throw new CommandError(
      `${JSON.stringify(to)} may be any of ${found.map((sha) => sha.slice(0, word.length + 4)).join(", ")}: write more of it.`,
    );
  }
  return first;
}

/** Newest first, each as often as it became healthy. */
function healthyRevisions(status: ApplicationStatus | undefined): readonly string[] {
  return (status?.history ?? []).filter(isHealthy).map(({ revision }) => revision);
}

/** A healing says nothing of a revision's health. */
function isHealthy({ result, trigger }: HistoryEntry): boolean {
  return trigger !== "Drift" && (result === "Succeeded" || result === "RolledBack");
}

function knownRevisions(status: ApplicationStatus | undefined): readonly string[] {
  const { applied, attempted } = status?.sync ?? {};
  const all = [
    ...(status?.history ?? []).map(({ revision }) => revision),
    applied?.revision,
    attempted?.revision,
    status?.source?.revision,
  ];
  return [...new Set(all.filter((sha) => sha !== undefined && FULL.test(sha)))] as readonly string[];
}

function entryFor(sha: string, status: ApplicationStatus | undefined): HistoryEntry | undefined {
  const own = (status?.history ?? []).filter(
    ({ revision, trigger }) => revision === sha && trigger !== "Drift",
  );
  return own.find(isHealthy) ?? own[0];
}
