import type { DriftFact, DriftKind } from "../../controller/api/drift.ts";
import type { Controller } from "../support/world.ts";

/** One thing that a controller logged. */
export interface Line {
  readonly msg: string;
  readonly application?: string;
  readonly service?: string;
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly command?: string;
  readonly why?: string;
}

const KEPT = new Set([
  "drift found",
  "drift found, and ignored",
  "healed",
  "healing failed",
  "sync begins",
  "applied",
  "compose",
  "source read",
]);

/** Reads what a controller logs, each line once. */
export function readLog(controller: Pick<Controller, "log">) {
  const lines: Line[] = [];
  let read = 0;

  function of(application: string): readonly Line[] {
    const text = controller.log();
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(read, end).split("\n")) {
      if (!line.startsWith("{")) continue;
      const parsed = JSON.parse(line) as Line;
      if (KEPT.has(parsed.msg)) lines.push(parsed);
    }
    read = end;
    return lines.filter((line) => line.application === application);
  }

  return {
    of,
    /** Every drift that was found, in the order in which it was. */
    found: (application: string): readonly DriftFact[] =>
      of(application)
        .filter(({ msg }) => msg === "drift found" || msg === "drift found, and ignored")
        .map(({ service = "", reason = "", expected = "", actual = "" }) => ({
          service,
          kind: reason as DriftKind,
          expected,
          actual,
        })),
    /** How often Compose was called to change something. */
    ups: (application: string): number =>
      of(application).filter(({ msg, command }) => msg === "compose" && command !== "pull").length,
  };
}

export type ControllerLog = ReturnType<typeof readLog>;
