import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Allowed } from "../../../controller/api/policy.ts";
import { restrictedPolicy } from "../../../controller/api/policy-schema.ts";
import { RenderError } from "../../../controller/compose/refusal.ts";
import { createMask } from "../../../controller/lib/mask.ts";
import type { HostFacts } from "../../../controller/policy/input.ts";
import { createSandbox, IMAGE, type Sandbox, sleeper, variable, yaml } from "./sandbox.ts";

type Project = Readonly<Record<string, unknown>>;

/** One attack as its author would commit it: what Compose makes of it is judged. */
interface Attack {
  readonly name: string;
  readonly service?: Readonly<Record<string, unknown>>;
  readonly top?: Project;
  readonly files?: Readonly<Record<string, string>>;
  readonly allowed?: Partial<Allowed>;
  /** `rule field` of every violation, sorted. */
  readonly refused: readonly string[];
}

const volume = (options: object): Pick<Attack, "service" | "top"> => ({
  service: { volumes: ["vol:/v"] },
  top: { volumes: { vol: options } },
});
const anyHostPath: Partial<Allowed> = { hostPaths: [{ path: "/", readOnly: false }] };
const BUILD = { Dockerfile: `FROM ${IMAGE}\n` };

const ATTACKS: readonly Attack[] = [
  { name: "nothing", refused: [] },
  {
    name: "a privileged container",
    service: { privileged: true },
    refused: ["privileged services.a.privileged"],
  },
  {
    name: "a privileged hook",
    service: { post_start: [{ command: "true", privileged: true }], pre_stop: [{ command: "true" }] },
    refused: ["privileged services.a.post_start[0].privileged"],
  },
  ...(["network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"] as const).map((field) => ({
    name: `the host's ${field}`,
    service: { [field]: "host" },
    refused: [`host-namespaces services.a.${field}`],
  })),
  {
    name: "the host's network by a network of that name",
    service: { networks: ["h"] },
    top: { networks: { h: { external: true, name: "host" } } },
    refused: ["external-networks networks.h", "host-namespaces networks.h"],
  },
  ...(["network_mode", "pid", "ipc"] as const).map((field) => ({
    name: `another container's ${field}`,
    service: { [field]: "container:x" },
    refused: [`other-containers services.a.${field}`],
  })),
  {
    name: "another container's volumes, and links",
    service: { volumes_from: ["container:x"], external_links: ["x:y"] },
    refused: ["other-containers services.a.external_links", "other-containers services.a.volumes_from"],
  },
  { name: "capabilities", service: { cap_add: ["SYS_ADMIN"] }, refused: ["capabilities services.a.cap_add"] },
  {
    name: "devices, GPUs, device numbers",
    service: {
      devices: ["/dev/kvm", "vendor.com/class=x"],
      device_cgroup_rules: ["c 1:1 rwm"],
      gpus: "all",
      deploy: { resources: { reservations: { devices: [{ capabilities: ["gpu"] }] } } },
    },
    refused: [
      "devices services.a.device_cgroup_rules",
      "devices services.a.devices",
      "devices services.a.devices",
      "gpus services.a.deploy.resources.reservations.devices",
      "gpus services.a.gpus",
    ],
  },
  {
    name: "protections taken away",
    service: { security_opt: ["seccomp:unconfined", "apparmor:unconfined", "no-new-privileges:false"] },
    refused: Array<string>(3).fill("security-options services.a.security_opt"),
  },
  {
    name: "a profile of its own",
    service: { security_opt: ["seccomp=p.json"] },
    files: { "p.json": "{}" },
    refused: ["security-options services.a.security_opt"],
  },
  {
    name: "credentials of the host",
    service: { credential_spec: { registry: "x" } },
    refused: ["security-options services.a.credential_spec"],
  },
  {
    name: "kernel parameters, cgroups, runtimes, annotations",
    service: {
      sysctls: ["net.core.somaxconn=1"],
      cgroup_parent: "/x",
      runtime: "x",
      isolation: "x",
      annotations: { a: "b" },
    },
    refused: [
      "annotations services.a.annotations",
      "cgroup-parent services.a.cgroup_parent",
      "runtimes services.a.isolation",
      "runtimes services.a.runtime",
      "sysctls services.a.sysctls",
    ],
  },
  {
    name: "precedence over others",
    service: { oom_score_adj: -1, oom_kill_disable: true, cpu_rt_runtime: 1000, ulimits: { rtprio: 9 } },
    refused: [
      "host-priority services.a.cpu_rt_runtime",
      "host-priority services.a.oom_kill_disable",
      "host-priority services.a.oom_score_adj",
      "host-priority services.a.ulimits.rtprio",
    ],
  },
  {
    name: "a container's name",
    service: { container_name: "xyz" },
    refused: ["container-names services.a.container_name"],
  },
  {
    name: "logs sent elsewhere",
    service: { logging: { driver: "syslog", options: { "syslog-address": "unix:///x" } } },
    refused: ["logging-drivers services.a.logging.driver"],
  },
  {
    name: "a model",
    service: { models: ["m"] },
    top: { models: { m: { model: "ai/x" } } },
    refused: ["models services.a.models"],
  },
  {
    name: "the socket",
    service: { volumes: ["/var/run/docker.sock:/s:ro"] },
    refused: ["docker-socket services.a.volumes"],
  },
  {
    name: "the socket by variables and dots",
    service: {
      volumes: [
        "${R:-/run}/../run/docker.sock:/s",
        { type: "bind", source: "/run", target: "/r", read_only: true },
      ],
    },
    allowed: anyHostPath,
    refused: ["docker-socket services.a.volumes", "docker-socket services.a.volumes"],
  },
  {
    name: "the socket by a process",
    service: { volumes: ["/proc/1/root/run:/r"] },
    allowed: anyHostPath,
    refused: ["docker-socket services.a.volumes"],
  },
  {
    name: "the socket by a volume",
    ...volume({ driver_opts: { type: "none", o: "bind", device: "/run/docker.sock" } }),
    refused: ["docker-socket volumes.vol.driver_opts"],
  },
  {
    name: "the socket by a volume of memory",
    ...volume({ driver_opts: { type: "tmpfs", o: "size=1m,bind", device: "/run" } }),
    refused: ["docker-socket volumes.vol.driver_opts", "host-paths volumes.vol.driver_opts"],
  },
  {
    name: "the logins of this machine",
    service: { use_api_socket: true },
    refused: ["no-logins-of-this-machine services.a.use_api_socket"],
  },
  {
    name: "a path of the host",
    service: { volumes: ["/etc:/e:ro"] },
    refused: ["host-paths services.a.volumes"],
  },
  {
    name: "a path of the host by ${PWD}",
    service: { volumes: ["${PWD}/../other:/e"] },
    refused: ["host-paths services.a.volumes"],
  },
  {
    name: "the home of whoever runs ConOps",
    service: { volumes: ["~/x:/e"] },
    refused: ["host-paths services.a.volumes"],
  },
  {
    name: "a mount that spreads",
    service: { volumes: [{ type: "bind", source: "./x", target: "/x", bind: { propagation: "rshared" } }] },
    refused: ["host-paths services.a.volumes"],
  },
  {
    name: "writing where reading is allowed",
    service: { volumes: ["/srv/x:/e", "/srv/y:/f:ro"] },
    allowed: { hostPaths: [{ path: "/srv", readOnly: true }] },
    refused: ["host-paths services.a.volumes"],
  },
  {
    name: "a mount within another",
    service: { volumes: ["./data:/d", "./data/x:/x"] },
    refused: ["nested-mounts services.a.volumes"],
  },
  {
    name: "a config within a mount",
    service: { volumes: [".:/d"], configs: ["c"] },
    top: { configs: { c: { file: "./c.conf" } } },
    files: { "c.conf": "c" },
    refused: ["nested-mounts configs.c.file"],
  },
  { name: "a plugin's volume", ...volume({ driver: "x" }), refused: ["volume-drivers volumes.vol.driver"] },
  {
    name: "a disk as a volume",
    ...volume({ driver_opts: { type: "ext4", device: "/dev/sda" } }),
    refused: ["file-systems volumes.vol.driver_opts"],
  },
  {
    name: "a volume of somebody else",
    ...volume({ external: true, name: "x" }),
    refused: ["external-volumes volumes.vol"],
  },
  {
    name: "a volume of somebody else, without saying so",
    ...volume({ name: "x" }),
    refused: ["external-volumes volumes.vol"],
  },
  {
    name: "a network of somebody else, without saying so",
    top: { networks: { default: { name: "x_default" } } },
    refused: ["external-networks networks.default"],
  },
  {
    name: "a network by its name",
    service: { network_mode: "x_default" },
    refused: ["external-networks services.a.network_mode"],
  },
  {
    name: "a network on the host's own",
    service: { networks: { n: { driver_opts: { x: "y" } } } },
    top: {
      networks: {
        n: {
          driver: "macvlan",
          driver_opts: { parent: "eth0" },
          ipam: { config: [{ subnet: "8.8.8.0/24" }] },
        },
      },
    },
    refused: [
      "network-drivers networks.n.driver",
      "network-options networks.n.driver_opts",
      "network-options services.a.networks.n.driver_opts",
      "subnets networks.n.ipam.config",
    ],
  },
  {
    name: "ports",
    service: {
      ports: [
        "80:80",
        "127.0.0.1:22:22",
        "8080:80",
        "127.0.0.1:9000-9001:90-91",
        "127.0.0.1::70",
        "[::1]:9002:90",
      ],
    },
    refused: [
      "port-addresses services.a.ports",
      "port-addresses services.a.ports",
      "ports services.a.ports",
      "ports services.a.ports",
    ],
  },
  {
    name: "an image from elsewhere",
    allowed: { images: ["ghcr.io/acme"], imageDigests: true },
    refused: ["image-digests services.a.image", "images services.a.image"],
  },
  {
    name: "an image as a mount",
    service: { volumes: [{ type: "image", source: "evil/x", target: "/x" }] },
    allowed: { images: [IMAGE.split(":")[0] ?? ""] },
    refused: ["images services.a.volumes"],
  },
  {
    name: "a build, where none is allowed",
    service: { build: ".", image: undefined },
    files: BUILD,
    allowed: { builds: false },
    refused: ["builds services.a.build"],
  },
  {
    name: "a build under another's name",
    service: { build: { context: ".", tags: ["nginx:1"] } },
    files: BUILD,
    refused: ["build-images services.a.build.tags", "build-images services.a.image"],
  },
  {
    name: "a build of elsewhere",
    service: {
      build: {
        context: "https://127.0.0.1:9/x.git",
        additional_contexts: { y: "https://127.0.0.1:9/y.tar" },
      },
      image: undefined,
    },
    refused: [
      "build-contexts services.a.build.additional_contexts.y",
      "build-contexts services.a.build.context",
    ],
  },
  {
    name: "a build that reaches the host",
    service: {
      build: {
        context: ".",
        network: "host",
        privileged: true,
        entitlements: ["network.host"],
        ssh: ["default"],
        cache_to: ["type=registry,ref=x"],
      },
      image: undefined,
    },
    files: BUILD,
    refused: ["network", "privileged", "entitlements", "ssh", "cache_to"]
      .map((field) => `build-host-access services.a.build.${field}`)
      .toSorted(),
  },
];

describe("what Compose renders, under a policy", () => {
  let sandbox: Sandbox;
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    sandbox = createSandbox();
    folder = mkdtempSync(join(tmpdir(), "conops-policy-"));
  });
  afterEach(async () => {
    server?.close();
    await sandbox.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const refusals = async (allowed: Partial<Allowed> = {}, host: Partial<HostFacts> = {}) => {
    const policy = {
      allowed: { ...restrictedPolicy().allowed, ...allowed },
      host: { dockerSockets: [], ownFolders: [sandbox.dataDir], ...host },
    };
    const error: unknown = await sandbox.render({ policy }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) return [];
    if (!(error instanceof RenderError) || error.violations.length === 0) throw error as Error;
    expect(error.terminal).to.equal(true);
    expect(error.message).to.include(error.violations[0]?.message ?? "");
    expect(error.message + JSON.stringify(error.violations)).not.to.include(sandbox.stagingDir);
    return error.violations.map(({ rule, field }) => `${rule} ${field}`).toSorted();
  };

  for (const { name, service = {}, top = {}, files = {}, allowed, refused } of ATTACKS) {
    it(`refuses ${name}`, async () => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper(service) }, ...top }), ...files });

      expect(await refusals(allowed)).to.deep.equal(refused);
    });
  }

  it("lists every violation, in every file and service, and tells the first with how many more there are", async () => {
    sandbox.write({
      "compose.yaml": yaml({
        include: ["lib.yaml"],
        services: { a: sleeper({ privileged: true }), b: sleeper({ extends: "a", pid: "host" }) },
      }),
      "lib.yaml": yaml({ services: { c: sleeper({ cap_add: ["ALL"] }) } }),
    });
    const { allowed } = restrictedPolicy();
    const error = await sandbox.refused({ policy: { allowed, host: { dockerSockets: [], ownFolders: [] } } });

    expect(error.message).to.equal(
      "Cannot use the Compose project: services.a.privileged: privileged containers are not allowed (rule privileged); and 3 more",
    );
    expect(error instanceof RenderError ? error.violations.map(({ service }) => service) : []).to.deep.equal([
      "a",
      "b",
      "b",
      "c",
    ]);
  });

  it("repeats no part of a value in what it lists, however long that is", async () => {
    const value = "hunter2-and-a-half";
    const { allowed } = restrictedPolicy();
    sandbox.write({
      "compose.yaml": yaml({
        services: {
          a: sleeper({ volumes: ["/srv/${PAD}${DB}:/x"], cap_add: ["${PAD}${DB}"], runtime: "${DB}" }),
        },
      }),
    });
    const said: string[] = [];
    for (const length of [10, 40, 250, 280, 300]) {
      const error = await sandbox.refused({
        policy: { allowed, host: { dockerSockets: [], ownFolders: [] } },
        env: [variable("PAD", "x".repeat(length)), variable("DB", value)],
        mask: createMask([value]),
      });
      said.push(error.message, JSON.stringify(error instanceof RenderError && error.violations));
    }

    expect(said.join("\n")).not.to.contain(value.slice(0, 5));
    expect(said.join("\n")).to.contain("x***");
  });

  it("sees through links on the host, to what is allowed and to what is not", async () => {
    for (const path of ["media/films", "secret"]) mkdirSync(join(folder, path), { recursive: true });
    symlinkSync(join(folder, "media"), join(folder, "library"));
    symlinkSync(join(folder, "secret"), join(folder, "media/way-out"));
    symlinkSync("/nowhere/at/all", join(folder, "media/lost"));
    const bind = async (path: string, listed: string): Promise<readonly string[]> => {
      sandbox.write({
        "compose.yaml": yaml({ services: { a: sleeper({ volumes: [`${join(folder, path)}:/x`] }) } }),
      });
      return refusals({ hostPaths: [{ path: join(folder, listed), readOnly: false }] });
    };

    expect(await bind("media/films", "media")).to.deep.equal([]);
    expect(await bind("library/films", "library")).to.deep.equal([]);
    expect(await bind("media/films", "library")).to.deep.equal([]);
    expect(await bind("media/new", "media")).to.deep.equal([]);
    for (const path of ["media/way-out", "media/way-out/x", "media/lost", "secret"]) {
      expect(await bind(path, "media"), path).to.deep.equal(["host-paths services.a.volumes"]);
    }
  });

  it("sees a link that a container has put into its own data, where the engine would follow it", async () => {
    const compose = yaml({ services: { a: sleeper({ volumes: ["./data/x:/x"] }) } });
    sandbox.write({ "compose.yaml": compose });
    expect(await refusals()).to.deep.equal([]);

    mkdirSync(join(sandbox.stableDir, "data"));
    symlinkSync("/", join(sandbox.stableDir, "data/x"));
    expect(await refusals()).to.deep.equal([
      "docker-socket services.a.volumes",
      "host-paths services.a.volumes",
    ]);
    expect(await refusals({ dockerSocket: true, hostPaths: [{ path: "/", readOnly: false }] })).to.deep.equal(
      [],
    );

    rmSync(join(sandbox.stableDir, "data/x"));
    mkdirSync(join(sandbox.stableDir, "other"));
    symlinkSync("../other", join(sandbox.stableDir, "data/x"));
    expect(await refusals()).to.deep.equal([]);
  });

  it("sees a name with a dollar sign as the engine will", async () => {
    symlinkSync("/etc", join(sandbox.stagingDir, "a$b"));
    sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ volumes: ["./a$$b:/x"] }) } }) });

    expect(await refusals()).to.deep.equal(["no-link-out-of-the-repository services.a.volumes"]);
  });

  it("knows the socket of the engine under whatever name, and in whatever folder above it", async () => {
    const socket = join(folder, "run/engine");
    mkdirSync(join(folder, "run"));
    server = createServer().listen(socket);
    await once(server, "listening");
    symlinkSync(socket, join(folder, "link"));
    const bind = async (path: string): Promise<readonly string[]> => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ volumes: [`${path}:/x`] }) } }) });
      return refusals({ hostPaths: [{ path: folder, readOnly: false }] }, { dockerSockets: [socket] });
    };

    for (const path of [socket, join(folder, "link"), join(folder, "run"), folder]) {
      expect(await bind(path), path).to.deep.equal(["docker-socket services.a.volumes"]);
    }
    writeFileSync(join(folder, "other"), "");
    expect(await bind(join(folder, "other"))).to.deep.equal([]);
  });

  it("keeps the folders of ConOps itself, however much of the host is allowed", async () => {
    sandbox.write({
      "compose.yaml": yaml({
        services: { a: sleeper({ volumes: [`${sandbox.dataDir}:/x`, `${sandbox.dataDir}/records:/y:ro`] }) },
      }),
    });

    expect(
      await refusals({ nestedMounts: true, hostPaths: [{ path: tmpdir(), readOnly: false }] }),
    ).to.deep.equal(["host-paths services.a.volumes", "host-paths services.a.volumes"]);
  });
});
