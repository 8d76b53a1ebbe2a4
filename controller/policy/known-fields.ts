/**
 * The fields of a rendered project that this version knows, so that each of them is judged, or means nothing to the host.
 * A field that a later Compose brings is none of them until somebody has looked at it.
 */
import type { Fields, Project, Rule } from "./input.ts";
import { fieldsOf, finding } from "./values.ts";

/** `true`: whatever is in it. `items`: of a list, or of a map with free keys. */
type Known = true | { readonly fields: Readonly<Record<string, Known>> } | { readonly items: Known };

const words = (text: string): Readonly<Record<string, Known>> =>
  Object.fromEntries(text.split(/\s+/).map((word) => [word, true]));
const fields = (text: string, more: Readonly<Record<string, Known>> = {}): Known => ({
  fields: { ...words(text), ...more },
});
const items = (known: Known): Known => ({ items: known });

const HOOK = fields("command image user privileged working_dir environment per_replica");
const DEVICE_REQUEST = fields("capabilities count device_ids driver options");
const REFERENCE = items(fields("source target uid gid mode"));

const SERVICE: Known = fields(
  "annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent command container_name cpu_count cpu_percent " +
    "cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on develop " +
    "device_cgroup_rules dns dns_opt dns_search domainname entrypoint env_file environment expose external_links " +
    "extra_hosts group_add healthcheck hostname image init ipc isolation label_file labels links mac_address mem_limit " +
    "mem_reservation mem_swappiness memswap_limit models network_mode oom_kill_disable oom_score_adj pid pids_limit " +
    "platform privileged profiles pull_policy pull_refresh_after read_only restart runtime scale security_opt shm_size " +
    "stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts " +
    "volumes_from working_dir provider",
  {
    build: fields(
      "additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts " +
        "isolation labels network no_cache platforms privileged provenance pull sbom secrets shm_size ssh tags target ulimits",
    ),
    configs: REFERENCE,
    secrets: REFERENCE,
    deploy: fields(
      "endpoint_mode labels mode placement replicas restart_policy rollback_config update_config",
      {
        resources: fields("", {
          limits: fields("cpus memory pids"),
          reservations: fields("cpus memory generic_resources", { devices: items(DEVICE_REQUEST) }),
        }),
      },
    ),
    devices: items(fields("source target permissions")),
    gpus: items(DEVICE_REQUEST),
    logging: fields("driver options"),
    networks: items(
      fields(
        "aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority",
      ),
    ),
    ports: items(fields("app_protocol host_ip mode name protocol published target")),
    post_start: items(HOOK),
    pre_start: items(HOOK),
    pre_stop: items(HOOK),
    volumes: items(
      fields("type source target read_only consistency", {
        bind: fields("create_host_path propagation recursive selinux"),
        image: fields("subpath"),
        tmpfs: fields("mode size"),
        volume: fields("labels nocopy subpath"),
      }),
    ),
  },
);

const FILE: Known = items(
  fields("content driver driver_opts environment external file labels name template_driver"),
);

const PROJECT: Known = fields("name version", {
  services: items(SERVICE),
  networks: items(
    fields("attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name"),
  ),
  volumes: items(fields("driver driver_opts external labels name")),
  configs: FILE,
  secrets: FILE,
  models: items(fields("context_size model name runtime_flags")),
});

/** Types of mounts; what a mount of another type does, nobody has looked at. */
const MOUNT_TYPES = ["bind", "volume", "tmpfs", "image", "npipe"];

export const KNOWN_FIELDS_RULE: Rule = {
  name: "unknown-fields",
  reason: "PolicyViolation",
  check: ({ project, allowed }) =>
    allowed.unknownFields
      ? []
      : [...unknownFields(project as unknown as Fields, PROJECT, ""), ...unknownMounts(project)].map(
          (field) => {
            const [, service = ""] = /^services\.([^.]+)/.exec(field) ?? [];
            return finding(service, field, UNKNOWN);
          },
        ),
};

const UNKNOWN = "this version of ConOps does not know it, and cannot judge it";

function unknownFields(value: unknown, known: Known, at: string): readonly string[] {
  if (known === true || typeof value !== "object" || value === null) return [];
  if ("items" in known) {
    return Object.entries(value).flatMap(([key, item]) =>
      unknownFields(item, known.items, Array.isArray(value) ? `${at}[${key}]` : join(at, key)),
    );
  }
  return Object.entries(value).flatMap(([key, field]): readonly string[] => {
    const next = Object.hasOwn(known.fields, key) ? known.fields[key] : undefined;
    if (next === undefined) return key.startsWith("x-") ? [] : [join(at, key)];
    return unknownFields(field, next, join(at, key));
  });
}

function unknownMounts({ services }: Project): readonly string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const { volumes } = fieldsOf(service);
    if (!Array.isArray(volumes)) return [];
    return (volumes as readonly unknown[]).flatMap((mount, at) => {
      const { type } = fieldsOf(mount);
      return typeof type === "string" && MOUNT_TYPES.includes(type)
        ? []
        : [`services.${name}.volumes[${at}].type`];
    });
  });
}

function join(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}
