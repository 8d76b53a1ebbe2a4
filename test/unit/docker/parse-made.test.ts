import { expect } from "chai";
import { parseAttachments, parseSettings, shapeOf } from "../../../controller/docker/parse-made.ts";
import { parseObjects } from "../../../controller/docker/parse-objects.ts";

const ID = "5c5a5324745c62d2eabd9f954099eb2749af867c6e6f710e085416d954b7ed9b";
const OTHER = "99aaeeffbbccddee1234567890aaeeffbbccddee1234567890aaeeffbbccddee";

describe("parseAttachments()", () => {
  const attached = (endpoint: object) => parseAttachments({ Networks: { net: endpoint } }, ID)[0];

  it("reads names and the addresses that were asked for, not those that the engine chose", () => {
    expect(
      attached({
        NetworkID: "n1",
        Aliases: ["web", "shop-web-1", "web", "5c5a5324745c"],
        IPAMConfig: { IPv4Address: "10.1.0.9" },
        IPAddress: "10.1.0.9",
        GlobalIPv6Address: "fd00::9",
        MacAddress: "02:42:0a:80:01:03",
        DriverOpts: null,
        Links: null,
      }),
    ).to.deep.equal({
      network: "net",
      networkId: "n1",
      aliases: ["shop-web-1", "web"],
      ipv4: "10.1.0.9",
      special: false,
    });
  });

  const special: readonly (readonly [string, object])[] = [
    ["links", { Links: ["db:db"] }],
    ["driver options", { DriverOpts: { "com.docker.network.endpoint.ifname": "eth9" } }],
    ["a priority of its gateway", { GwPriority: 1 }],
    ["addresses of the link", { IPAMConfig: { LinkLocalIPs: ["169.254.1.1"] } }],
  ];
  for (const [what, endpoint] of special) {
    it(`calls an endpoint special that asks for ${what}`, () => {
      expect(attached(endpoint)?.special).to.equal(true);
    });
  }

  it("sorts by network, and takes nothing for no network", () => {
    const names = parseAttachments({ Networks: { b: {}, a: null } }, ID).map(({ network }) => network);

    expect(names).to.deep.equal(["a", "b"]);
    expect(parseAttachments({ Networks: null }, ID)).to.deep.equal([]);
  });
});

describe("parseSettings()", () => {
  it("reads what `docker update` can change, by the names of its options", () => {
    expect(
      parseSettings({
        Memory: 67_108_864,
        MemorySwap: -1,
        NanoCpus: 500_000_000,
        CpusetCpus: "0,1",
        PidsLimit: 100,
        CpuShares: 512,
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        ShmSize: 1,
      }),
    ).to.deep.equal({
      memory: 67_108_864,
      "memory-swap": -1,
      cpus: 0.5,
      "cpuset-cpus": "0,1",
      "pids-limit": 100,
      "cpu-shares": 512,
      restart: "on-failure:3",
    });
  });

  for (const unlimited of [null, 0, -1]) {
    it(`takes a limit of processes of ${unlimited} for none`, () => {
      expect(parseSettings({ PidsLimit: unlimited })).to.deep.equal({});
    });
  }

  for (const policy of [{}, { Name: "" }, { Name: "no", MaximumRetryCount: 0 }, null]) {
    it(`takes the restart policy ${JSON.stringify(policy)} for none`, () => {
      expect(parseSettings({ RestartPolicy: policy })).to.deep.equal({});
    });
  }
});

describe("shapeOf()", () => {
  const config = {
    Hostname: ID.slice(0, 12),
    Env: ["A=1"],
    Image: "web:1",
    Labels: { team: "web", "com.docker.compose.version": "2.40.3" },
  };
  const host = { Binds: [`${OTHER}:/cache`, "data:/data"], NetworkMode: `container:${OTHER}`, Memory: 1 };
  const shape = (more: object = {}, hostMore: object = {}, id = ID): string =>
    shapeOf({ ...config, ...more }, { ...host, ...hostMore }, id, (text) => text);

  const same: readonly (readonly [string, string])[] = [
    ["another id and host name of its own", shape({ Hostname: OTHER.slice(0, 12) }, {}, OTHER)],
    [
      "other labels of Compose",
      shape({
        Labels: {
          team: "web",
          "com.docker.compose.version": "2.26.1",
          "com.docker.compose.config-hash": "x",
        },
      }),
    ],
    ["another tag of its image", shape({ Image: "web:2" })],
    ["other limits", shape({}, { Memory: 2, NanoCpus: 1, RestartPolicy: { Name: "always" } })],
    [
      "another anonymous volume, and another container to share with",
      shape({}, { Binds: [`${ID}:/cache`, "data:/data"], NetworkMode: `container:${ID}` }),
    ],
  ];
  for (const [what, other] of same) {
    it(`is the same with ${what}`, () => expect(other).to.equal(shape()));
  }

  const others: readonly (readonly [string, string])[] = [
    ["environment", shape({ Env: ["A=2"] })],
    ["label", shape({ Labels: { team: "db" } })],
    ["host name that was asked for", shape({ Hostname: "web" })],
    ["volume", shape({}, { Binds: ["other:/data"] })],
    ["capability", shape({}, { CapAdd: ["NET_ADMIN"] })],
  ];
  for (const [what, other] of others) {
    it(`is another with another ${what}`, () => expect(other).not.to.equal(shape()));
  }
});

describe("parseObjects()", () => {
  it("reads networks and volumes of projects, sorted, and keeps of Compose's hash only a fingerprint", () => {
    const labels = (more: object = {}) => ({ "com.docker.compose.project": "shop", ...more });
    const hash = { "com.docker.compose.config-hash": "abc", "com.docker.compose.version": "2.40.3" };
    expect(
      parseObjects(
        [
          { Id: "n2", Name: "shop_front", Labels: labels() },
          { Id: "n1", Name: "shop_default", Labels: labels(hash) },
          { Id: "n0", Name: "bridge", Labels: {} },
          null,
        ],
        {
          Volumes: [
            { Name: "shop_db", Driver: "local", Options: { o: "password=x" }, Labels: labels(hash) },
            { Name: "mine", Driver: "local", Options: null, Labels: null },
          ],
        },
        (text) => `keyed ${text}`,
      ),
    ).to.deep.equal({
      networks: [
        {
          id: "n1",
          name: "shop_default",
          project: "shop",
          configHash: "keyed abc",
          composeVersion: "2.40.3",
        },
        { id: "n2", name: "shop_front", project: "shop", configHash: "", composeVersion: "" },
      ],
      volumes: [
        {
          name: "shop_db",
          project: "shop",
          configHash: "keyed abc",
          composeVersion: "2.40.3",
          driver: "local",
          options: { o: "password=x" },
        },
      ],
    });
    expect(parseObjects(null, null, (text) => text)).to.deep.equal({ networks: [], volumes: [] });
  });
});
