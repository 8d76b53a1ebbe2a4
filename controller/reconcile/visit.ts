import type { Application } from "../api/application.ts";
import type { Finding } from "./judged.ts";
import type { ApplicationRecord, RecordedProcess } from "../status/record.ts";
import type { RunOptions } from "../compose/compose.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { Mask } from "../lib/mask.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { SecretsInUse } from "./secrets.ts";

/** One visit of one key: the worker holds the key, so nobody else writes this record. */
export interface Visit {
  readonly name: string;
  /** The last good spec, with its defaults. */
  readonly application: Application;
  readonly project: string;
  /** Root of the stable checkout. */
  readonly stableDir: string;
  /** Aborts what can be broken off: staging, rendering, pull, build. */
  readonly signal: AbortSignal;
  /** What the Secrets of the spec come to, as of the beginning of the visit. */
  readonly secrets: SecretsInUse;
  /** Takes their values, those of before, and those of what runs out of what other programs say. */
  readonly mask: Mask;
  /** False: nobody knows the values in what runs. Nothing that it says may be repeated. */
  readonly knowsValues: boolean;
  record(): ApplicationRecord;
  /**
   * Adds a line to the log of the sync that is under way, masked; `source` says who else said it. Nothing where no sync is
   * under way.
   */
  say(text: string, source?: string): void;
  /**
   * Keeps the Compose project for this visit, until the record says whose it is: of two Applications that ask for one
   * project at the same time, one gets it. Throws ReconcileError `ProjectNameTaken`.
   */
  claimProject(): void;
  /** Saves a changed record, durably, before it resolves. */
  update(change: (record: ApplicationRecord) => ApplicationRecord): Promise<ApplicationRecord>;
}

/** How a Compose command that changes containers runs: recorded before it starts, ended only by the last limit of a shutdown. */
export function changingRun(visit: Visit, deps: ReconcileDeps, command: string): RunOptions {
  return {
    signal: deps.hardStop,
    mask: visit.mask,
    async onSpawn(identity) {
      const process: RecordedProcess = { ...identity, command, startedAt: deps.clock.now() };
      await visit.update((record) => ({ ...record, process }));
      if (command === "up") failpoint("up-spawned", visit.name);
    },
    onLine(line) {
      if (command === "up") failpoint("up-started", visit.name);
      visit.say(line, command);
      deps.log.debug("compose", { application: visit.name, command, line });
    },
  };
}

/** How a Compose command that changes no container runs: it is broken off when the visit is. */
export function preparingRun(visit: Visit, deps: ReconcileDeps, command: string): RunOptions {
  const { dockerConfig } = visit.secrets;
  return {
    signal: visit.signal,
    mask: visit.mask,
    ...(dockerConfig !== undefined && { dockerConfig }),
    onLine(line) {
      visit.say(line, command);
      deps.log.debug("compose", { application: visit.name, command, line });
    },
  };
}

/** Forgets a recorded process that has ended. */
export function withoutProcess(record: ApplicationRecord): ApplicationRecord {
  const { process: _ended, ...rest } = record;
  return rest;
}

/** The findings in one line, for a log and the history. */
export function describeFindings(findings: readonly Pick<Finding, "service" | "kind" | "actual">[]): string {
  return findings.map(({ service, kind, actual }) => `${service}: ${kind}: ${actual}`).join("; ");
}
