import { expect } from "chai";
import type { ObservedContainer, ProjectObjects } from "../../../controller/docker/docker.ts";
import { desiredServices, type DesiredVolume } from "../../../controller/reconcile/desired.ts";
import { judgeObjects } from "../../../controller/reconcile/judge-objects.ts";
import { whyVolumeChanged } from "../../../controller/reconcile/stalled.ts";
import { plan } from "../../../controller/reconcile/plan.ts";
import { servicesOnRedefined, servicesWithoutNames } from "../../../controller/reconcile/service-networks.ts";
import type { MadeObjects } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const attached = (patch: Partial<ObservedContainer> = {}): ObservedContainer =>
  fakeContainer("a", {
    attachments: [{ network: "shop_default", networkId: "n1", aliases: ["web"], special: false }],
    ...patch,
  });

const LABELS = { project: "shop", configHash: "h", composeVersion: "2.40.3" };
const network = (patch: object = {}) => ({ ...LABELS, id: "n1", name: "shop_default", ...patch });
const volume = (patch: object = {}) => ({
  ...LABELS,
  name: "shop_db",
  driver: "local",
  options: {} as Readonly<Record<string, string>>,
  ...patch,
});
const MADE: MadeObjects = {
  networks: { shop_default: { id: "n1", configHash: "h", composeVersion: "2.40.3" } },
  volumes: { shop_db: { configHash: "h", composeVersion: "2.40.3" } },
};
const WANTED: DesiredVolume = { name: "shop_db", options: {} };
const NFS = { type: "nfs", o: "addr=10.1.0.1,password=hunter2" };

interface Case {
  readonly name: string;
  readonly now?: Partial<ProjectObjects> | undefined;
  readonly made?: MadeObjects | undefined;
  readonly wanted?: Partial<DesiredVolume>;
  readonly container?: Partial<ObservedContainer>;
  readonly found: readonly string[];
}

const cases: readonly Case[] = [
  { name: "nothing where all is as it was made", found: [] },
  {
    name: "nothing while networks and volumes are not known",
    now: undefined,
    wanted: { driver: "nfs" },
    found: [],
  },
  {
    name: "nothing by a record that has none of them",
    now: { networks: [network({ configHash: "h2" })], volumes: [] },
    made: undefined,
    found: [],
  },
  {
    name: "nothing of a network that was made anew alike",
    now: { networks: [network({ id: "n2" })] },
    found: [],
  },
  {
    name: "nothing of another hash by another Compose, nor of none",
    now: {
      networks: [network({ configHash: "h2", composeVersion: "2.41.0" })],
      volumes: [volume({ configHash: "" })],
    },
    found: [],
  },
  {
    name: "a network with another definition, where a running container is on it",
    now: { networks: [network({ configHash: "h2" })] },
    found: [
      'NetworkChanged: network "shop_default" as it was made → network "shop_default" has another definition',
    ],
  },
  {
    name: "nothing of such a network where none is",
    now: { networks: [network({ configHash: "h2" })] },
    container: { state: "exited" },
    found: [],
  },
  {
    name: "a volume that is gone",
    now: { volumes: [] },
    found: [
      'VolumeChanged: volume "shop_db" as it was defined and made → it is gone, or somebody has made it anew',
    ],
  },
  {
    name: "a volume with another definition",
    now: { volumes: [volume({ configHash: "h2" })] },
    found: [
      'VolumeChanged: volume "shop_db" as it was defined and made → somebody has made it anew, with another definition',
    ],
  },
  {
    name: "a volume with another driver than Git asks for",
    wanted: { driver: "nfs" },
    found: ['VolumeChanged: volume "shop_db" as it was defined and made → its driver is "local", not "nfs"'],
  },
  {
    name: "nothing of the driver where Git names none",
    now: { volumes: [volume({ driver: "other" })] },
    found: [],
  },
  {
    name: "a volume with other options, and says none of their values",
    now: { volumes: [volume({ options: NFS })] },
    wanted: { options: { ...NFS, o: "addr=10.1.0.2,password=hunter3" } },
    found: [
      'VolumeChanged: volume "shop_db" as it was defined and made → its driver option "o" is another one',
    ],
  },
  {
    name: "a volume with options that Git does not ask for any more",
    now: { volumes: [volume({ options: NFS })] },
    found: [
      'VolumeChanged: volume "shop_db" as it was defined and made → its driver option "o" is another one',
    ],
  },
];

describe("judgeObjects() finds", () => {
  for (const { name, wanted = {}, container = {}, found, ...of } of cases) {
    it(name, () => {
      const change = "now" in of ? of.now : {};
      const now = change && { networks: [network()], volumes: [volume()], ...change };
      const made = "made" in of ? of.made : MADE;
      const service = {
        name: "web",
        replicas: 1,
        image: "i",
        oneShot: "no" as const,
        dependsOn: [],
        onFileChange: { act: "recreate" as const },
        volumes: [{ ...WANTED, ...wanted }],
      };

      const findings = judgeObjects(
        {
          service,
          containers: [
            {
              container: attached(container),
              verdict: { is: "running", settling: false },
              differences: [],
              fresh: false,
            },
          ],
          finishedWithout: false,
          completed: false,
          left: false,
        },
        now,
        made,
      );

      expect(findings.map(({ kind, expected, actual }) => `${kind}: ${expected} → ${actual}`)).to.deep.equal(
        found,
      );
    });
  }

  it("of a volume what no step heals, and what a person is told to do", () => {
    const service = {
      name: "web",
      replicas: 1,
      image: "i",
      oneShot: "no" as const,
      dependsOn: [],
      onFileChange: { act: "recreate" as const },
      volumes: [{ ...WANTED, driver: "nfs" }],
    };
    const planned = (ignored: readonly string[]) =>
      plan({
        wanted: "Running",
        services: [service],
        made: {},
        completed: new Set(),
        containers: [attached()],
        objects: { networks: [network()], volumes: [volume()] },
        madeObjects: MADE,
        ignored: [{ kinds: ignored }],
        ending: () => undefined,
        prune: true,
      });
    const found = planned([]);

    expect(found.steps).to.deep.equal([]);
    expect(found.health.status).to.equal("Healthy");
    const stalled = whyVolumeChanged({ plan: found });
    expect(stalled?.reason).to.equal("VolumeChanged");
    expect(stalled?.message)
      .to.contain('volume "shop_db" of service "web"')
      .and.to.contain("docker volume rm");
    const quiet = planned(["VolumeChanged"]);
    expect(whyVolumeChanged({ plan: quiet })).to.equal(undefined);
  });
});

describe("desiredServices()", () => {
  it("knows the volumes of a service as the engine names them, external ones left out, and a fixed hardware address", () => {
    const [db, web] = desiredServices({
      name: "shop",
      services: {
        db: {
          volumes: [
            { type: "volume", source: "db", target: "/db" },
            { type: "volume", source: "db", target: "/again" },
            { type: "volume", source: "plain", target: "/plain" },
            { type: "volume", source: "theirs", target: "/theirs" },
            { type: "volume", target: "/anonymous" },
            { type: "bind", source: "/srv", target: "/srv" },
          ],
        },
        web: { networks: { default: { mac_address: "02:42:ac:11:00:02" } } },
      },
      volumes: {
        db: { name: "shop_db", driver: "nfs", driver_opts: { soft: 1 } } as object,
        plain: null,
        theirs: { name: "theirs", external: true },
      },
    });

    expect(db?.volumes).to.deep.equal([
      { name: "shop_db", driver: "nfs", options: { soft: "1" } },
      { name: "shop_plain", options: {} },
    ]);
    expect([db?.fixedMac, web?.fixedMac]).to.deep.equal([false, true]);
  });
});

describe("servicesWithoutNames()", () => {
  const project = {
    name: "shop",
    services: {
      web: { networks: { default: null, front: null } },
      alone: { network_mode: "host" },
      bridged: { networks: { docker0: null } },
    },
    networks: { default: { name: "shop_default" }, docker0: { name: "bridge", external: true } },
  };
  const on = (...networks: readonly (readonly [string, ...string[]])[]): ObservedContainer =>
    attached({
      attachments: networks.map(([name, ...aliases]) => ({
        network: name,
        networkId: "n",
        aliases,
        special: false,
      })),
    });

  const table: readonly (readonly [string, ObservedContainer, readonly string[]])[] = [
    [
      "a service that is known on all of its networks",
      on(["shop_default", "web"], ["shop_front", "web", "www"]),
      [],
    ],
    ["a service that lost its name on one", on(["shop_default"], ["shop_front", "web"]), ["web"]],
    ["a service that is off one", on(["shop_default", "web"]), ["web"]],
    ["what does not run", { ...on(), state: "exited" }, []],
    ["what the engine does not show", { ...on(), shape: "" }, []],
    ["one-offs", { ...on(), oneOff: true }, []],
    ["a service on the host's network", { ...on(["host"]), service: "alone" }, []],
    ["a service on a network without names", { ...on(["bridge"]), service: "bridged" }, []],
  ];
  for (const [name, container, services] of table) {
    it(`names ${services.length === 0 ? "not " : ""}${name}`, () => {
      expect(servicesWithoutNames(project, [container])).to.deep.equal(services);
    });
  }
});

describe("servicesOnRedefined()", () => {
  it("names every service that runs on such a network, and none where nothing is known", () => {
    const containers = [
      attached(),
      attached({ id: "b", service: "db" }),
      attached({ id: "c", service: "idle", state: "exited" }),
      attached({ id: "d", service: "other", attachments: [] }),
    ];
    const now = { networks: [network({ configHash: "h2" })], volumes: [] };

    expect(servicesOnRedefined(now, MADE, containers)).to.deep.equal(["web", "db"]);
    expect(servicesOnRedefined({ ...now, networks: [network()] }, MADE, containers)).to.deep.equal([]);
    expect(servicesOnRedefined(undefined, MADE, containers)).to.deep.equal([]);
    expect(servicesOnRedefined(now, undefined, containers)).to.deep.equal([]);
  });
});
