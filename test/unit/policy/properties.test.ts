import { expect } from "chai";
import fc from "fast-check";
import { EVERYTHING, judge, ROOT, told, web } from "../../support/policy.ts";

/** Every field of a service that Compose knows, with one value that asks nothing of the host. */
const HARMLESS: Readonly<Record<string, unknown>> = {
  annotations: {},
  attach: true,
  blkio_config: { weight: 10 },
  build: { context: ROOT, dockerfile: "Dockerfile", args: { A: "1" }, target: "x" },
  cap_drop: ["ALL"],
  cgroup: "private",
  command: ["a"],
  configs: [{ source: "c", target: "/c" }],
  cpus: 1,
  depends_on: { db: { condition: "service_started", required: true } },
  deploy: { replicas: 2, resources: { limits: { memory: "1" } } },
  dns: ["1.1.1.1"],
  entrypoint: null,
  environment: { A: "1" },
  expose: ["80"],
  extra_hosts: ["a=1.2.3.4"],
  group_add: ["1"],
  healthcheck: { test: ["CMD", "true"] },
  hostname: "x",
  image: "shop/web:1",
  init: true,
  ipc: "private",
  labels: { a: "b" },
  logging: { driver: "json-file" },
  mem_limit: "1",
  networks: { default: null },
  pids_limit: 10,
  platform: "linux/amd64",
  ports: [{ mode: "ingress", target: 80, published: "8080", protocol: "tcp", host_ip: "127.0.0.1" }],
  post_start: [{ command: ["a"], user: "x" }],
  profiles: ["a"],
  pull_policy: "always",
  read_only: true,
  restart: "always",
  security_opt: ["no-new-privileges:true"],
  shm_size: "1",
  stop_grace_period: "1s",
  stop_signal: "SIGINT",
  tmpfs: ["/tmp"],
  tty: true,
  ulimits: { nofile: { soft: 1, hard: 2 } },
  user: "1000",
  volumes: [
    { type: "volume", source: "v", target: "/v", volume: {} },
    { type: "bind", source: `${ROOT}/x`, target: "/x", bind: { create_host_path: true } },
    { type: "tmpfs", target: "/t" },
  ],
  working_dir: "/x",
};

/** The same under other names: any of these must be seen. */
const DANGEROUS: Readonly<Record<string, unknown>> = {
  privileged: true,
  network_mode: "host",
  pid: "host",
  ipc: "host",
  uts: "host",
  userns_mode: "host",
  cgroup: "host",
  cap_add: ["ALL"],
  devices: [{ source: "/dev/mem", target: "/dev/mem" }],
  device_cgroup_rules: ["a *:* rwm"],
  gpus: [{ count: 1 }],
  security_opt: ["seccomp=unconfined"],
  sysctls: { "kernel.x": "1" },
  cgroup_parent: "/x",
  runtime: "x",
  oom_kill_disable: true,
  container_name: "x",
  volumes_from: ["container:x"],
  use_api_socket: true,
  provider: { type: "x" },
  credential_spec: { registry: "x" },
  external_links: ["x"],
  models: { m: null },
  volumes: [{ type: "bind", source: "/", target: "/x" }],
};

const fields = (known: Readonly<Record<string, unknown>>) =>
  fc.subarray(Object.keys(known)).map((keys) => Object.fromEntries(keys.map((key) => [key, known[key]])));

describe("restricted", () => {
  it("refuses no service that asks nothing of the host, however much it says", () => {
    fc.assert(
      fc.property(fields(HARMLESS), (service) => {
        expect(told(judge(web(service, { volumes: { v: { name: "shop_v" } } })))).to.deep.equal([]);
      }),
    );
  });

  it("refuses whatever field it does not know, wherever it stands in a service", () => {
    const name = fc.stringMatching(/^[a-z_]{1,12}$/).filter((word) => !Object.hasOwn(Object.prototype, word));
    const known = new Set([...Object.keys(HARMLESS), ...Object.keys(DANGEROUS)]);
    const others =
      "cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset".split(" ");
    const others2 =
      "develop dns_opt dns_search domainname env_file isolation label_file links mac_address mem_reservation mem_swappiness memswap_limit oom_score_adj pre_start pre_stop pull_refresh_after scale stdin_open storage_opt".split(
        " ",
      );
    fc.assert(
      fc.property(fields(HARMLESS), name, fc.jsonValue(), (service, field, value) => {
        fc.pre(!known.has(field) && !others.includes(field) && !others2.includes(field));
        const found = judge(web({ ...service, [field]: value }, { volumes: { v: { name: "shop_v" } } }));

        expect(found.map((violation) => violation.field)).to.deep.equal([`services.web.${field}`]);
      }),
    );
  });

  it("refuses a dangerous field among whatever else is asked for", () => {
    fc.assert(
      fc.property(
        fields(HARMLESS),
        fc.constantFrom(...Object.keys(DANGEROUS)),
        fields(DANGEROUS),
        (harmless, field, dangerous) => {
          const service = { ...harmless, ...dangerous, [field]: DANGEROUS[field] };
          const found = judge(web(service)).filter(
            (violation) => violation.field === `services.web.${field}`,
          );

          expect(found.length).to.be.greaterThan(0);
        },
      ),
    );
  });

  it("judges whatever stands in the place of a value, and names the field in one line", () => {
    const any = fc.jsonValue({ maxDepth: 4 });
    const service = fc.dictionary(fc.constantFrom(...Object.keys(HARMLESS), ...Object.keys(DANGEROUS)), any);
    const sections = fc.record(
      {
        networks: fc.dictionary(fc.constantFrom("a", "b"), any),
        volumes: fc.dictionary(fc.constantFrom("v", "w"), any),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(service, sections, fc.boolean(), (web1, more, isDefault) => {
        for (const { field, message } of judge(web(web1, more), {}, {}, ...(isDefault ? [EVERYTHING] : []))) {
          expect(message.startsWith(field)).to.equal(true);
          expect(message).not.to.match(/[\n\r]/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("finds the same in whatever order services and fields come", () => {
    fc.assert(
      fc.property(fields(DANGEROUS), fields(HARMLESS), (dangerous, harmless) => {
        const entries = Object.entries({ ...harmless, ...dangerous });
        const turned = Object.fromEntries(entries.toReversed());

        expect(told(judge(web(turned))).toSorted()).to.deep.equal(
          told(judge(web(Object.fromEntries(entries)))).toSorted(),
        );
      }),
    );
  });
});
