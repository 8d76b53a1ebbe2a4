/** How containers ended, as far as that is evidence of drift that lasts: the engine remembers only its last 256 events. */
import type { ApplicationRecord, RecordedEnding } from "../status/record.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Finding } from "./judged.ts";

/** The engine notes the end of a process a little before it sends the event. */
const TOLERANCE_MS = 1000;

/** As it was seen by this controller, or by one before it. */
export function endingOf(
  id: string,
  project: string,
  { endings = {} }: Pick<ApplicationRecord, "endings">,
  engine: Pick<ReconcileDeps["engine"], "ending" | "project">,
): RecordedEnding | undefined {
  const seen = engine.ending(id);
  const recorded = endings[id];
  if (seen !== undefined || recorded === undefined) return seen;
  const container = engine.project(project).find((one) => one.id === id);
  // That of an earlier life says nothing.
  const isSame =
    container !== undefined &&
    container.exitCode === recorded.exitCode &&
    container.finishedAt <= recorded.at + TOLERANCE_MS;
  return isSame ? recorded : undefined;
}

/** What the record is to remember: the endings of the containers that something was found of. */
export function endingsOf(
  findings: readonly Finding[],
  project: string,
  record: Pick<ApplicationRecord, "endings">,
  engine: Pick<ReconcileDeps["engine"], "ending" | "project">,
): Pick<ApplicationRecord, "endings"> {
  const found = findings.flatMap(({ containerId = "" }) => {
    const ending = endingOf(containerId, project, record, engine);
    return ending === undefined ? [] : [[containerId, ending] as const];
  });
  return found.length === 0 ? {} : { endings: Object.fromEntries(found) };
}
