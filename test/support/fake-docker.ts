import { ReconcileError } from "../../controller/api/errors.ts";
import type {
  Docker,
  EngineEvent,
  ObservedContainer,
  ProjectObjects,
} from "../../controller/docker/docker.ts";
import type { Clock } from "../../controller/lib/clock.ts";

/** An engine in memory behind the port. It answers at once, replays its last 256 events, and fails as it is told. */
export interface FakeDocker extends Docker {
  /** Adds or replaces a container; no event is sent. */
  put(container: ObservedContainer): void;
  /** Removes one; no event is sent. */
  remove(id: string): void;
  /** Sends an event of a known container to every open stream, and remembers it. Gives it the clock's time. */
  emit(containerId: string, action: string, more?: Partial<EngineEvent>): EngineEvent;
  /** Every open stream fails; the engine goes on. */
  breakStreams(): void;
  /** From now on calls fail with this message; undefined: they work again. Open streams stay. */
  refuse(message: string | undefined): void;
  /** From now on calls wait; `false`: those that waited are answered. Their own signals end them. */
  freeze(frozen: boolean): void;
  /** As after a restart that lost the memory of events. */
  forgetEvents(): void;
  setEngineId(id: string): void;
  /** Inspections of single containers so far, by id; not those of a list. */
  readonly inspected: readonly string[];
  /** How often all were listed. */
  lists(): number;
  /** How often networks and volumes were listed. */
  objectLists(): number;
  setObjects(objects: ProjectObjects): void;
  /** What each stream was opened with. */
  readonly sinces: readonly number[];
  openStreams(): number;
}

interface Stream {
  readonly queue: EngineEvent[];
  error?: Error;
  wake: () => void;
}

export function createFakeDocker(clock: Clock): FakeDocker {
  const containers = new Map<string, ObservedContainer>();
  const streams = new Set<Stream>();
  const inspected: string[] = [];
  const sinces: number[] = [];
  let ring: EngineEvent[] = [];
  let lists = 0;
  let objectLists = 0;
  let objects: ProjectObjects = { networks: [], volumes: [] };
  let refusal: string | undefined;
  let engineId = "engine-1";
  let thawed = Promise.resolve();
  let thaw = (): void => {};

  /** Lets the caller's promises run, as a real answer would; then fails or goes on as the engine is now. */
  async function answer(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      void thawed.then(resolve);
    });
    if (refusal !== undefined) throw new ReconcileError(refusal, { reason: "EngineUnavailable" });
  }

  async function* events(sinceMs: number, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    if (signal.aborted) return;
    sinces.push(sinceMs);
    await answer(signal);
    const stream: Stream = { queue: ring.filter(({ at }) => at >= sinceMs), wake() {} };
    streams.add(stream);
    const onAbort = (): void => stream.wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const event = stream.queue.shift();
        if (event !== undefined) yield event;
        else if (stream.error !== undefined) throw stream.error;
        else await new Promise<void>((resolve) => (stream.wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      streams.delete(stream);
    }
  }

  const ofProject = (project: string): ObservedContainer[] =>
    [...containers.values()].filter((container) => container.project === project);

  function change(id: string, patch: Partial<ObservedContainer>): void {
    const container = containers.get(id);
    if (container === undefined) {
      throw new ReconcileError(`Cannot change container "${id}": no such container`, {
        reason: "HealFailed",
      });
    }
    containers.set(id, { ...container, ...patch });
  }

  const fake: FakeDocker = {
    configFingerprint: (hash) => hash,
    async engine(signal) {
      await answer(signal);
      return { id: engineId, version: "26.1.5", apiVersion: "1.45", name: "fake" };
    },
    async listAll(signal) {
      lists++;
      await answer(signal);
      return [...containers.values()];
    },
    async listProject(project, signal) {
      await answer(signal);
      return ofProject(project);
    },
    async inspect(id, signal) {
      inspected.push(id);
      await answer(signal);
      return containers.get(id);
    },
    findMounts: () => Promise.resolve(undefined),
    async listProjectObjects(project, signal) {
      await answer(signal);
      return { networks: ofProject(project).length > 0 ? [`${project}_default`] : [], volumes: [] };
    },
    async listObjects(project, signal) {
      objectLists++;
      await answer(signal);
      const mine = <T extends { readonly project: string }>(all: readonly T[]): readonly T[] =>
        all.filter((one) => project === undefined || one.project === project);
      return { networks: mine(objects.networks), volumes: mine(objects.volumes) };
    },
    async imageId(_name, signal) {
      await answer(signal);
      return undefined;
    },
    async image(_name, signal) {
      await answer(signal);
      return undefined;
    },
    async images(signal) {
      await answer(signal);
      return [];
    },
    tagImage: (_id, _name, signal) => answer(signal),
    untagImage: (_name, signal) => answer(signal),
    async registryDigest(name, _login, signal) {
      await answer(signal);
      throw new ReconcileError(
        `Cannot look up image "${name}" in its registry: the registry has no such image`,
        {
          reason: "ImageLookupFailed",
        },
      );
    },
    async start(id, signal) {
      await answer(signal);
      change(id, { state: "running", startedAt: clock.now() });
      fake.emit(id, "start");
    },
    async unpause(id, signal) {
      await answer(signal);
      change(id, { state: "running" });
      fake.emit(id, "unpause");
    },
    async restart(id, signal) {
      await answer(signal);
      change(id, { state: "running", startedAt: clock.now() });
      fake.emit(id, "kill", { killSignal: 15 });
      fake.emit(id, "die");
      fake.emit(id, "start");
    },
    async kill(id, _name, signal) {
      await answer(signal);
      fake.emit(id, "kill", { killSignal: 1 });
    },
    async removeContainer(id, signal) {
      await answer(signal);
      containers.delete(id);
      fake.emit(id, "destroy");
    },
    async networkMembers(_id, signal) {
      await answer(signal);
      return [];
    },
    async removeNetwork(_id, signal) {
      await answer(signal);
    },
    async rename(id, name, signal) {
      await answer(signal);
      change(id, { name });
      fake.emit(id, "rename");
    },
    async connect(id, attachment, signal) {
      await answer(signal);
      change(id, { attachments: [...(containers.get(id)?.attachments ?? []), attachment] });
    },
    async disconnect(id, network, signal) {
      await answer(signal);
      const all = containers.get(id)?.attachments ?? [];
      change(id, { attachments: all.filter((one) => one.networkId !== network && one.network !== network) });
    },
    async lastLines(_id, _lines, signal) {
      await answer(signal);
      return [];
    },
    events,

    put: (container) => void containers.set(container.id, container),
    remove: (id) => void containers.delete(id),
    emit(containerId, action, more = {}) {
      const event: EngineEvent = {
        type: "container",
        action,
        containerId,
        project: containers.get(containerId)?.project ?? "",
        service: containers.get(containerId)?.service ?? "",
        at: clock.now(),
        ...more,
      };
      ring = [...ring, event].slice(-256);
      for (const stream of streams) {
        stream.queue.push(event);
        stream.wake();
      }
      return event;
    },
    breakStreams() {
      for (const stream of streams) {
        stream.error = new ReconcileError("Cannot reach the Docker engine: it closed the connection", {
          reason: "EngineUnavailable",
        });
        stream.wake();
      }
    },
    refuse: (message) => void (refusal = message),
    freeze(frozen) {
      if (frozen) thawed = new Promise((resolve) => (thaw = resolve));
      else thaw();
    },
    forgetEvents: () => void (ring = []),
    setEngineId: (id) => void (engineId = id),
    inspected,
    lists: () => lists,
    objectLists: () => objectLists,
    setObjects: (found) => void (objects = found),
    sinces,
    openStreams: () => streams.size,
  };
  return fake;
}

/** A running container of the service `web` of project `shop`; `id` is also its name. */
export function fakeContainer(id: string, patch: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id,
    name: id,
    project: "shop",
    service: "web",
    number: 1,
    oneOff: false,
    state: "running",
    exitCode: 0,
    oomKilled: false,
    error: "",
    health: "none",
    healthOutput: "",
    restartPolicy: "no",
    restartCount: 0,
    createdAt: 1000,
    startedAt: 2000,
    finishedAt: 0,
    image: "busybox",
    imageId: "sha256:1",
    configHash: "hash",
    composeVersion: "2.40.3",
    workingDir: "/shop",
    mounts: [],
    publishesPorts: false,
    attachments: [],
    settings: {},
    shape: "shape",
    ...patch,
  };
}
