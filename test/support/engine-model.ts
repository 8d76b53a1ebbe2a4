import type { ObservedContainer } from "../../controller/docker/docker.ts";
import type { DesiredService } from "../../controller/reconcile/desired.ts";
import type { Step } from "../../controller/reconcile/steps.ts";
import type { MadeService } from "../../controller/status/record.ts";
import { fakeContainer } from "./fake-docker.ts";

/** A world as planning sees it. */
export interface ModelWorld {
  readonly services: readonly DesiredService[];
  readonly made: Readonly<Record<string, MadeService>>;
  readonly containers: readonly ObservedContainer[];
}

/** The world after the steps were taken, by an engine and a Compose that always succeed. */
export function afterSteps(world: ModelWorld, steps: readonly Step[]): ModelWorld {
  return steps.reduce(afterStep, world);
}

function afterStep(world: ModelWorld, step: Step): ModelWorld {
  const { services, containers } = world;
  const change = (
    id: string | undefined,
    how: (one: ObservedContainer) => ObservedContainer,
  ): ModelWorld => ({
    ...world,
    containers: containers.map((one) => (one.id === id ? how(one) : one)),
  });
  switch (step.act) {
    case "start":
    case "restart":
      return change(step.containerId, running);
    case "unpause":
      // Its health check could not answer meanwhile.
      return change(step.containerId, running);
    case "up":
    case "recreate": {
      const service = services.find(({ name }) => name === step.service);
      return service === undefined ? world : broughtUp(world, service);
    }
    case "signal":
    case "tag":
    case "attach":
    case "reattach":
    case "detach":
    case "rename":
      // Networks, names, images and files are no part of this world.
      return world;
    case "prune": {
      const names = new Set(services.map(({ name }) => name));
      return {
        ...world,
        containers: containers.filter((one) => !isComposes(one) || names.has(one.service)),
      };
    }
    case "stop":
      return {
        ...world,
        containers: containers.map((one) => (isAlive(one) ? { ...one, state: "exited", exitCode: 0 } : one)),
      };
    default:
      return step.act satisfies never;
  }
}

/** `docker compose up SERVICE`: as many containers as declared, of the recorded configuration, running. */
function broughtUp(world: ModelWorld, service: DesiredService): ModelWorld {
  const { name, replicas, oneShot } = service;
  const configHash = world.made[name]?.configHash ?? "";
  const hash = configHash === "" ? "hash" : configHash;
  // ConOps hands Compose the recorded image, whatever its name stands for by now.
  const { imageId = "" } = world.made[name] ?? {};
  const isKept = (one: ObservedContainer): boolean =>
    one.configHash === hash && (imageId === "" || one.imageId === imageId);
  const own = world.containers.filter((one) => isComposes(one) && one.service === name);
  const kept = own
    .filter(isKept)
    .toSorted((a, b) => a.number - b.number)
    .slice(0, replicas)
    .map((one) => (one.state === "running" ? one : running(one)));
  const fresh = Array.from({ length: replicas - kept.length }, (_, n) =>
    fakeContainer(`${name}-new-${n}-${world.containers.length}`, {
      service: name,
      number: kept.length + n + 1,
      configHash: hash,
      ...(imageId !== "" && { imageId }),
      ...(oneShot === "yes" && { state: "exited", exitCode: 0 }),
    }),
  );
  const others = world.containers.filter((one) => !own.includes(one));
  return { ...world, containers: [...others, ...kept, ...fresh] };
}

function running(one: ObservedContainer): ObservedContainer {
  const { health } = one;
  return { ...one, state: "running", exitCode: 0, error: "", health: health === "none" ? "none" : "healthy" };
}

function isComposes({ oneOff, configHash }: ObservedContainer): boolean {
  return !oneOff && configHash !== "";
}

function isAlive({ state }: ObservedContainer): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}
