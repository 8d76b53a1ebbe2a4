/** The informers: the loops that notice change outside and name keys. */
import type { Config } from "./config.ts";
import type { Docker } from "./docker/docker.ts";
import type { Git } from "./git/git.ts";
import type { Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { RecordStore } from "./status/record-store.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { createDockerInformer, REMOTE_BACKOFF } from "./watch/docker-informer.ts";
import { createGitInformer } from "./watch/git-informer.ts";
import { createImageInformer } from "./watch/image-informer.ts";
import type { DockerInformer, GitInformer, ImageInformer } from "./watch/watch.ts";
import { createOwnLogins } from "./secret/own-login.ts";

export interface WatchDeps {
  readonly config: Pick<Config, "dockerHost" | "imageIntervalMs">;
  readonly docker: Docker;
  readonly git: Pick<Git, "listRefs">;
  readonly records: Pick<RecordStore, "list" | "namesOf">;
  readonly enqueue: (name: string) => void;
  /** The engine has answered, or no longer does: after the first call there is something to work with. */
  readonly onEngine: () => void;
  readonly metrics: Pick<Metrics, "engineUp" | "imageLookedUp">;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Watch {
  readonly engine: DockerInformer;
  readonly sources: GitInformer;
  readonly images: ImageInformer;
}

/** Starts them. Each is closed by itself, in the order that a shutdown needs. */
export function wireWatch(deps: WatchDeps): Watch {
  const { config, docker, git, records, enqueue, metrics, clock, log, signal } = deps;
  const images = createImageInformer({
    docker,
    clock,
    random: Math.random,
    log,
    intervalMs: config.imageIntervalMs,
    ownLogin: createOwnLogins({ env: process.env, clock, log }),
    enqueue,
    onLookUp: metrics.imageLookedUp,
  });
  const engine = createDockerInformer({
    docker,
    clock,
    random: Math.random,
    log,
    onChange(project) {
      for (const name of records.namesOf(project)) enqueue(name);
    },
    onEngine(up) {
      metrics.engineUp(up);
      // What image names stand for is known before anything is judged: a new controller would take back what was said of it.
      void (up ? images.refresh() : Promise.resolve()).then(() => {
        deps.onEngine();
        for (const { name } of records.list()) enqueue(name);
      });
    },
    onImages: () => images.changed(),
    signal,
    ...(config.dockerHost.startsWith("unix:") ? {} : { backoff: REMOTE_BACKOFF }),
  });
  const sources = createGitInformer({ git, clock, random: Math.random, log, enqueue, signal });
  return { engine, sources, images };
}
