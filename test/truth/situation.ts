/**
 * The truth table: what can happen to a host, what ConOps must find then, and what it must do. Each row is data; truth.test.ts
 * plays it on a real engine, scripts/generate.ts makes docs/drift-table.md of it.
 */
import type { DriftFact, DriftKind } from "../../controller/api/drift.ts";
import type { Phase } from "../../controller/api/status.ts";
import { TEST_IMAGE } from "../support/engine.ts";

/** What became of the containers of a service, as the engine shows it. */
export type Act =
  /** The same containers, which did not run, run. */
  | "started"
  | "unpaused"
  /** The same containers ran, and were started anew. */
  | "restarted"
  /** Other containers in the place of some that were there. */
  | "recreated"
  /** Those that were there are left alone, and there are more. */
  | "made"
  /** Some are gone, and the others left alone. */
  | "removed"
  /** The same containers ran, and do not. */
  | "stopped"
  /** The same containers, never ended, with other networks, limits or names. */
  | "changed";

export interface Situation {
  /** Names the Application; unique. */
  readonly id: string;
  /** What happened, for a user; Markdown. Unique. */
  readonly title: string;
  /** Compose services; each has the tests' image and PROGRAM, unless it says otherwise. */
  readonly services: Readonly<Record<string, object>>;
  /** What else stands in the Compose file. */
  readonly compose?: Readonly<Record<string, unknown>>;
  /** Other files of the repository. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of the manifest. */
  readonly spec?: Spec;
  /** Shell commands before the manifest is there; as in `steps`. */
  readonly before?: string;
  /**
   * Where the controller is meanwhile. `watched`: it runs. `replayed`: it is stopped, and the engine remembers what happened.
   * `unseen`: it is stopped, and the engine has forgotten. Or what the engine does, under a running controller: `restarted`,
   * `killed` and started again, `frozen` for a while.
   */
  readonly when?: "watched" | "replayed" | "unseen" | "restarted" | "killed" | "frozen";
  /**
   * What happens, one after the other. A text: shell commands, in the repository's work tree, against the engine of the test,
   * with `$project`, `$checkout`, `$file` (the Compose file in the checkout), `$image`, `$tag` and `$pushed` (an
   * image name of its own, and one in a registry that its engine reaches), and each service's name for its first container. An edit: the manifest's spec is this from now on, and `phase` is waited for.
   */
  readonly steps: readonly (string | Edit)[];
  /** Everything that is found. In `expected` and `actual`, `*` stands for anything. */
  readonly found: readonly DriftFact[];
  /** What may be seen in passing while the steps are taken: a container that is made anew is missing for a moment. */
  readonly passing?: readonly DriftKind[];
  /** What it could be taken for, and is not; the table names it, and `found` has it not. */
  readonly never?: readonly DriftKind[];
  /** By the manifest's `ignoreDifferences`: it is shown, and neither counted nor healed. */
  readonly ignored?: boolean;
  /** Service (or a container's name, where ConOps knows none) → what is done. All that is not named is left alone. */
  readonly healed: Readonly<Record<string, Act>>;
  /** Who does it. Default: the engine, called by ConOps. */
  readonly by?: "engine" | "Compose";
  /** The engine starts its containers over and over again: what becomes of them is not compared. */
  readonly endless?: boolean;
  /** What was found is a registry's answer, which a new controller does not know before it has asked: it writes twice. */
  readonly askedAnew?: boolean;
  /** How many healings that takes; default 1, or 0 where nothing is done. */
  readonly healings?: number;
  /** What was found is over in the end, without anybody's doing. */
  readonly over?: boolean;
  /** The commit that the steps made is the applied one in the end. */
  readonly synced?: boolean;
  /** Shell commands that succeed in the end. */
  readonly check?: string;
  /** Shell commands when all has been looked at, after which it becomes Ready: it must not be tried again and again. */
  readonly afterwards?: string;
  /** What the status says in the end; default: Ready is True, and the phase Synced. */
  readonly ends?: { readonly ready?: "True" | "False" | "Unknown"; readonly phase?: Phase };
  /** For the table: what is done, where `healed` does not say it. */
  readonly done?: string;
}

export interface Edit {
  readonly spec: Spec;
  readonly phase: Phase;
}

export type Spec = Readonly<Record<string, unknown>>;

export interface Section {
  readonly title: string;
  /** Below the title, for a user. */
  readonly about?: string;
  readonly rows: readonly Situation[];
}

/**
 * Runs until it is told otherwise: ends with 0 when stopped, and with CODE after `echo CODE > /told`. It is healthy until
 * `touch /ill`, and again after a start. Costs no CPU while it waits.
 */
export const PROGRAM: readonly string[] = [
  "sh",
  "-c",
  'trap "exit 0" TERM; rm -f /ill; [ -p /told ] || mkfifo /told; { read -r code </told; exit $$code; } & wait $$!',
];

/** A health check that PROGRAM passes until it is ill. */
export const CHECKED = {
  healthcheck: { test: ["CMD", "test", "!", "-e", "/ill"], interval: "1s", timeout: "5s", retries: 1 },
} as const;

/** Does its work at once, and ends with code 0. */
export const JOB = { command: ["true"] } as const;

/** A Compose file of the situation's. */
export function composeOf({ services, compose = {} }: Pick<Situation, "services" | "compose">): object {
  return {
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        {
          image: TEST_IMAGE,
          command: PROGRAM,
          stop_grace_period: "5s",
          // Most situations are not about networks, and each costs the engine a bridge.
          ...(needsNetwork(service) || "networks" in compose ? {} : { network_mode: "none" }),
          ...service,
        },
      ]),
    ),
    ...compose,
  };
}

function needsNetwork(service: object): boolean {
  return ["ports", "networks", "network_mode"].some((key) => key in service);
}

/** Does the text follow the pattern, in which `*` stands for anything? */
export function follows(text: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

/** A fact about the service. */
export function fact(service: string, kind: DriftKind, expected: string, actual: string): DriftFact {
  return { service, kind, expected, actual };
}
