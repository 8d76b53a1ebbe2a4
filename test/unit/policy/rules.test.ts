import { expect } from "chai";
import type { Allowed, RuleName } from "../../../controller/api/policy.ts";
import type { Place } from "../../../controller/policy/input.ts";
import { POLICY_RULES } from "../../../controller/policy/judge.ts";
import { EVERYTHING, judge, ROOT, told, web, type Sketch } from "../../support/policy.ts";

interface Case {
  readonly name: string;
  readonly project: Sketch;
  /** What differs from "restricted". */
  readonly allowed?: Partial<Allowed>;
  readonly places?: Readonly<Record<string, Place>>;
  /** `field: what is wrong` of each violation of the rule; none: it is allowed. */
  readonly refused?: readonly string[];
}

const led = (...paths: readonly string[]): Place => ({ paths, leadsNowhere: false, isDockerSocket: false });
const bind = (source: string, more: object = {}): object => ({ type: "bind", source, target: "/x", ...more });
const volumes = (...list: readonly object[]): Sketch => web({ volumes: list });
const volume = (options: object, more: object = {}): Sketch => ({
  volumes: { v: { name: "shop_v", driver_opts: options, ...more } },
});
const port = (more: object): Sketch =>
  web({ ports: [{ mode: "ingress", protocol: "tcp", target: 80, ...more }] });
const network = (more: object): Sketch => ({ networks: { n: { name: "shop_n", ...more } } });
const built = (build: object, more: object = {}): Sketch =>
  web({ build: { context: ROOT, ...build }, ...more });
const DIGEST = `@sha256:${"a".repeat(64)}`;

/** One row for each way to ask for what a rule is about, and for each way to be let. */
const CASES: Readonly<Record<RuleName, readonly Case[]>> = {
  privileged: [
    {
      name: "a privileged container",
      project: web({ privileged: true }),
      refused: ["services.web.privileged: privileged containers are not allowed"],
    },
    {
      name: "one by a word in the place of a truth value",
      project: web({ privileged: "yes" }),
      refused: ["services.web.privileged: privileged containers are not allowed"],
    },
    {
      name: "a privileged hook",
      project: web({
        post_start: [{ command: ["a"] }, { command: ["b"], privileged: true }],
        pre_stop: [{ command: ["c"], privileged: true }],
      }),
      refused: [
        "services.web.post_start[1].privileged: privileged hooks are not allowed",
        "services.web.pre_stop[0].privileged: privileged hooks are not allowed",
      ],
    },
    {
      name: "a plain container with a plain hook",
      project: web({ privileged: false, post_start: [{ command: ["a"] }] }),
    },
    { name: "what the policy allows", project: web({ privileged: true }), allowed: { privileged: true } },
  ],
  "host-namespaces": [
    {
      name: "each namespace of the host",
      project: web({
        network_mode: "host",
        pid: "host",
        ipc: "host",
        uts: "host",
        userns_mode: "host",
        cgroup: "host",
      }),
      refused: [
        "services.web.network_mode: the network namespace of the host is not allowed",
        "services.web.pid: the pid namespace of the host is not allowed",
        "services.web.ipc: the ipc namespace of the host is not allowed",
        "services.web.uts: the uts namespace of the host is not allowed",
        "services.web.userns_mode: the user namespace of the host is not allowed",
        "services.web.cgroup: the cgroup namespace of the host is not allowed",
      ],
    },
    {
      name: "the host's network as an external network",
      project: network({ external: true, name: "host" }),
      allowed: { externalNetworks: ["*"] },
      refused: ["networks.n: the network namespace of the host is not allowed"],
    },
    {
      name: "a network by an id, which may be the host's",
      project: network({ external: true, name: "0a1b2c" }),
      allowed: { externalNetworks: ["*"] },
      refused: ['networks.n: "0a1b2c" reads as the id of a network, which may be the host\'s'],
    },
    {
      name: "namespaces of the project's own",
      project: web({ network_mode: "service:db", ipc: "shareable", pid: "service:db", cgroup: "private" }),
    },
    {
      name: "the one that the policy allows, and no other",
      project: web({ pid: "host", ipc: "host" }),
      allowed: { hostNamespaces: ["pid"] },
      refused: ["services.web.ipc: the ipc namespace of the host is not allowed"],
    },
  ],
  "other-containers": [
    {
      name: "namespaces, volumes and links of others",
      project: web({
        network_mode: "container:db",
        pid: "container:db",
        ipc: "container:db",
        volumes_from: ["db", "container:db:ro"],
        external_links: ["db"],
      }),
      refused: [
        'services.web.network_mode: "container:db" shares a namespace with a container outside the project',
        'services.web.pid: "container:db" shares a namespace with a container outside the project',
        'services.web.ipc: "container:db" shares a namespace with a container outside the project',
        'services.web.volumes_from: "container:db:ro" takes volumes of a container outside the project',
        "services.web.external_links: links to containers outside the project are not allowed",
      ],
    },
    {
      name: "those of the project",
      project: web({ network_mode: "service:db", volumes_from: ["db:ro"], links: ["db"] }),
    },
    {
      name: "what the policy allows",
      project: web({ pid: "container:db" }),
      allowed: { otherContainers: true },
    },
  ],
  capabilities: [
    {
      name: "capabilities, however they are written",
      project: web({ cap_add: ["SYS_ADMIN", "cap_net_admin", "ALL"], cap_drop: ["ALL"] }),
      refused: [
        'services.web.cap_add: "SYS_ADMIN" may not be added',
        'services.web.cap_add: "cap_net_admin" may not be added',
        'services.web.cap_add: "ALL" may not be added',
      ],
    },
    {
      name: "those of the list, and no other",
      project: web({ cap_add: ["CAP_NET_BIND_SERVICE", "SYS_TIME"] }),
      allowed: { capabilities: ["net_bind_service"] },
      refused: ['services.web.cap_add: "SYS_TIME" may not be added'],
    },
    { name: "capabilities that are dropped", project: web({ cap_drop: ["ALL"] }) },
  ],
  devices: [
    {
      name: "devices, by path and by name, and by their numbers",
      project: web({
        devices: [
          { source: "/dev/mem", target: "/dev/mem", permissions: "rwm" },
          { source: "vendor.com/class=one", target: "vendor.com/class=one" },
          "/dev/kvm:/dev/kvm",
        ],
        device_cgroup_rules: ["c 1:1 rwm"],
      }),
      refused: [
        'services.web.devices: the device "/dev/mem" is not allowed',
        'services.web.devices: the device "vendor.com/class=one" is not allowed',
        'services.web.devices: the device "/dev/kvm" is not allowed',
        "services.web.device_cgroup_rules: access to devices by their numbers is not allowed",
      ],
    },
    {
      name: "one that another path leads to",
      project: web({ devices: [{ source: "/dev/snd/../mem" }, { source: "/dev/snd/by-path/x" }] }),
      allowed: { devices: ["/dev/snd/*"] },
      places: { "/dev/snd/by-path/x": led("/dev/snd/by-path/x", "/dev/sda") },
      refused: [
        'services.web.devices: the device "/dev/snd/../mem" is not allowed',
        'services.web.devices: the device "/dev/snd/by-path/x" is not allowed',
      ],
    },
    {
      name: "those of the list",
      project: web({ devices: [{ source: "/dev/dri/card0" }] }),
      allowed: { devices: ["/dev/dri/*"] },
    },
  ],
  gpus: [
    {
      name: "GPUs and reserved devices",
      project: web({
        gpus: [{ count: -1 }],
        deploy: { resources: { reservations: { devices: [{ capabilities: ["gpu"] }] } } },
      }),
      refused: [
        "services.web.gpus: GPUs are not allowed",
        "services.web.deploy.resources.reservations.devices: reserving devices is not allowed",
      ],
    },
    { name: "limits of memory", project: web({ deploy: { resources: { limits: { memory: "1" } } } }) },
    { name: "what the policy allows", project: web({ gpus: [{ count: 1 }] }), allowed: { gpus: true } },
  ],
  "security-options": [
    {
      name: "options that take a protection away",
      project: web({
        security_opt: [
          "seccomp:unconfined",
          "apparmor=unconfined",
          "label=disable",
          "systempaths=unconfined",
          "no-new-privileges:false",
        ],
        credential_spec: { file: "x.json" },
      }),
      refused: [
        'services.web.security_opt: "seccomp:unconfined" is not allowed',
        'services.web.security_opt: "apparmor=unconfined" is not allowed',
        'services.web.security_opt: "label=disable" is not allowed',
        'services.web.security_opt: "systempaths=unconfined" is not allowed',
        'services.web.security_opt: "no-new-privileges:false" is not allowed',
        "services.web.credential_spec: credentials of the host are not allowed",
      ],
    },
    {
      name: "no-new-privileges, in each of its forms",
      project: web({
        security_opt: ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"],
      }),
    },
    {
      name: "those of the list, however they are written",
      project: web({ security_opt: ["label:type:x", "seccomp=./p.json"], credential_spec: { file: "x" } }),
      allowed: { securityOptions: ["label=type:*", "seccomp=./p.json", "credentialspec=*"] },
    },
  ],
  "no-new-privileges": [
    {
      name: "a service without it, where it must be",
      project: web({ image: "x" }),
      allowed: { noNewPrivileges: true },
      refused: ["services.web.security_opt: no-new-privileges is missing, which each service must have"],
    },
    {
      name: "one that has it, and its contrary",
      project: web({ security_opt: ["no-new-privileges", "no-new-privileges=false"] }),
      allowed: { noNewPrivileges: true },
      refused: ["services.web.security_opt: no-new-privileges is missing, which each service must have"],
    },
    {
      name: "a service that has it",
      project: web({ security_opt: ["no-new-privileges:true"] }),
      allowed: { noNewPrivileges: true },
    },
    { name: "a service without it", project: web({ image: "x" }) },
  ],
  sysctls: [
    {
      name: "kernel parameters, as a map and as a list",
      project: {
        services: { web: { sysctls: { "net.ipv4.ip_forward": "1" } }, db: { sysctls: ["kernel.msgmax=1"] } },
      },
      refused: [
        'services.web.sysctls: "net.ipv4.ip_forward" may not be set',
        'services.db.sysctls: "kernel.msgmax" may not be set',
      ],
    },
    {
      name: "those of the list",
      project: web({ sysctls: { "net.core.somaxconn": "1" } }),
      allowed: { sysctls: ["net.core.*"] },
    },
  ],
  "cgroup-parent": [
    {
      name: "another cgroup",
      project: web({ cgroup_parent: "/" }),
      refused: ["services.web.cgroup_parent: another cgroup is not allowed"],
    },
    {
      name: "what the policy allows",
      project: web({ cgroup_parent: "/x" }),
      allowed: { cgroupParent: true },
    },
  ],
  runtimes: [
    {
      name: "another runtime, another isolation",
      project: web({ runtime: "nvidia", isolation: "process" }),
      refused: [
        'services.web.runtime: "nvidia" is not allowed',
        'services.web.isolation: "process" is not allowed',
      ],
    },
    {
      name: "those of the list, and the default",
      project: web({ runtime: "runsc", isolation: "default" }),
      allowed: { runtimes: ["runsc"] },
    },
  ],
  annotations: [
    {
      name: "annotations",
      project: web({ annotations: { "run.oci.keep_original_groups": "1" } }),
      refused: ['services.web.annotations: "run.oci.keep_original_groups" is not allowed'],
    },
    {
      name: "those of the list",
      project: web({ annotations: ["com.example.x=1"] }),
      allowed: { annotations: ["com.example.*"] },
    },
  ],
  "host-priority": [
    {
      name: "precedence in memory and time",
      project: web({
        oom_score_adj: -500,
        oom_kill_disable: true,
        cpu_rt_runtime: 950000,
        cpu_rt_period: "1000000",
        ulimits: { rtprio: 99, nice: { soft: 1 } },
      }),
      refused: [
        "services.web.oom_score_adj: must not be below 0: other processes would be killed first",
        "services.web.oom_kill_disable: must not be true: other processes would be killed instead",
        "services.web.cpu_rt_runtime: real-time scheduling is not allowed",
        "services.web.cpu_rt_period: real-time scheduling is not allowed",
        "services.web.ulimits.rtprio: precedence over other processes is not allowed",
        "services.web.ulimits.nice: precedence over other processes is not allowed",
      ],
    },
    {
      name: "less than others",
      project: web({ oom_score_adj: 500, cpu_rt_runtime: 0, ulimits: { nofile: 1024 }, cpu_shares: 10 }),
    },
    { name: "what the policy allows", project: web({ oom_score_adj: -1 }), allowed: { hostPriority: true } },
  ],
  "container-names": [
    {
      name: "a name for a container",
      project: web({ container_name: "traefik" }),
      refused: [
        "services.web.container_name: names of containers, which the whole host shares, are not allowed",
      ],
    },
    {
      name: "what the policy allows",
      project: web({ container_name: "x" }),
      allowed: { containerNames: true },
    },
  ],
  "logging-drivers": [
    {
      name: "a driver that sends logs elsewhere, and options for the engine's default one",
      project: {
        services: {
          web: { logging: { driver: "gelf", options: { "gelf-address": "udp://x:1" } } },
          db: { logging: { options: { "syslog-address": "unix:///run/docker.sock" } } },
        },
      },
      refused: [
        'services.web.logging.driver: "gelf" is not allowed',
        'services.db.logging.options: "syslog-address" is not allowed without a driver',
      ],
    },
    {
      name: "files of the engine",
      project: {
        services: {
          web: { logging: { driver: "json-file", options: { "max-size": "1m" } } },
          db: { logging: { options: { "max-file": "2" } } },
        },
      },
    },
    {
      name: "those of the list",
      project: web({ logging: { driver: "journald" } }),
      allowed: { loggingDrivers: ["journald"] },
    },
  ],
  models: [
    {
      name: "a model, and a service that uses it",
      project: web({ models: { llm: null } }, { models: { llm: { model: "ai/x" } } }),
      refused: ["models.llm: models are not allowed", "services.web.models: models are not allowed"],
    },
    {
      name: "what the policy allows",
      project: { models: { llm: { model: "ai/x" } } },
      allowed: { models: true },
    },
  ],
  "docker-socket": [
    ...[
      "/var/run/docker.sock",
      "/run/docker.sock",
      "/run/containerd/containerd.sock",
      "/run/podman/podman.sock",
      "/run/x/../docker.sock",
      "/mnt/elsewhere/docker.sock",
    ].map((path): Case => ({
      name: `the socket as ${path}`,
      project: volumes(bind(path, { read_only: true })),
      allowed: { hostPaths: [{ path: "/", readOnly: false }] },
      refused: [`services.web.volumes: "${path.replace("/x/..", "")}" is the socket of an engine`],
    })),
    ...["/", "/run", "/var", "/var/run/", "/run/containerd"].map((path): Case => ({
      name: `the socket by ${path}, which holds it`,
      project: volumes(bind(path)),
      allowed: { hostPaths: [{ path: "/", readOnly: false }] },
      refused: [
        `services.web.volumes: "${path === "/var/run/" ? "/var/run" : path}" holds the socket of an engine`,
      ],
    })),
    {
      name: "the socket by a volume that is a bind",
      project: volume({ type: "none", o: "ro,bind", device: "/var/run/docker.sock" }),
      refused: ['volumes.v.driver_opts: "/var/run/docker.sock" is the socket of an engine'],
    },
    {
      name: "the socket by a volume that says tmpfs and means a bind",
      project: volume({ type: "tmpfs", o: "size=1m, RBIND", device: "/run" }),
      refused: ['volumes.v.driver_opts: "/run" holds the socket of an engine'],
    },
    {
      name: "the socket by a mount that says volume and names a path",
      project: volumes({ type: "volume", source: "/run/docker.sock", target: "/x" }),
      refused: ['services.web.volumes: "/run/docker.sock" is the socket of an engine'],
    },
    {
      name: "the socket by a link on the host",
      project: volumes(bind("/srv/harmless")),
      places: { "/srv/harmless": led("/srv/harmless", "/run/docker.sock") },
      refused: ['services.web.volumes: "/srv/harmless" is the socket of an engine'],
    },
    {
      name: "the socket by a link within the checkout that leads there on this host",
      project: volumes(bind(`${ROOT}/data/s`)),
      places: { [`${ROOT}/data/s`]: led(`${ROOT}/data/s`, "/run") },
      refused: [`services.web.volumes: "data/s" holds the socket of an engine`],
    },
    {
      name: "the socket under another name",
      project: volumes(bind("/srv/other.sock")),
      places: {
        "/srv/other.sock": { paths: ["/srv/other.sock"], leadsNowhere: false, isDockerSocket: true },
      },
      refused: ['services.web.volumes: "/srv/other.sock" is the socket of an engine'],
    },
    {
      name: "the socket as another process sees it",
      project: volumes(bind("/proc/1/root")),
      refused: [
        'services.web.volumes: "/proc/1/root" shows the host as a process sees it, with the socket of its engine',
      ],
    },
    {
      name: "the socket as a config",
      project: web({ configs: [{ source: "c" }] }, { configs: { c: { file: "/run/docker.sock" } } }),
      refused: ['configs.c.file: "/run/docker.sock" is the socket of an engine'],
    },
    {
      name: "a pipe of Windows",
      project: volumes({ type: "npipe", source: "\\\\.\\pipe\\docker_engine", target: "/x" }),
      refused: ['services.web.volumes: "\\\\\\\\.\\\\pipe\\\\docker_engine" is a pipe of the host'],
    },
    {
      name: "files of the checkout and volumes",
      project: web(
        { volumes: [bind(`${ROOT}/x`), { type: "volume", source: "v", target: "/v" }] },
        { volumes: { v: { name: "shop_v" } } },
      ),
    },
    {
      name: "what the policy allows",
      project: volumes(bind("/var/run/docker.sock")),
      allowed: { dockerSocket: true },
    },
  ],
  "host-paths": [
    {
      name: "paths of the host, by whatever field",
      project: web(
        {
          volumes: [bind("/etc"), { type: "volume", source: "/usr", target: "/x" }],
          secrets: [{ source: "s" }],
        },
        {
          secrets: { s: { file: "/etc/shadow" } },
          volumes: { v: { name: "shop_v", driver_opts: { o: "bind", device: "/" } } },
        },
      ),
      allowed: { dockerSocket: true },
      refused: [
        'services.web.volumes: "/etc" is not among the paths of the host that may be mounted',
        'services.web.volumes: "/usr" is not among the paths of the host that may be mounted',
        'secrets.s.file: "/etc/shadow" is not among the paths of the host that may be mounted',
        'volumes.v.driver_opts: "/" holds files of ConOps itself',
      ],
    },
    {
      name: "the way out of the checkout, of another's checkout, and of ConOps's own folders",
      project: volumes(
        bind(`${ROOT}/../x`),
        bind("/data/checkouts/other"),
        bind("/srv/conops"),
        bind("/srv/conops/manifests/x.yaml"),
      ),
      allowed: {
        hostPaths: [
          { path: "/data", readOnly: false },
          { path: "/srv", readOnly: false },
        ],
      },
      refused: [
        `services.web.volumes: "/data/checkouts/x" holds files of ConOps itself`,
        'services.web.volumes: "/data/checkouts/other" holds files of ConOps itself',
        'services.web.volumes: "/srv/conops" holds files of ConOps itself',
        'services.web.volumes: "/srv/conops/manifests/x.yaml" holds files of ConOps itself',
      ],
    },
    {
      name: "a link in the checkout that leads out of it on this host",
      project: volumes(bind(`${ROOT}/data`), bind(`${ROOT}/lost`)),
      places: {
        [`${ROOT}/data`]: led(`${ROOT}/data`, "/etc"),
        [`${ROOT}/lost`]: { paths: [`${ROOT}/lost`], leadsNowhere: true, isDockerSocket: false },
      },
      refused: [
        `services.web.volumes: "data" leads out of the checkout, to what is not among the paths of the host that may be mounted`,
        `services.web.volumes: "lost" leads through a link to where ConOps cannot look`,
      ],
    },
    {
      name: "a link on the host that leads out of what is allowed",
      project: volumes(bind("/srv/media/x"), bind("/srv/media/y")),
      allowed: { hostPaths: [{ path: "/srv/media", readOnly: false }] },
      places: {
        "/srv/media": led("/srv/media", "/mnt/disk"),
        "/srv/media/x": led("/srv/media/x", "/etc"),
        "/srv/media/y": led("/srv/media/y", "/mnt/disk/y"),
      },
      refused: [
        'services.web.volumes: "/srv/media/x" is not among the paths of the host that may be mounted',
      ],
    },
    {
      name: "a neighbour of what is allowed, and writing where reading is",
      project: volumes(
        bind("/srv/media2"),
        bind("/srv/media/a"),
        bind("/srv/media/b", { read_only: true }),
        bind("/srv/media/c", { read_only: true, bind: { recursive: "writable" } }),
      ),
      allowed: { hostPaths: [{ path: "/srv/media/", readOnly: true }] },
      refused: [
        'services.web.volumes: "/srv/media2" is not among the paths of the host that may be mounted',
        'services.web.volumes: "/srv/media/a" may be mounted read-only alone',
        'services.web.volumes: "/srv/media/c" may be mounted read-only alone',
      ],
    },
    {
      name: "mounts that spread to the host, and new labels on its files",
      project: volumes(
        bind(`${ROOT}/x`, { bind: { propagation: "rshared" } }),
        bind("/srv/x", { bind: { selinux: "Z" } }),
      ),
      allowed: {
        hostPaths: [
          { path: "/srv", readOnly: false },
          { path: "/srv/x", readOnly: false },
        ],
      },
      refused: [
        `services.web.volumes: "x" may not spread mounts to the host (rshared)`,
        'services.web.volumes: "/srv/x" may not be labelled anew (selinux)',
      ],
    },
    {
      name: "the checkout itself, and the socket that a rule of its own allows",
      project: volumes(
        bind(`${ROOT}/x`, { bind: { selinux: "z" } }),
        bind(ROOT),
        bind("/var/run/docker.sock"),
      ),
      allowed: { dockerSocket: true },
    },
    {
      name: "a volume that binds a folder of the checkout",
      project: volume({ type: "none", o: "bind", device: `${ROOT}/x` }),
    },
  ],
  "nested-mounts": [
    {
      name: "a mount within another that is written to",
      project: {
        services: {
          web: { volumes: [bind(`${ROOT}/data`)] },
          db: { volumes: [bind(`${ROOT}/data/x`, { read_only: true })], configs: [{ source: "c" }] },
        },
        configs: { c: { file: `${ROOT}/data/c.conf` } },
      },
      refused: [
        `services.db.volumes: "data/x" lies within "data", which service "web" may write to`,
        `configs.c.file: "data/c.conf" lies within "data", which service "web" may write to`,
      ],
    },
    {
      name: "one that a link leads into it",
      project: volumes(bind(`${ROOT}/data`), bind(`${ROOT}/link/x`)),
      places: { [`${ROOT}/link/x`]: led(`${ROOT}/link/x`, `${ROOT}/data/x`) },
      refused: [`services.web.volumes: "link/x" lies within "data", which service "web" may write to`],
    },
    {
      name: "one within a volume that is a bind",
      project: web(
        { volumes: [bind(`${ROOT}/a/b`)] },
        { volumes: { v: { name: "shop_v", driver_opts: { o: "bind", device: `${ROOT}/a` } } } },
      ),
      refused: [`services.web.volumes: "a/b" lies within "a", which volumes.v.driver_opts may write to`],
    },
    {
      name: "the same folder twice, and a mount within one that is read",
      project: volumes(
        bind(`${ROOT}/a`),
        bind(`${ROOT}/a`),
        bind(`${ROOT}/b`, { read_only: true }),
        bind(`${ROOT}/b/c`),
        bind(`${ROOT}/ab`),
      ),
    },
    {
      name: "what the policy allows",
      project: volumes(bind(`${ROOT}/a`), bind(`${ROOT}/a/b`)),
      allowed: { nestedMounts: true },
    },
  ],
  "volume-drivers": [
    {
      name: "another driver",
      project: volume({}, { driver: "rclone" }),
      refused: ['volumes.v.driver: the driver "rclone" is not allowed'],
    },
    {
      name: "those of the list",
      project: volume({ x: "y" }, { driver: "rclone" }),
      allowed: { volumeDrivers: ["rclone"] },
    },
    { name: "the engine's own", project: { volumes: { v: null, w: { driver: "local" } } } },
  ],
  "file-systems": [
    {
      name: "a disk, a share, and layers of the host",
      project: {
        volumes: {
          a: { name: "shop_a", driver_opts: { type: "ext4", device: "/dev/sda1" } },
          b: { name: "shop_b", driver_opts: { type: "nfs", o: "addr=10.0.0.1", device: ":/x" } },
          c: {
            name: "shop_c",
            driver_opts: { type: "overlay", o: "lowerdir=/,upperdir=/x,workdir=/y", device: "overlay" },
          },
          d: { name: "shop_d", driver_opts: { device: "/etc" } },
        },
      },
      refused: [
        'volumes.a.driver_opts: mounting a file system of type "ext4" is not allowed',
        'volumes.b.driver_opts: mounting a file system of type "nfs" is not allowed',
        'volumes.c.driver_opts: mounting a file system of type "overlay" is not allowed',
        'volumes.d.driver_opts: mounting a file system of type "none" is not allowed',
      ],
    },
    {
      name: "memory, and those of the list",
      project: {
        volumes: {
          a: { driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=1m" } },
          b: { driver_opts: { type: "nfs", o: "addr=x" } },
        },
      },
      allowed: { fileSystems: ["tmpfs", "nfs"] },
    },
  ],
  "external-volumes": [
    {
      name: "a volume of somebody else, said or not",
      project: { volumes: { a: { external: true, name: "db_data" }, b: { name: "db_data" } } },
      refused: [
        'volumes.a: the volume "db_data" is not the project\'s own',
        'volumes.b: the volume "db_data" is not the project\'s own',
      ],
    },
    {
      name: "the project's own, and those of the list",
      project: { volumes: { a: { name: "shop_a" }, b: { external: true, name: "shared-x" } } },
      allowed: { externalVolumes: ["shared-*"] },
    },
  ],
  "external-networks": [
    {
      name: "a network of somebody else, said or not, and the one that all share",
      project: {
        services: {
          web: { network_mode: "other_default" },
          db: { network_mode: "bridge" },
          c: { network_mode: "default" },
        },
        networks: { a: { external: true, name: "proxy" }, default: { name: "other_default" } },
      },
      refused: [
        'networks.a: the network "proxy" is not the project\'s own',
        'networks.default: the network "other_default" is not the project\'s own',
        'services.web.network_mode: the network "other_default" is not the project\'s own',
        'services.db.network_mode: the network "bridge" is not the project\'s own',
        'services.c.network_mode: the network "default" is not the project\'s own',
      ],
    },
    {
      name: "the project's own, none, and those of the list",
      project: {
        services: { web: { network_mode: "none" }, db: { network_mode: "service:web" } },
        networks: { a: { name: "shop_a" }, b: { external: true, name: "proxy" } },
      },
      allowed: { externalNetworks: ["proxy"] },
    },
  ],
  "network-drivers": [
    {
      name: "drivers that leave the host's bridges",
      project: network({ driver: "macvlan", driver_opts: { parent: "eth0" }, ipam: { driver: "dhcp" } }),
      refused: [
        'networks.n.driver: the driver "macvlan" is not allowed',
        'networks.n.ipam.driver: the driver "dhcp" is not allowed',
      ],
    },
    {
      name: "those of the list",
      project: network({ driver: "ipvlan", ipam: { driver: "default" } }),
      allowed: { networkDrivers: ["ipvlan"] },
    },
    {
      name: "the engine's own, and what is external",
      project: {
        networks: { a: { name: "shop_a" }, b: null, c: { external: true, name: "x", driver: "y" } },
      },
    },
  ],
  "network-options": [
    {
      name: "options of the network and of the service on it",
      project: web(
        { networks: { n: { driver_opts: { "com.docker.network.endpoint.sysctls": "x" } } } },
        network({
          driver_opts: { "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected" },
          ipam: { options: { x: "y" } },
        }),
      ),
      refused: [
        'networks.n.driver_opts: the option "com.docker.network.bridge.gateway_mode_ipv4" is not allowed',
        'networks.n.ipam.options: the option "x" is not allowed',
        'services.web.networks.n.driver_opts: the option "com.docker.network.endpoint.sysctls" is not allowed',
      ],
    },
    {
      name: "the largest packet",
      project: network({ driver_opts: { "com.docker.network.driver.mtu": "1400" } }),
    },
  ],
  subnets: [
    {
      name: "a subnet of one's choice",
      project: network({ ipam: { config: [{ subnet: "8.8.8.0/24" }, { subnet: "fd00::/8" }] } }),
      refused: [
        'networks.n.ipam.config: the subnet "8.8.8.0/24" is not in an allowed range',
        'networks.n.ipam.config: the subnet "fd00::/8" is not in an allowed range',
      ],
    },
    {
      name: "one that holds more than the range",
      project: network({ ipam: { config: [{ subnet: "172.30.0.0/15" }, { subnet: "172.30.4.0/24" }] } }),
      allowed: { subnets: ["172.30.0.0/16"] },
      refused: ['networks.n.ipam.config: the subnet "172.30.0.0/15" is not in an allowed range'],
    },
    { name: "none", project: network({ ipam: { driver: "default" } }) },
  ],
  ports: [
    {
      name: "a port outside the range, and a range that leaves it",
      project: web({
        ports: [
          { target: 80, published: "80", host_ip: "127.0.0.1" },
          { target: 81, published: "1000-2000", host_ip: "127.0.0.1" },
        ],
      }),
      refused: [
        "services.web.ports: port 80 is not in an allowed range",
        "services.web.ports: port 1000-2000 is not in an allowed range",
      ],
    },
    {
      name: "any port, where none is allowed",
      project: web({ ports: [{ target: 80, host_ip: "127.0.0.1" }] }),
      allowed: { ports: [] },
      refused: ["services.web.ports: publishing ports is not allowed (80)"],
    },
    {
      name: "what cannot be read",
      project: web({ ports: ["127.0.0.1:8080:80"] }),
      refused: ['services.web.ports: "127.0.0.1:8080:80" cannot be judged'],
    },
    {
      name: "ports of the range, and one that the engine chooses",
      project: web({
        ports: [
          { target: 80, published: "8080", host_ip: "127.0.0.1" },
          { target: 81, host_ip: "::1" },
        ],
      }),
    },
    { name: "a port of a list", project: port({ published: "443" }), allowed: { ports: ["80", "443"] } },
  ],
  "port-addresses": [
    {
      name: "every address, another address, and a name",
      project: web({
        ports: [
          { target: 80, published: "8080" },
          { target: 81, published: "8081", host_ip: "0.0.0.0" },
          { target: 82, published: "8082", host_ip: "localhost" },
          { target: 83, host_ip: "::" },
        ],
      }),
      refused: [
        "services.web.ports: port 8080 may not be published on every address of the host",
        'services.web.ports: port 8081 may not be published on the address "0.0.0.0"',
        'services.web.ports: port 8082 may not be published on the address "localhost"',
        'services.web.ports: port 83 may not be published on the address "::"',
      ],
    },
    {
      name: "this host alone",
      project: web({
        ports: [
          { target: 80, published: "8080", host_ip: "127.0.0.2" },
          { target: 81, published: "8081", host_ip: "[::1]" },
        ],
      }),
    },
    {
      name: "everywhere, where the policy says so",
      project: port({ published: "8080" }),
      allowed: { portAddresses: ["*"] },
    },
  ],
  images: [
    {
      name: "images from elsewhere, in each of the places that can name one",
      project: web({
        image: "nginx:1",
        volumes: [{ type: "image", source: "evil.com/ghcr.io/acme/x", target: "/x" }],
        build: { context: ROOT, additional_contexts: { base: "docker-image://alpine" } },
        pre_start: [{ image: "busybox" }],
      }),
      allowed: { images: ["ghcr.io/acme"] },
      refused: [
        'services.web.image: "nginx:1" is not from an allowed registry',
        'services.web.volumes: "evil.com/ghcr.io/acme/x" is not from an allowed registry',
        'services.web.pre_start: "busybox" is not from an allowed registry',
        'services.web.build.additional_contexts.base: "docker-image://alpine" is not from an allowed registry'.replace(
          "docker-image://",
          "",
        ),
      ],
    },
    {
      name: "an image by its id",
      project: { services: { web: { image: `sha256:${"a".repeat(64)}` }, db: { image: "cafe42" } } },
      allowed: { images: ["docker.io"] },
      refused: [
        `services.web.image: "sha256:${"a".repeat(64)}" reads as the id of an image`,
        'services.db.image: "cafe42" reads as the id of an image',
      ],
    },
    {
      name: "those of the list",
      project: {
        services: {
          web: { image: "ghcr.io/acme/shop:1" },
          db: { image: "postgres:17" },
          c: { image: `GHCR.io/acme/x${DIGEST}` },
          d: { build: { context: ROOT }, image: "shop/web:1" },
        },
      },
      allowed: { images: ["ghcr.io/acme", "docker.io/library"] },
    },
    { name: "any, where the policy does not ask", project: web({ image: "nginx" }) },
  ],
  "image-digests": [
    {
      name: "an image without a digest, or with half of one",
      project: { services: { web: { image: "nginx:1" }, db: { image: "nginx@sha256:abc" } } },
      allowed: { imageDigests: true },
      refused: [
        'services.web.image: "nginx:1" is not pinned by its digest (@sha256:...)',
        'services.db.image: "nginx@sha256:abc" is not pinned by its digest (@sha256:...)',
      ],
    },
    {
      name: "a build that takes another's name",
      project: built({}, { image: "nginx:1" }),
      allowed: { imageDigests: true },
      refused: ['services.web.image: "nginx:1" is not pinned by its digest (@sha256:...)'],
    },
    {
      name: "a pinned image, and the project's own build",
      project: {
        services: {
          web: { image: `nginx:1${DIGEST}` },
          db: { build: { context: ROOT }, image: "shop/db" },
          c: { build: { context: ROOT } },
        },
      },
      allowed: { imageDigests: true },
    },
  ],
  builds: [
    {
      name: "a build",
      project: built({}),
      allowed: { builds: false },
      refused: ["services.web.build: building images is not allowed"],
    },
    { name: "a build, as a rule", project: built({}) },
  ],
  "build-images": [
    {
      name: "names of others",
      project: built({ tags: ["nginx:1", "shop/x"] }, { image: "other/web" }),
      refused: [
        'services.web.image: a build may not give the name "other/web"; its own are "shop/..."',
        'services.web.build.tags: a build may not give the name "nginx:1"; its own are "shop/..."',
      ],
    },
    {
      name: "that of a project with a longer name",
      project: built({}, { image: "shop-two-web" }),
      refused: ['services.web.image: a build may not give the name "shop-two-web"; its own are "shop/..."'],
    },
    {
      name: "its own, and those of the list",
      project: {
        services: {
          web: { build: { context: ROOT }, image: "shop-web:2" },
          db: { build: { context: ROOT }, image: "ghcr.io/acme/db" },
        },
      },
      allowed: { buildImages: ["ghcr.io/acme"] },
    },
    { name: "an image that is not built", project: web({ image: "nginx" }) },
  ],
  "build-contexts": [
    {
      name: "contexts elsewhere",
      project: built({
        context: "https://github.com/a/b.git",
        additional_contexts: { x: "git@github.com:a/b.git" },
      }),
      refused: [
        'services.web.build.context: the context "https://github.com/a/b.git" is not in the repository',
        'services.web.build.additional_contexts.x: the context "git@github.com:a/b.git" is not in the repository',
      ],
    },
    {
      name: "the repository's own, an image's, a service's, and those of the list",
      project: built({
        additional_contexts: {
          a: "docker-image://x",
          b: "service:db",
          c: `oci-layout://${ROOT}/x`,
          d: "https://git.example.com/a.git",
        },
      }),
      allowed: { buildContexts: ["https://git.example.com/*"] },
    },
  ],
  "build-host-access": [
    {
      name: "a build that reaches the host",
      project: built({
        network: "host",
        privileged: true,
        entitlements: ["security.insecure"],
        ssh: ["default"],
        cache_to: ["type=registry,ref=x"],
      }),
      refused: [
        'services.web.build.network: "host" is not allowed for builds',
        "services.web.build.privileged: privileged builds are not allowed",
        "services.web.build.entitlements: entitlements are not allowed",
        "services.web.build.ssh: SSH keys and agents are not allowed for builds",
        "services.web.build.cache_to: storing a build's cache is not allowed",
      ],
    },
    { name: "one that does not", project: built({ network: "none", cache_from: ["x"], args: { A: "1" } }) },
    {
      name: "what the policy allows",
      project: built({ network: "host" }),
      allowed: { buildHostAccess: true },
    },
  ],
  "unknown-fields": [
    {
      name: "fields that nobody has looked at, wherever they are",
      project: {
        services: {
          web: {
            image: "x",
            host_root: true,
            build: { context: ROOT, run_on_host: true },
            volumes: [{ type: "portal", target: "/x" }, bind(`${ROOT}/x`, { bind: { escape: true } })],
          },
        },
        networks: { n: { name: "shop_n", tunnel: "x" } },
        gateways: {},
      },
      refused: [
        "services.web.host_root: this version of ConOps does not know it, and cannot judge it",
        "services.web.build.run_on_host: this version of ConOps does not know it, and cannot judge it",
        "services.web.volumes[1].bind.escape: this version of ConOps does not know it, and cannot judge it",
        "networks.n.tunnel: this version of ConOps does not know it, and cannot judge it",
        "gateways: this version of ConOps does not know it, and cannot judge it",
        "services.web.volumes[0].type: this version of ConOps does not know it, and cannot judge it",
      ],
    },
    {
      name: "extensions, which mean nothing",
      project: web({ image: "x", "x-anything": { a: 1 } }, { "x-more": [1] }),
    },
    { name: "what the policy allows", project: web({ new_field: 1 }), allowed: { unknownFields: true } },
  ],
};

describe("the rules of a policy", () => {
  it("each have rows in this table", () => {
    expect(Object.keys(CASES).toSorted()).to.deep.equal(POLICY_RULES.map(({ name }) => name).toSorted());
  });

  for (const [rule, cases] of Object.entries(CASES)) {
    describe(rule, () => {
      for (const { name, project, allowed, places, refused = [] } of cases) {
        it(`${refused.length === 0 ? "allows" : "refuses"} ${name}`, () => {
          const found = judge(project, allowed, places).filter((violation) => violation.rule === rule);

          expect(told(found)).to.deep.equal(refused.map((what) => `${rule}: ${what}`));
        });
      }
    });
  }

  it("refuse nothing of all this where everything is allowed", () => {
    const found = Object.values(CASES).flatMap((cases) =>
      cases.flatMap(({ project, places }) => told(judge(project, {}, places, EVERYTHING))),
    );

    expect(found).to.deep.equal([]);
  });
});
