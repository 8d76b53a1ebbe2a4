/** The containers of a project, straight from the engine's API: asking by the docker command would cost more than what is asked. */
import { request } from "node:http";
import type { Act } from "./situation.ts";

export interface Seen {
  readonly id: string;
  readonly state: string;
  readonly startedAt: string;
  /** Name, networks and limits, in one text. */
  readonly rest: string;
}

/** Service → its containers, by number. What Compose does not know as a service's stands under its own name. */
export type Snapshot = Readonly<Record<string, readonly Seen[]>>;

interface Inspect {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

const LIMITS = ["Memory", "MemorySwap", "NanoCpus", "CpuShares", "PidsLimit", "RestartPolicy"];

export interface EngineApi {
  snapshot(project: string): Promise<Snapshot>;
  /** Makes the engine forget every event of before: it keeps the last 256 of all kinds. */
  forgetEvents(): Promise<void>;
}

/** `dockerHost` is `unix:///path`. */
export function createEngineApi(dockerHost: string): EngineApi {
  const socketPath = dockerHost.replace("unix://", "");

  function ask(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath, method, path, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => {
          const { statusCode = 0 } = answer;
          if (statusCode === 404) resolve(undefined);
          else if (statusCode >= 400) reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
          else resolve(text === "" ? undefined : JSON.parse(text));
        });
      });
      call.on("error", reject);
      if (body !== undefined) call.setHeader("Content-Type", "application/json");
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  return {
    async snapshot(project) {
      const filters = encodeURIComponent(
        JSON.stringify({ label: [`com.docker.compose.project=${project}`] }),
      );
      const rows = (await ask("GET", `/containers/json?all=1&filters=${filters}`)) as readonly {
        readonly Id: string;
      }[];
      const found = await Promise.all(
        rows.map(({ Id }) => ask("GET", `/containers/${Id}/json`) as Promise<Inspect | undefined>),
      );
      const byKey = new Map<string, Inspect[]>();
      for (const one of found)
        if (one !== undefined) byKey.set(keyOf(one), [...(byKey.get(keyOf(one)) ?? []), one]);
      return Object.fromEntries(
        [...byKey]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, list]) => [key, list.toSorted((a, b) => numberOf(a) - numberOf(b)).map(seenOf)]),
      );
    },
    async forgetEvents() {
      const { Id } = (await ask("POST", "/containers/create", { Image: "conops-test/busybox:1" })) as {
        Id: string;
      };
      for (let n = 0; n < 300; n += 1) await ask("POST", `/containers/${Id}/rename?name=forget-${n % 2}`);
      await ask("DELETE", `/containers/${Id}`);
    },
  };
}

/** What became of a service's containers; undefined where they were left alone. */
export function actBetween(before: readonly Seen[] = [], after: readonly Seen[] = []): Act | undefined {
  const [was, is] = [new Map(before.map((one) => [one.id, one])), new Map(after.map((one) => [one.id, one]))];
  const gone = before.filter(({ id }) => !is.has(id));
  const fresh = after.filter(({ id }) => !was.has(id));
  const stayed = after.flatMap((now) => {
    const old = was.get(now.id);
    return old === undefined ? [] : [{ old, now }];
  });
  if (gone.length > 0 && fresh.length > 0) return "recreated";
  if (fresh.length > 0) return "made";
  if (gone.length > 0) return "removed";
  if (
    stayed.some(
      ({ old, now }) => old.state !== "running" && old.state !== "paused" && now.state === "running",
    )
  )
    return "started";
  if (stayed.some(({ old, now }) => now.state === "running" && old.startedAt !== now.startedAt))
    return "restarted";
  if (stayed.some(({ old, now }) => old.state === "paused" && now.state === "running")) return "unpaused";
  if (stayed.some(({ old, now }) => old.state === "running" && now.state === "exited")) return "stopped";
  return stayed.some(({ old, now }) => old.state !== now.state || old.rest !== now.rest)
    ? "changed"
    : undefined;
}

/** Service → what became of its containers; none for those that were left alone. */
export function actsBetween(before: Snapshot, after: Snapshot): Readonly<Record<string, Act>> {
  const acts: Record<string, Act> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const act = actBetween(before[key], after[key]);
    if (act !== undefined) acts[key] = act;
  }
  return acts;
}

function keyOf({ Name, Config: { Labels } }: Inspect): string {
  const isOurs =
    Labels["com.docker.compose.config-hash"] !== undefined && Labels["com.docker.compose.oneoff"] !== "True";
  return isOurs ? (Labels["com.docker.compose.service"] ?? Name.slice(1)) : Name.slice(1);
}

function numberOf({ Config }: Inspect): number {
  return Number(Config.Labels["com.docker.compose.container-number"] ?? 0);
}

function seenOf({ Id, Name, State, HostConfig, NetworkSettings }: Inspect): Seen {
  const limits = LIMITS.map((name) => HostConfig[name] ?? null);
  return {
    id: Id,
    state: State.Status,
    startedAt: State.StartedAt,
    rest: JSON.stringify([Name, Object.keys(NetworkSettings.Networks).toSorted(), limits]),
  };
}
