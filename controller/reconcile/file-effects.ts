/** What is to happen to which service because files that it has mounted changed. Pure. */
import type { ObservedContainer } from "../docker/docker.ts";
import type { FileEffect } from "./apply-input.ts";
import type { DesiredService } from "./desired.ts";
import { filesVerdict, type FilesQuestion } from "./judge-files.ts";

const STRENGTH = { signal: 1, restart: 2, recreate: 3 } as const;

/** By service, as the plan of healing has it: the strongest of what its containers that run need. */
export function fileEffects(
  services: readonly DesiredService[],
  containers: readonly ObservedContainer[],
  question: FilesQuestion,
): Readonly<Record<string, FileEffect>> {
  const effects: Record<string, FileEffect> = {};
  for (const service of services) {
    const running = containers.filter(
      ({ service: of, state, oneOff, configHash }) =>
        of === service.name && state === "running" && !oneOff && configHash !== "",
    );
    for (const container of running) {
      const found = filesVerdict(container, service, question);
      if (found === undefined || found.does.act === "ignore") continue;
      const { act } = found.does;
      const known = effects[service.name];
      const files = [...new Set([...(known?.files ?? []), ...found.mounts])].toSorted();
      const how = known === undefined || STRENGTH[act] > STRENGTH[known.how] ? act : known.how;
      effects[service.name] = { how, files };
    }
  }
  return effects;
}
