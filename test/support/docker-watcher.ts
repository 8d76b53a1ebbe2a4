import { createDocker } from "../../controller/docker/engine.ts";
import type { Docker, ObservedContainer } from "../../controller/docker/docker.ts";
import { systemClock } from "../../controller/lib/clock.ts";
import { sha256 } from "../../controller/lib/hash.ts";
import { silentLog } from "../../controller/lib/log.ts";
import { createDockerInformer, type DockerInformerOptions } from "../../controller/watch/docker-informer.ts";
import type { DockerInformer } from "../../controller/watch/watch.ts";
import { until } from "./engine.ts";

/** A Docker informer on a real engine, with a record of what it reported. */
export interface DockerWatcher {
  readonly docker: Docker;
  readonly informer: DockerInformer;
  /** The projects reported, with the time by `performance.now()`. */
  readonly changes: readonly { readonly project: string; readonly at: number }[];
  readonly turns: readonly boolean[];
  /** Resolves with the first container of the service that fits, as the cache has it. */
  until(
    project: string,
    service: string,
    what: string,
    fits: (container: ObservedContainer) => boolean,
  ): Promise<ObservedContainer>;
  close(): Promise<void>;
}

/** Starts one, and resolves once it has synced. `readMs` is the limit of its calls. */
export async function startDockerWatcher(
  dockerHost: string | undefined,
  options: Partial<DockerInformerOptions> & { readonly readMs?: number } = {},
): Promise<DockerWatcher> {
  const { readMs = 10_000, ...more } = options;
  const docker = createDocker({
    dockerHost,
    clock: systemClock,
    log: silentLog,
    fingerprint: sha256,
    limits: { readMs },
  });
  const changes: { project: string; at: number }[] = [];
  const turns: boolean[] = [];
  const informer = createDockerInformer({
    docker,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    onChange: (project) => changes.push({ project, at: performance.now() }),
    onEngine: (up) => turns.push(up),
    signal: new AbortController().signal,
    ...more,
  });
  try {
    await until("the informer has synced", () => informer.hasSynced());
  } catch (error) {
    await informer.close();
    throw error;
  }
  return {
    docker,
    informer,
    changes,
    turns,
    until: (project, service, what, fits) =>
      until(`${service} of ${project} ${what}`, () =>
        informer.project(project).find((container) => container.service === service && fits(container)),
      ),
    close: () => informer.close(),
  };
}
