/**
 * What a container was created with, and what of it can be changed afterwards: the engine's JSON to ConOps's own types. Pure;
 * nothing here throws.
 */
import { canonicalJson } from "../lib/hash.ts";
import type { Attachment, ContainerSettings } from "./docker.ts";
import { listOf, numberOf, objectOf, textOf, type JsonObject } from "./json.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** `NetworkSettings` of an inspection. */
export function parseAttachments(settings: JsonObject, containerId: string): readonly Attachment[] {
  return Object.entries(objectOf(settings["Networks"]))
    .map(([network, json]) => parseAttachment(network, objectOf(json), containerId))
    .toSorted((a, b) => (a.network < b.network ? -1 : 1));
}

function parseAttachment(network: string, endpoint: JsonObject, containerId: string): Attachment {
  const addresses = objectOf(endpoint["IPAMConfig"]);
  const ipv4 = textOf(addresses["IPv4Address"]);
  const ipv6 = textOf(addresses["IPv6Address"]);
  const names = listOf(endpoint["Aliases"])
    .map(textOf)
    .filter((alias) => alias !== "" && alias !== containerId.slice(0, 12));
  return {
    network,
    networkId: textOf(endpoint["NetworkID"]),
    aliases: [...new Set(names)].toSorted(),
    ...(ipv4 !== "" && { ipv4 }),
    ...(ipv6 !== "" && { ipv6 }),
    special:
      listOf(endpoint["Links"]).length > 0 ||
      listOf(addresses["LinkLocalIPs"]).length > 0 ||
      Object.keys(objectOf(endpoint["DriverOpts"])).length > 0 ||
      numberOf(endpoint["GwPriority"]) !== 0,
  };
}

/** Field of `HostConfig` → the option of `docker update` that changes it. */
const UPDATABLE: Readonly<Record<string, string>> = {
  BlkioWeight: "blkio-weight",
  CpuPeriod: "cpu-period",
  CpuQuota: "cpu-quota",
  CpuRealtimePeriod: "cpu-rt-period",
  CpuRealtimeRuntime: "cpu-rt-runtime",
  CpuShares: "cpu-shares",
  CpusetCpus: "cpuset-cpus",
  CpusetMems: "cpuset-mems",
  Memory: "memory",
  MemoryReservation: "memory-reservation",
  MemorySwap: "memory-swap",
  PidsLimit: "pids-limit",
};

export function parseSettings(host: JsonObject): ContainerSettings {
  const settings: Record<string, string | number> = {};
  for (const [field, option] of Object.entries(UPDATABLE)) {
    const value = host[field];
    if (typeof value === "string" ? value !== "" : numberOf(value) !== 0) {
      settings[option] = typeof value === "string" ? value : numberOf(value);
    }
  }
  // Unlimited is written in several ways.
  if (numberOf(settings["pids-limit"]) < 0) delete settings["pids-limit"];
  const cpus = numberOf(host["NanoCpus"]);
  if (cpus !== 0) settings["cpus"] = cpus / 1e9;
  const { Name: policy, MaximumRetryCount: retries } = objectOf(host["RestartPolicy"]);
  if (textOf(policy) !== "" && policy !== "no") {
    settings["restart"] = numberOf(retries) > 0 ? `${textOf(policy)}:${numberOf(retries)}` : textOf(policy);
  }
  return settings;
}

/** Names of anonymous volumes, which Compose carries along from one container to the next. */
const GENERATED = /[0-9a-f]{64}/;

/**
 * The fingerprint of `Config` and `HostConfig` without what changes in a container's life, what names other containers, and
 * what Compose notes for itself.
 */
export function shapeOf(config: JsonObject, host: JsonObject, id: string, fingerprint: Fingerprint): string {
  const labels = Object.entries(objectOf(config["Labels"])).filter(
    ([name]) => !name.startsWith("com.docker.compose."),
  );
  const changeable = new Set([...Object.keys(UPDATABLE), "NanoCpus", "RestartPolicy", "ContainerIDFile"]);
  const kept = Object.entries(host)
    .filter(([field]) => !changeable.has(field))
    .map(([field, value]) => [field, withoutGenerated(value)] as const);
  const hostname = textOf(config["Hostname"]);
  return fingerprint(
    canonicalJson({
      config: {
        ...config,
        Labels: Object.fromEntries(labels),
        // What the registry calls it now is judged by itself.
        Image: "",
        Volumes: undefined,
        Hostname: hostname === id.slice(0, 12) ? "" : hostname,
      },
      host: Object.fromEntries(kept),
    }),
  );
}

function withoutGenerated(value: unknown): unknown {
  if (typeof value === "string") return GENERATED.test(value) ? "" : value;
  if (!Array.isArray(value)) return value;
  const kept = (value as readonly unknown[]).filter(
    (item) => !GENERATED.test(typeof item === "string" ? item : canonicalJson(item ?? null)),
  );
  // Nothing is written as null, and as an empty list.
  return kept.length === 0 ? null : kept;
}
