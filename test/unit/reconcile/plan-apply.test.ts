import { expect } from "chai";
import fc from "fast-check";
import type { Change } from "../../../controller/api/diff.ts";
import type { RenderedProject, RenderedService } from "../../../controller/compose/compose.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import { createMask } from "../../../controller/lib/mask.ts";
import type { ApplyInput } from "../../../controller/reconcile/apply-input.ts";
import { planApply } from "../../../controller/reconcile/plan-apply.ts";
import type { MadeService } from "../../../controller/status/record.ts";
import { observed } from "../../support/fake-host.ts";

type Services = Readonly<Record<string, RenderedService>>;

function projectOf(services: Services, more: Partial<RenderedProject> = {}): RenderedProject {
  return { name: "shop", services, ...more };
}

/** As Compose does it, as far as these tests go. */
function hashesOf({ services }: RenderedProject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { build: _b, pull_policy: _p, scale: _s, depends_on: _d, profiles: _f, ...hashed } = service;
      return [name, hashOf(hashed)];
    }),
  );
}

/** What runs when `project` was applied: one container for each service and replica. */
function runningOf(project: RenderedProject): readonly ObservedContainer[] {
  const hashes = hashesOf(project);
  return Object.entries(project.services).flatMap(([service, { image = "", scale = 1 }]) =>
    Array.from({ length: scale }, (_, index) =>
      observed({
        id: `${service}-${index + 1}`,
        name: `shop-${service}-${index + 1}`,
        service,
        number: index + 1,
        image,
        imageId: `sha256:${image}`,
        configHash: hashes[service] ?? "",
        attachments: Object.keys(project.services[service]?.["networks"] ?? {}).map((key) => {
          const network = project.networks?.[key]?.name ?? key;
          return { network, networkId: `id of ${network}`, aliases: [], special: false };
        }),
      }),
    ),
  );
}

function madeOf(containers: readonly ObservedContainer[]): Readonly<Record<string, MadeService>> {
  return Object.fromEntries(
    containers.map(({ service, configHash, image, imageId }) => [
      service,
      {
        configHash,
        image,
        imageId,
        containers: containers.filter((one) => one.service === service).map(({ id }) => id),
        gated: [],
      },
    ]),
  );
}

/** `before` was applied, and `now` is to be; the rest is as it was left, unless said otherwise. */
function input(before: RenderedProject, now: RenderedProject, extra: Partial<ApplyInput> = {}): ApplyInput {
  const containers = runningOf(before);
  const named = (section: "networks" | "volumes") =>
    Object.entries(before[section] ?? {}).map(([key, definition]) => {
      const name = definition?.name ?? key;
      return { id: `id of ${name}`, name };
    });
  return {
    project: now,
    hashes: hashesOf(now),
    containers,
    before: { projects: [before], services: madeOf(containers) },
    images: Object.fromEntries(
      Object.entries(now.services).map(([name, { image = "" }]) => [
        name,
        { name: image, id: `sha256:${image}`, open: false },
      ]),
    ),
    objects: { networks: named("networks"), volumes: named("volumes") },
    files: {},
    services: undefined,
    prune: true,
    mask: (text) => text,
    ...extra,
  };
}

function told(changes: readonly Change[]): readonly string[] {
  return changes.map(({ text }) => text);
}

const WEB: Services = { web: { image: "nginx:1.25" } };
const TWO: Services = {
  db: { image: "pg:1" },
  web: { image: "nginx:1.25", depends_on: { db: { condition: "service_started" } } },
};
const VPN: Services = {
  vpn: { image: "vpn:1" },
  web: {
    image: "nginx:1.25",
    network_mode: "service:vpn",
    depends_on: { vpn: { condition: "service_started", restart: true } },
  },
};

function changed(services: Services, name: string, change: Partial<RenderedService>): Services {
  return { ...services, [name]: { ...services[name], ...change } };
}

describe("planApply()", () => {
  const cases: readonly {
    readonly name: string;
    readonly before?: Services;
    readonly now?: Services;
    readonly of?: Partial<RenderedProject>;
    readonly will?: Partial<RenderedProject>;
    readonly extra?: (usual: ApplyInput) => Partial<ApplyInput>;
    readonly says: readonly string[];
  }[] = [
    { name: "says nothing where nothing changed", says: [] },
    {
      name: "creates what is not there",
      before: {},
      now: WEB,
      says: ['service "web" is created: it is not there'],
    },
    {
      name: "recreates for another image's name, and names old and new",
      now: changed(WEB, "web", { image: "nginx:1.26" }),
      says: [
        'service "web" is recreated: image "nginx:1.25" → "nginx:1.26", image "nginx:1.26" is another one: nginx:1.25 → nginx:1.26',
      ],
    },
    {
      name: "recreates for a variable, by its path",
      before: changed(WEB, "web", { environment: { TAG: "1", OLD: "x" } }),
      now: changed(WEB, "web", { environment: { TAG: "2", NEW: "y" } }),
      says: [
        'service "web" is recreated: environment.NEW "y" is new, environment.OLD "x" is gone, environment.TAG "1" → "2"',
      ],
    },
    {
      name: "names a mount and a port by their targets",
      before: changed(WEB, "web", {
        volumes: [{ type: "bind", source: "/a", target: "/data" }],
        ports: [{ mode: "ingress", target: 80, published: "8080", protocol: "tcp" }],
      }),
      now: changed(WEB, "web", {
        volumes: [{ type: "bind", source: "/b", target: "/data" }],
        ports: [{ mode: "ingress", target: 80, published: "8081", protocol: "tcp" }],
      }),
      says: [
        'service "web" is recreated: ports[80/tcp].published "8080" → "8081", volumes[/data].source "/a" → "/b"',
      ],
    },
    {
      name: "shows a list whose items have no name of their own whole",
      before: changed(WEB, "web", { command: ["a", "b"] }),
      now: changed(WEB, "web", { command: ["a", "c"] }),
      says: ['service "web" is recreated: command ["a","b"] → ["a","c"]'],
    },
    {
      name: "leaves a service alone whose fields changed that are in no hash",
      before: TWO,
      now: changed(TWO, "web", { depends_on: {}, profiles: ["x"], pull_policy: "always" }),
      says: [],
    },
    {
      name: "recreates for an image that is another one under the same name",
      extra: () => ({ images: { web: { name: "nginx:1.25", id: "sha256:0123456789abcdef", open: false } } }),
      says: ['service "web" is recreated: image "nginx:1.25" is another one: nginx:1.25 → 0123456789ab'],
    },
    {
      name: "says perhaps where the image is not known yet, and what is done for it",
      extra: () => ({
        images: {
          web: {
            name: "shop-web",
            id: "sha256:old",
            act: "build",
            why: "its Dockerfile changed",
            open: true,
          },
        },
      }),
      says: [
        'image "shop-web" is built: its Dockerfile changed',
        'service "web" may be recreated: what image "shop-web" will be is not known yet',
      ],
    },
    {
      name: "pulls an image once, however many services have it",
      before: {},
      now: { a: { image: "x:1" }, b: { image: "x:1" } },
      extra: () => {
        const image = {
          name: "x:1",
          id: undefined,
          act: "pull",
          why: "it is not on this host",
          open: true,
        } as const;
        return { images: { a: image, b: image } };
      },
      says: [
        'image "x:1" is pulled: it is not on this host',
        'service "a" is created: it is not there',
        'service "b" is created: it is not there',
      ],
    },
    {
      name: "recreates a container that was not made by the last sync",
      extra: ({ containers }) => ({
        containers: containers.map((one) => ({ ...one, configHash: "foreign" })),
      }),
      says: ['service "web" is recreated: its container was not made by the last sync'],
    },
    {
      name: "says so where the hash is another one and no field tells why",
      extra: () => ({ hashes: { web: "another version of Compose" } }),
      says: ['service "web" is recreated: Compose would configure it otherwise than its container is'],
    },
    {
      name: "goes by the record where Compose cannot tell the hash beforehand",
      before: changed(WEB, "web", { environment: { TAG: "1" } }),
      now: changed(WEB, "web", { environment: { TAG: "2" } }),
      extra: () => ({ hashes: {} }),
      says: ['service "web" is recreated: environment.TAG "1" → "2"'],
    },
    {
      name: "leaves what is as recorded where Compose cannot tell the hash beforehand",
      extra: () => ({ hashes: {} }),
      says: [],
    },
    {
      name: "starts what was stopped",
      extra: ({ containers }) => ({
        containers: containers.map((one) => ({ ...one, state: "exited", exitCode: 137 })),
      }),
      says: ['service "web" is started: it is stopped (exit 137)'],
    },
    {
      name: "starts what is paused",
      extra: ({ containers }) => ({ containers: containers.map((one) => ({ ...one, state: "paused" })) }),
      says: ['service "web" is started: it is paused'],
    },
    {
      name: "runs a one-shot again that has not completed",
      before: changed(WEB, "web", { labels: { "conops.dev/one-shot": "true" } }),
      now: changed(WEB, "web", { labels: { "conops.dev/one-shot": "true" } }),
      extra: ({ containers }) => ({ containers: containers.map((one) => ({ ...one, state: "exited" })) }),
      says: ['service "web" is run again: it ended, and this run of it is not recorded as completed'],
    },
    {
      name: "leaves out what `up` does not name",
      extra: () => ({ services: [], containers: [] }),
      says: [],
    },
    {
      name: "scales up",
      now: changed(WEB, "web", { scale: 3 }),
      says: ['service "web" is scaled to 3: 1 of 3 containers are there'],
    },
    {
      name: "scales down, from the highest number",
      before: changed(WEB, "web", { scale: 3 }),
      now: changed(WEB, "web", { scale: 1 }),
      says: ['service "web" is scaled to 1: 3 containers are there, and 1 wanted'],
    },
    {
      name: "removes a service that is gone from the file",
      before: { ...WEB, old: { image: "x:1" } },
      now: WEB,
      says: ['container "shop-old-1" is removed: there is no service "old"'],
    },
    {
      name: "leaves it without prune",
      before: { ...WEB, old: { image: "x:1" } },
      now: WEB,
      extra: () => ({ prune: false }),
      says: [],
    },
    {
      name: "removes an ended container of docker compose run, and leaves one that runs",
      extra: ({ containers }) => ({
        containers: [
          ...containers,
          observed({ id: "r1", name: "shop-web-run-1", oneOff: true, state: "exited" }),
          observed({ id: "r2", name: "shop-web-run-2", oneOff: true, state: "running" }),
        ],
      }),
      says: ['container "shop-web-run-1" is removed: it was made by docker compose run, and has ended'],
    },
    {
      name: "recreates who lives in the namespace of what is recreated",
      before: VPN,
      now: changed(VPN, "vpn", { environment: { A: "1" } }),
      says: [
        'service "vpn" is recreated: environment {"A":"1"} is new',
        'service "web" is recreated: it shares what service "vpn" has, which is recreated',
      ],
    },
    {
      name: "restarts who depends with restart: true on what is recreated",
      before: changed(TWO, "web", { depends_on: { db: { condition: "service_started", restart: true } } }),
      now: changed(
        changed(TWO, "web", { depends_on: { db: { condition: "service_started", restart: true } } }),
        "db",
        { environment: { A: "1" } },
      ),
      says: [
        'service "db" is recreated: environment {"A":"1"} is new',
        'service "web" is restarted: service "db", on which it depends with restart: true, is recreated',
      ],
    },
    {
      name: "leaves who depends without restart: true",
      before: TWO,
      now: changed(TWO, "db", { environment: { A: "1" } }),
      says: ['service "db" is recreated: environment {"A":"1"} is new'],
    },
    {
      name: "recreates for files, and names them",
      extra: () => ({ files: { web: { how: "recreate", files: ["conf/a.conf"] } } }),
      says: ['service "web" is recreated: "conf/a.conf" changed'],
    },
    {
      name: "restarts, or signals, for files where the service wants that",
      before: TWO,
      now: TWO,
      extra: () => ({ files: { web: { how: "restart", files: [] }, db: { how: "signal", files: ["a"] } } }),
      says: [
        'service "db" is signalled: "a" changed',
        'service "web" is restarted: files that it uses changed',
      ],
    },
    {
      name: "creates a network and a volume that are not there",
      before: {},
      now: changed(WEB, "web", { networks: { default: null } }),
      will: { networks: { default: { name: "shop_default" } }, volumes: { data: { name: "shop_data" } } },
      says: [
        'network "shop_default" is created: it is not there',
        'volume "shop_data" is created: it is not there',
        'service "web" is created: it is not there',
      ],
    },
    {
      name: "recreates who is in a network that is recreated because its definition changed",
      before: changed(TWO, "web", { networks: { front: null } }),
      now: changed(TWO, "web", { networks: { front: null } }),
      of: { networks: { front: { name: "shop_front" } } },
      will: { networks: { front: Object.assign({ name: "shop_front" }, { internal: true }) } },
      says: [
        'network "shop_front" is recreated: internal true is new',
        'service "web" is recreated: network "shop_front", in which it is, is recreated',
      ],
    },
    {
      name: "recreates a container that was taken off its network",
      before: changed(WEB, "web", { networks: { front: null } }),
      of: { networks: { front: { name: "shop_front" } } },
      extra: ({ containers }) => ({ containers: containers.map((one) => ({ ...one, attachments: [] })) }),
      says: ['service "web" is recreated: it is to be in network "shop_front" and is not'],
    },
    {
      name: "recreates a container whose network was removed and made anew while it was stopped",
      before: changed(WEB, "web", { networks: { front: null } }),
      of: { networks: { front: { name: "shop_front" } } },
      extra: ({ containers }) => ({
        containers: containers.map((one) => ({ ...one, state: "exited" })),
        objects: { networks: [{ id: "another", name: "shop_front" }], volumes: [] },
      }),
      says: ['service "web" is recreated: it is to be in network "shop_front" and is not'],
    },
    {
      name: "says nothing of networks that the engine did not show",
      before: changed(WEB, "web", { networks: { front: null } }),
      of: { networks: { front: { name: "shop_front" } } },
      extra: ({ containers }) => ({
        containers: containers.map((one) => ({ ...one, attachments: [], shape: "" })),
      }),
      says: [],
    },
    {
      name: "leaves external networks and volumes alone",
      before: {},
      now: {},
      will: {
        networks: { default: { name: "x", external: true } },
        volumes: { data: { name: "y", external: true } },
      },
      says: [],
    },
    {
      name: "recreates a container that has another volume than it should",
      before: changed(WEB, "web", { volumes: [{ type: "volume", source: "data", target: "/data" }] }),
      now: changed(WEB, "web", { volumes: [{ type: "volume", source: "data", target: "/data" }] }),
      of: { volumes: { data: { name: "shop_data" } } },
      will: { volumes: { data: { name: "shop_data" } } },
      says: ['service "web" is recreated: it is to have volume "shop_data" and has not'],
    },
  ];
  for (const { name, before = WEB, now = before, of, will, extra, says } of cases) {
    it(name, () => {
      const usual = input(projectOf(before, of), projectOf(now, will ?? of));

      const { changes } = planApply({ ...usual, ...extra?.(usual) });

      expect(told(changes)).to.deep.equal(says);
    });
  }

  it("says what is done to each container", () => {
    const before = projectOf(changed(WEB, "web", { scale: 3 }));
    const usual = input(before, projectOf(changed(WEB, "web", { scale: 2 })));
    const [first, second, third] = usual.containers;

    const { services } = planApply({
      ...usual,
      containers: [third, { ...first, configHash: "by hand" }, second].filter(
        (one) => one !== undefined,
      ) as ObservedContainer[],
    });

    // What is not as it should be is removed first, then the highest number.
    expect(services[0]?.containers.map(({ container, act }) => [container.id, act])).to.deep.equal([
      ["web-2", "keep"],
      ["web-3", "keep"],
      ["web-1", "remove"],
    ]);
  });

  it("tells of a volume whose definition changed that it stays", () => {
    const volumes = (size: string) => ({ volumes: { data: { name: "shop_data", driver_opts: { size } } } });

    const { changes, notes } = planApply(input(projectOf(WEB, volumes("1")), projectOf(WEB, volumes("2"))));

    expect(changes).to.deep.equal([]);
    expect(notes).to.deep.equal([
      'volume "shop_data" stays as it is, though its definition changed: driver_opts.size "1" → "2"',
    ]);
  });

  it("masks old and new values, and still says that they changed", () => {
    const before = projectOf(
      changed(WEB, "web", {
        environment: { PASSWORD: "correct-horse" },
        command: ["x", "--key=correct-horse"],
      }),
    );
    const now = projectOf(
      changed(WEB, "web", {
        environment: { PASSWORD: "battery-staple" },
        command: ["x", "--key=battery-staple"],
      }),
    );
    const mask = createMask(["correct-horse", "battery-staple"]);

    const { changes } = planApply(input(before, now, { mask }));

    expect(JSON.stringify(changes)).to.not.match(/horse|staple|correct|battery/);
    expect(told(changes)).to.deep.equal([
      'service "web" is recreated: command changed (["x","--key=***"]), environment.PASSWORD changed (***)',
    ]);
  });
});

describe("planApply(), whatever the projects", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const service = fc.record(
    {
      image: fc.constantFrom("x:1", "x:2"),
      environment: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2", "$$x")),
      scale: fc.integer({ min: 0, max: 3 }),
      command: fc.array(fc.constantFrom("p", "q"), { maxLength: 2 }),
      labels: fc.constant({ "conops.dev/one-shot": "true" }),
      restart: fc.constantFrom("always", "no"),
    },
    { requiredKeys: ["image"] },
  );
  const services = fc.dictionary(name, service) as fc.Arbitrary<Services>;
  const states = fc.array(fc.constantFrom("running", "exited", "paused", "created", "dead", "restarting"), {
    minLength: 12,
    maxLength: 12,
  }) as fc.Arbitrary<ObservedContainer["state"][]>;

  it("has nothing to do where what is wanted runs", () => {
    fc.assert(
      fc.property(services, (some) => {
        const project = projectOf(some);

        expect(planApply(input(project, project)).changes).to.deep.equal([]);
      }),
    );
  });

  it("does not depend on the order of anything", () => {
    fc.assert(
      fc.property(services, services, states, fc.boolean(), (before, now, all, prune) => {
        const usual = input(projectOf(before), projectOf(now), { prune });
        const containers = usual.containers.map((one, index) => ({ ...one, state: all[index] ?? "running" }));
        const turned = (some: Services): Services => Object.fromEntries(Object.entries(some).toReversed());

        const one = planApply({ ...usual, containers });
        const other = planApply({
          ...usual,
          project: projectOf(turned(now)),
          containers: containers.toReversed(),
        });

        expect(other.changes).to.deep.equal(one.changes);
      }),
    );
  });

  it("gives every change a reason, and tells exactly those containers to which something is done", () => {
    fc.assert(
      fc.property(services, services, states, (before, now, all) => {
        const usual = input(projectOf(before), projectOf(now));
        const containers = usual.containers.map((one, index) => ({ ...one, state: all[index] ?? "running" }));

        const plan = planApply({ ...usual, containers });

        for (const change of plan.changes) {
          expect(change.reasons.length, change.text).to.be.greaterThan(0);
          for (const { text } of change.reasons) expect(text).to.not.equal("");
        }
        const touched = plan.services.flatMap((planned) =>
          planned.containers.filter(({ act }) => act !== "keep").map(({ container }) => container.name),
        );
        const named = plan.changes.flatMap(({ containers: names = [] }) => names);
        expect(named.toSorted()).to.deep.equal(
          [...touched, ...plan.orphans.map((orphan) => orphan.name)].toSorted(),
        );
      }),
    );
  });

  it("comes to the wanted number of containers", () => {
    fc.assert(
      fc.property(services, services, (before, now) => {
        const plan = planApply(input(projectOf(before), projectOf(now)));

        for (const {
          service: { name: of, replicas },
          containers,
          created,
        } of plan.services) {
          const left = containers.filter(({ act }) => act !== "remove").length;
          expect(left + created, of).to.equal(replicas);
        }
      }),
    );
  });
});
