import { join } from "node:path";
import type {
  Compose,
  RenderedProject,
  RunOptions,
  RunResult,
  UpOptions,
} from "../../controller/compose/compose.ts";
import type { Docker, ObservedContainer } from "../../controller/docker/docker.ts";
import type { Clock } from "../../controller/lib/clock.ts";
import { hashOf } from "../../controller/lib/hash.ts";
import { createFakeImages, type FakeImages } from "./fake-images.ts";

/** What a reconcile does, where a test may step in. */
export type Step = "stage" | "render" | "pull" | "up" | "up-done" | "stop" | "down" | "start" | "refresh";

export interface FakeHost {
  readonly compose: Omit<Compose, "render">;
  readonly docker: Docker;
  readonly images: FakeImages;
}

interface FakeHostDeps {
  readonly clock: Clock;
  readonly dataDir: string;
  /** Awaited before each such step; what it throws is the step's failure. */
  readonly pass: (step: Step) => Promise<void>;
  /** What was done is added here: `up web db`, `start ID`, ... */
  readonly acts: string[];
  readonly containers: ObservedContainer[];
  readonly isMissing: (image: string) => boolean;
  /** Told how a pull is to run. */
  readonly asked?: (options: RunOptions) => void;
}

const DONE: RunResult = { ended: "exited", exitCode: 0, output: "" };

/** An engine with its Compose that only remember: what is brought up runs at once. */
export function createFakeHost({
  clock,
  dataDir,
  pass,
  acts,
  containers,
  isMissing,
  asked,
}: FakeHostDeps): FakeHost {
  let counter = 0;
  const images = createFakeImages(isMissing);

  async function run(command: Step, options: RunOptions, act: () => void): Promise<RunResult> {
    await options.onSpawn?.({ pid: 1, startTicks: 1, bootId: "boot" });
    await pass(command);
    act();
    return DONE;
  }

  function bring(
    project: string,
    json: string,
    { services: names, removeOrphans: prune, forceRecreate = false, noRecreate = false }: UpOptions,
  ): void {
    const { services } = JSON.parse(json) as RenderedProject;
    for (const name of names ?? Object.keys(services)) {
      const configHash = hashOf(services[name]);
      const image = services[name]?.image ?? `${project}-${name}`;
      const imageId = images.find(image)?.id ?? "";
      const at = containers.findIndex((one) => one.project === project && one.service === name);
      const known = containers[at];
      const isSame = known?.configHash === configHash && known.imageId === imageId && !forceRecreate;
      if (known !== undefined && (isSame || noRecreate) && known.state === "running") continue;
      if (at >= 0) containers.splice(at, 1);
      counter += 1;
      const now = clock.now();
      const id =
        known !== undefined && (isSame || noRecreate)
          ? known.id
          : `${project}-${name}-${String(counter).padStart(3, "0")}`;
      containers.push(
        observed({
          id,
          name: `${project}-${name}-1`,
          project,
          service: name,
          configHash,
          image,
          imageId,
          createdAt: now,
          startedAt: now,
          workingDir: join(dataDir, "checkouts", project),
        }),
      );
    }
    if (!prune) return;
    const orphans = containers.filter(
      (one) => one.project === project && !Object.hasOwn(services, one.service),
    );
    for (const orphan of orphans) containers.splice(containers.indexOf(orphan), 1);
  }

  function change(id: string, state: Partial<ObservedContainer>): void {
    const at = containers.findIndex((one) => one.id === id);
    const known = containers[at];
    if (known !== undefined) containers[at] = { ...known, ...state };
  }

  return {
    compose: {
      version: () => Promise.resolve("2.40.3"),
      async pull(_rendering, policy, options) {
        asked?.(options);
        return run("pull", options, () => {
          acts.push(`pull ${policy}`);
          if (policy === "always") images.pullAll();
        });
      },
      build: (_rendering, options) => run("pull", options, () => acts.push("build")),
      async up(project, { json }, what, options) {
        const result = await run("up", options, () => {
          const anew = what.forceRecreate === true ? ["--force-recreate"] : [];
          acts.push(["up", ...anew, ...(what.services ?? [])].join(" "));
          bring(project, json, what);
        });
        await pass("up-done");
        return result;
      },
      hashes(_project, { json }) {
        const { services } = JSON.parse(json) as RenderedProject;
        return Promise.resolve(
          Object.fromEntries(Object.entries(services).map(([name, service]) => [name, hashOf(service)])),
        );
      },
      stop: (project, options) =>
        run("stop", options, () => {
          acts.push(`stop ${project}`);
          for (const { id } of containers.filter((one) => one.project === project))
            change(id, { state: "exited" });
        }),
      down: (project, _what, options) =>
        run("down", options, () => {
          acts.push(`down ${project}`);
          for (const one of containers.filter(({ project: of }) => of === project))
            containers.splice(containers.indexOf(one), 1);
        }),
    },
    docker: {
      configFingerprint: (hash) => hash,
      engine: () => Promise.resolve({ id: "engine-1", version: "", apiVersion: "", name: "" }),
      listAll: () => Promise.resolve(containers),
      listProject: (project) => Promise.resolve(containers.filter((one) => one.project === project)),
      inspect: (id) => Promise.resolve(containers.find((one) => one.id === id)),
      findMounts: () => Promise.resolve(undefined),
      listProjectObjects: () => Promise.resolve({ networks: [], volumes: [] }),
      imageId: (name) => Promise.resolve(images.find(name)?.id),
      image: (name) => Promise.resolve(images.find(name)),
      images: () => Promise.resolve([]),
      tagImage(id, name) {
        acts.push(`tag ${name}`);
        images.tag(name, id);
        return Promise.resolve();
      },
      untagImage(name) {
        acts.push(`untag ${name}`);
        return Promise.resolve();
      },
      registryDigest: () => Promise.reject(new Error("Cannot look up an image: there is no registry")),
      listObjects: () => Promise.resolve({ networks: [], volumes: [] }),
      async start(id, signal) {
        await pass("start");
        signal.throwIfAborted();
        acts.push(`start ${id}`);
        change(id, { state: "running", startedAt: clock.now() });
      },
      unpause(id) {
        acts.push(`unpause ${id}`);
        change(id, { state: "running" });
        return Promise.resolve();
      },
      restart(id) {
        acts.push(`restart ${id}`);
        change(id, { state: "running", health: "healthy", startedAt: clock.now() });
        return Promise.resolve();
      },
      kill(id, name) {
        acts.push(`kill ${name} ${id}`);
        return Promise.resolve();
      },
      removeContainer(id) {
        acts.push(`remove ${id}`);
        const at = containers.findIndex((one) => one.id === id);
        if (at >= 0) containers.splice(at, 1);
        return Promise.resolve();
      },
      networkMembers: () => Promise.resolve([]),
      removeNetwork(id) {
        acts.push(`remove network ${id}`);
        return Promise.resolve();
      },
      rename(id, name) {
        acts.push(`rename ${id} ${name}`);
        change(id, { name });
        return Promise.resolve();
      },
      connect(id, attachment) {
        acts.push(`connect ${id} ${attachment.network}`);
        const others = containers.find((one) => one.id === id)?.attachments ?? [];
        change(id, { attachments: [...others, attachment] });
        return Promise.resolve();
      },
      disconnect(id, network) {
        acts.push(`disconnect ${id} ${network}`);
        const all = containers.find((one) => one.id === id)?.attachments ?? [];
        change(id, {
          attachments: all.filter((one) => one.network !== network && one.networkId !== network),
        });
        return Promise.resolve();
      },
      lastLines: () => Promise.resolve(["goodbye"]),
      // eslint-disable-next-line require-yield
      async *events() {
        await Promise.resolve();
      },
    },
    images,
  };
}

/** A running container. */
export function observed(extra: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id: "c1",
    name: "shop-web-1",
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
    createdAt: 1,
    startedAt: 1,
    finishedAt: 0,
    image: "web:1",
    imageId: "sha256:web:1",
    configHash: "hash",
    composeVersion: "2.40.3",
    workingDir: "/data/checkouts/shop",
    mounts: [],
    publishesPorts: false,
    attachments: [],
    settings: {},
    shape: "shape",
    ...extra,
  };
}
