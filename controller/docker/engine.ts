import { setMaxListeners } from "node:events";

import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createActs, networkPath } from "./acts.ts";
import { createCall, mapBounded } from "./call.ts";
import { createClient, type Query } from "./client.ts";
import type { Docker, ObservedContainer } from "./docker.ts";
import { refusalStatus, unlessRefused } from "./errors.ts";
import { engineEvents, EVENT_FILTERS } from "./events.ts";
import { createImages } from "./images.ts";
import { DEFAULT_DOCKER_HOST, parseDockerHost } from "./host.ts";
import { listOf, objectOf, textOf } from "./json.ts";
import { projectFilter } from "./labels.ts";
import { parseLog, readLog } from "./logs.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { parseContainer, parseEngine, parseListed } from "./parse.ts";
import { parseMembers, parseObjects } from "./parse-objects.ts";
import { containerPath, shortId } from "./paths.ts";

export interface DockerOptions {
  /** As in `DOCKER_HOST`; default `unix:///var/run/docker.sock`. */
  readonly dockerHost?: string | undefined;
  /** Where `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` are read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Keyed, of the configurations of containers. */
  readonly fingerprint: Fingerprint;
  readonly limits?: Partial<DockerLimits>;
}

export interface DockerLimits {
  /** Of each call that only reads, and of the opening of the event stream. Default 10 s. */
  readonly readMs: number;
  /** Of a look-up in a registry, which the engine does. Default 20 s. */
  readonly lookUpMs: number;
  /** Of everything that changes something; a restart first waits for the container's grace period. Default 90 s. */
  readonly actMs: number;
}

/** More at once makes dockerd no faster. */
const INSPECT_WIDTH = 8;

/**
 * The port onto a real engine. Throws Error at once for a `DOCKER_HOST` that cannot be used; connects only when called.
 * Any number of calls may be under way. A refused act is a ReconcileError `HealFailed`.
 */
export function createDocker(options: DockerOptions): Docker {
  const { clock, log, fingerprint } = options;
  const limits: DockerLimits = { readMs: 10_000, lookUpMs: 20_000, actMs: 90_000, ...options.limits };
  const where = parseDockerHost(options.dockerHost || DEFAULT_DOCKER_HOST, options.env ?? process.env);
  const client = createClient(where);
  const call = createCall(clock, where);

  const get = (act: string, path: string, query: Query, signal: AbortSignal): Promise<unknown> =>
    call({ act, signal, limitMs: limits.readMs, reads: true }, (limited) => client.get(path, query, limited));

  const inspectJson = (id: string, signal: AbortSignal): Promise<unknown> =>
    get(`inspect container "${shortId(id)}"`, `${containerPath(id)}/json`, {}, signal);

  async function inspectListed(row: unknown, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    const id = textOf(objectOf(row)["Id"]);
    try {
      return parseContainer(await inspectJson(id, signal), fingerprint);
    } catch (error) {
      const status = refusalStatus(error);
      if (status === 404) return undefined; // it vanished since the list
      if (status === undefined) throw error;
      // One container that the engine lists and cannot inspect must not hide all the others.
      const message = (error as Error).message;
      log.warn("Container cannot be inspected", { container: id, error: message });
      return parseListed(row, message, fingerprint);
    }
  }

  async function list(project: string | undefined, signal: AbortSignal): Promise<ObservedContainer[]> {
    const query = { all: true, filters: projectFilter(project) };
    const rows = listOf(await get("list containers", "/containers/json", query, signal));
    return withGroupSignal(signal, async (group) => {
      const found = await mapBounded(rows, INSPECT_WIDTH, (row) => inspectListed(row, group));
      return found.filter((container) => container !== undefined);
    });
  }

  return {
    configFingerprint: fingerprint,
    async engine(signal) {
      const info = await get("read the engine's information", "/info", {}, signal);
      const version = await get("read the engine's version", "/version", {}, signal);
      return parseEngine(info, version);
    },
    listAll: (signal) => list(undefined, signal),
    listProject: (project, signal) => list(project, signal),
    inspect: (id, signal) =>
      unlessRefused([404], async () => parseContainer(await inspectJson(id, signal), fingerprint)),
    findMounts: (nameOrId, signal) =>
      unlessRefused([404], async () => {
        const found = objectOf(await inspectJson(nameOrId, signal));
        return {
          id: textOf(found["Id"]),
          mounts: listOf(found["Mounts"]).map((mount) => ({
            source: textOf(objectOf(mount)["Source"]),
            target: textOf(objectOf(mount)["Destination"]),
          })),
        };
      }),
    async listProjectObjects(project, signal) {
      const query = { filters: projectFilter(project) };
      const networks = await get("list networks", "/networks", query, signal);
      const volumes = await get("list volumes", "/volumes", query, signal);
      return { networks: namesOf(networks), volumes: namesOf(objectOf(volumes)["Volumes"]) };
    },
    ...createImages(client, call, limits),
    async listObjects(project, signal) {
      const query = { filters: projectFilter(project) };
      const [networks, volumes] = await Promise.all([
        get("list networks", "/networks", query, signal),
        get("list volumes", "/volumes", query, signal),
      ]);
      return parseObjects(networks, volumes, fingerprint);
    },
    networkMembers: (id, signal) =>
      unlessRefused([404], async () =>
        parseMembers(await get(`inspect network "${shortId(id)}"`, networkPath(id), {}, signal)),
      ),
    ...createActs(call, client, limits.actMs),
    async lastLines(id, lines, signal) {
      const act = `read the log of container "${shortId(id)}"`;
      const query = { stdout: true, stderr: true, tail: lines };
      // refused: gone, being removed, or a logging driver that cannot be read
      const bytes = await unlessRefused("any", () =>
        call({ act, signal, limitMs: limits.readMs, reads: true }, async (limited) =>
          readLog(await client.stream(`${containerPath(id)}/logs`, query, limited)),
        ),
      );
      return bytes === undefined ? [] : parseLog(bytes, lines);
    },
    events: (sinceMs, signal) =>
      engineEvents({
        clock,
        where,
        openLimitMs: limits.readMs,
        signal,
        open(limited) {
          // microseconds, and one less: as a number, the engine's nanoseconds may have been rounded up, and an event of that
          // very moment is sent again rather than left out
          const since = Math.max(0, Math.floor(sinceMs * 1000) - 1) / 1e6;
          return client.stream("/events", { since, filters: EVENT_FILTERS }, limited);
        },
      }),
  };
}

/** One listener on the caller's signal for many calls at once; what is still under way at the end is aborted. */
async function withGroupSignal<T>(signal: AbortSignal, work: (group: AbortSignal) => Promise<T>): Promise<T> {
  const group = new AbortController();
  setMaxListeners(0, group.signal);
  const onAbort = (): void => group.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await work(group.signal);
  } finally {
    signal.removeEventListener("abort", onAbort);
    group.abort();
  }
}

function namesOf(items: unknown): string[] {
  return listOf(items)
    .map((item) => textOf(objectOf(item)["Name"]))
    .filter((name) => name !== "")
    .toSorted();
}
