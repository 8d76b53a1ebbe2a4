import { readFileSync } from "node:fs";

import { expect } from "chai";
import fc from "fast-check";

import { parseContainer, parseEngine, parseEvent, parseListed } from "../../../controller/docker/parse.ts";

const recorded = JSON.parse(
  readFileSync(new URL("recorded-inspect.json", import.meta.url), "utf8"),
) as unknown[];

const LABELS = { "com.docker.compose.project": "shop" };
const keyed = (text: string) => `keyed ${text}`;
const parsed = (more: object) => parseContainer({ Id: "abc", Config: { Labels: LABELS }, ...more }, keyed);

describe("parseContainer()", () => {
  it("reads what an engine said of an unhealthy service", () => {
    const { shape, ...container } = parseContainer(recorded[0], keyed) ?? {};
    expect(shape).to.match(/^keyed \{"config":\{/);
    expect(container).to.deep.equal({
      id: "5c5a5324745c62d2eabd9f954099eb2749af867c6e6f710e085416d954b7ed9b",
      name: "shop-web-1",
      project: "shop",
      service: "web",
      number: 1,
      oneOff: false,
      configHash: "keyed e8acab86d0c047cf1fcb21138707152311f9b01ed190bc3cd766fe422496472d",
      composeVersion: "2.40.3",
      workingDir: "/srv/shop",
      state: "running",
      exitCode: 0,
      oomKilled: false,
      error: "",
      health: "unhealthy",
      healthOutput: "no\nno2\n",
      restartPolicy: "on-failure",
      restartCount: 0,
      createdAt: Date.parse("2026-11-23T22:03:22.295Z"),
      startedAt: Date.parse("2026-11-23T22:03:22.673Z"),
      finishedAt: 0,
      image: "conops-test/busybox:1",
      imageId: "sha256:3d0cebfa8953b0f527c710d533123c2c944afae69b0ed8086cb5ed4bc06b13ff",
      mounts: [
        {
          type: "volume",
          source: "/var/lib/docker/volumes/shop_data/_data",
          name: "shop_data",
          target: "/data",
        },
        { type: "bind", source: "/tmp", target: "/host" },
      ],
      publishesPorts: true,
      attachments: [
        {
          network: "shop_default",
          networkId: "6cb21442212f7b4e6ef2b645bc099de6cfaa9a251370d25924e613e0c4fd858e",
          aliases: ["shop-web-1", "web"],
          special: false,
        },
      ],
      settings: { restart: "on-failure:3" },
    });
  });

  it("reads what an engine said of a job that ended", () => {
    expect(parseContainer(recorded[1], keyed)).to.include({
      service: "job",
      state: "exited",
      exitCode: 3,
      health: "none",
      healthOutput: "",
      restartPolicy: "no",
      finishedAt: Date.parse("2026-11-23T22:03:22.699Z"),
      publishesPorts: false,
    });
  });

  it("fills in for everything that is missing", () => {
    const { shape, ...container } = parsed({}) ?? {};
    expect(shape).to.match(/^keyed /);
    expect(container).to.deep.equal({
      id: "abc",
      name: "",
      project: "shop",
      service: "",
      number: 0,
      oneOff: false,
      configHash: "",
      composeVersion: "",
      workingDir: "",
      state: "exited",
      exitCode: 0,
      oomKilled: false,
      error: "",
      health: "none",
      healthOutput: "",
      restartPolicy: "no",
      restartCount: 0,
      createdAt: 0,
      startedAt: 0,
      finishedAt: 0,
      image: "",
      imageId: "",
      mounts: [],
      publishesPorts: false,
      attachments: [],
      settings: {},
    });
  });

  const nothing: readonly { name: string; json: unknown }[] = [
    { name: "null", json: null },
    { name: "text", json: "container" },
    { name: "a list", json: [] },
    { name: "no id", json: { Config: { Labels: LABELS } } },
    { name: "no labels", json: { Id: "abc", Config: { Labels: null } } },
    { name: "a foreign container", json: { Id: "abc", Config: { Labels: { maintainer: "x" } } } },
    {
      name: "an empty project",
      json: { Id: "abc", Config: { Labels: { "com.docker.compose.project": "" } } },
    },
  ];
  for (const { name, json } of nothing) {
    it(`takes ${name} for no container of a project`, () => {
      expect(parseContainer(json, keyed)).to.equal(undefined);
    });
  }

  const states = [
    { state: { Status: "created" }, is: "created" },
    { state: { Status: "restarting", Running: true, Restarting: true }, is: "restarting" },
    { state: { Status: "paused", Running: true, Paused: true }, is: "paused" },
    { state: { Status: "removing" }, is: "removing" },
    { state: { Status: "dead", Dead: true }, is: "dead" },
    { state: { Status: "something new", Running: true }, is: "running" },
    { state: { Running: true, Paused: true }, is: "paused" },
    { state: { Running: true, Restarting: true }, is: "restarting" },
    { state: { Dead: true }, is: "dead" },
    { state: null, is: "exited" },
  ];
  for (const { state, is } of states) {
    it(`reads the state ${JSON.stringify(state)} as ${is}`, () => {
      expect(parsed({ State: state })?.state).to.equal(is);
    });
  }

  const healths = [
    { health: null, is: "none", output: "" },
    { health: { Status: "none", Log: null }, is: "none", output: "" },
    { health: { Status: "" }, is: "none", output: "" },
    { health: { Status: "starting", Log: [] }, is: "starting", output: "" },
    { health: { Status: "healthy", Log: [{ ExitCode: 0, Output: "ok" }] }, is: "healthy", output: "" },
    // after a pause, until the next probe
    {
      health: { Status: "unhealthy", FailingStreak: 0, Log: [{ ExitCode: 0, Output: "ok" }] },
      is: "starting",
      output: "",
    },
    {
      health: {
        Status: "unhealthy",
        Log: [
          { ExitCode: 1, Output: "old" },
          { ExitCode: -1, Output: "timed\tout\r\n\u001b[31mred" },
          { ExitCode: 0, Output: "ok" },
        ],
      },
      is: "unhealthy",
      output: "timed\tout\r\n\u001b[31mred",
    },
    {
      health: { Status: "unhealthy", Log: [{ ExitCode: 1, Output: "GET http://me:secret@db/ failed" }] },
      is: "unhealthy",
      output: "GET http://***@db/ failed",
    },
    {
      health: { Status: "unhealthy", Log: [{ ExitCode: 1, Output: "x".repeat(5000) }] },
      is: "unhealthy",
      output: "x".repeat(4096),
    },
  ];
  for (const { health, is, output } of healths) {
    it(`reads the health ${JSON.stringify(health)?.slice(0, 90)} as ${is}`, () => {
      expect(parsed({ State: { Health: health } })).to.include({ health: is, healthOutput: output });
    });
  }

  const ports = [
    { host: {}, publishes: false },
    { host: { PortBindings: null }, publishes: false },
    { host: { PortBindings: { "80/tcp": null } }, publishes: false },
    { host: { PortBindings: { "80/tcp": [] } }, publishes: false },
    { host: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] } }, publishes: true },
    { host: { PublishAllPorts: true }, publishes: true },
  ];
  for (const { host, publishes } of ports) {
    it(`says that ${JSON.stringify(host)} publishes ${publishes ? "ports" : "nothing"}`, () => {
      expect(parsed({ HostConfig: host })?.publishesPorts).to.equal(publishes);
    });
  }

  it("takes the engine's year 1 and what is no time for never", () => {
    const state = { StartedAt: "0001-01-01T00:00:00Z", FinishedAt: "soon" };

    expect(parsed({ State: state })).to.include({ startedAt: 0, finishedAt: 0 });
  });

  for (const [label, oneOff] of [
    ["True", true],
    ["true", true],
    ["False", false],
  ] as const) {
    it(`reads the one-off label ${label}`, () => {
      const labels = {
        ...LABELS,
        "com.docker.compose.oneoff": label,
        "com.docker.compose.container-number": "x",
      };

      expect(parsed({ Config: { Labels: labels } })).to.include({ oneOff, number: 0 });
    });
  }

  it("never throws, whatever the engine says", () => {
    const State = fc.anything();
    const Config = fc.oneof(fc.anything(), fc.record({ Labels: fc.constant(LABELS), Image: fc.anything() }));
    fc.assert(
      fc.property(
        fc.record({
          Id: fc.constant("abc"),
          State,
          Config,
          HostConfig: fc.anything(),
          Mounts: fc.anything(),
        }),
        (json) => {
          parseContainer(json, keyed);
          parseListed(json, "", keyed);
          parseEvent(json);
          parseEngine(json, json);
        },
      ),
    );
  });
});

describe("parseListed()", () => {
  it("makes a container of a list's row, with what the engine said against inspecting it", () => {
    const row = {
      Id: "abc",
      Names: ["/shop-web-1"],
      Image: "busybox",
      ImageID: "sha256:1",
      Created: 1_700_000_000,
      Labels: { ...LABELS, "com.docker.compose.service": "web" },
      State: "running",
      Mounts: [{ Type: "bind", Source: "/a", Destination: "/b" }],
    };

    expect(parseListed(row, "layer does not exist", keyed)).to.include({
      id: "abc",
      name: "shop-web-1",
      service: "web",
      state: "running",
      error: "layer does not exist",
      image: "busybox",
      imageId: "sha256:1",
      createdAt: 1_700_000_000_000,
    });
  });
});

describe("parseEvent()", () => {
  const actor = (attributes: object, id = "abc") => ({ ID: id, Attributes: attributes });
  const web = { ...LABELS, "com.docker.compose.service": "web" };
  const cases: readonly { name: string; json: unknown; event: unknown }[] = [
    {
      name: "a death with its exit code",
      json: { Type: "container", Action: "die", Actor: actor({ ...web, exitCode: "137" }), timeNano: 1.5e9 },
      event: {
        type: "container",
        action: "die",
        containerId: "abc",
        project: "shop",
        service: "web",
        exitCode: 137,
        at: 1500,
      },
    },
    {
      name: "a kill with its signal",
      json: { Type: "container", Action: "kill", Actor: actor({ ...web, signal: "15" }), timeNano: 2e9 },
      event: {
        type: "container",
        action: "kill",
        containerId: "abc",
        project: "shop",
        service: "web",
        killSignal: 15,
        at: 2000,
      },
    },
    {
      name: "a network's event by the container it names",
      json: {
        Type: "network",
        Action: "connect",
        Actor: actor({ container: "c1", name: "n" }, "net"),
        time: 3,
      },
      event: { type: "network", action: "connect", containerId: "c1", project: "", service: "", at: 3000 },
    },
    {
      name: "an event without attributes",
      json: { Type: "container", Action: "start", Actor: { ID: "abc", Attributes: null }, timeNano: 1e9 },
      event: { type: "container", action: "start", containerId: "abc", project: "", service: "", at: 1000 },
    },
    {
      name: "an image's event, whatever labels the image has",
      json: {
        Type: "image",
        Action: "tag",
        Actor: actor({ name: "web:1", "com.docker.compose.project": "shop" }, "sha256:1"),
        time: 3,
      },
      event: { type: "image", action: "tag", containerId: "sha256:1", project: "", service: "", at: 3000 },
    },
    {
      name: "a volume's event",
      json: { Type: "volume", Action: "create", Actor: actor({ driver: "local" }, "shop_db"), time: 3 },
      event: { type: "volume", action: "create", containerId: "shop_db", project: "", service: "", at: 3000 },
    },
    { name: "a plugin's event", json: { Type: "plugin", Action: "create" }, event: undefined },
    { name: "no action", json: { Type: "container" }, event: undefined },
    { name: "null", json: null, event: undefined },
    { name: "a number", json: 7, event: undefined },
  ];
  for (const { name, json, event } of cases) {
    it(`${event === undefined ? "passes over" : "reads"} ${name}`, () => {
      expect(parseEvent(json)).to.deep.equal(event);
    });
  }
});

describe("parseEngine()", () => {
  it("reads who the engine is", () => {
    const info = { ID: "0992", Name: "host", ServerVersion: "26.1.5" };

    expect(parseEngine(info, { Version: "26.1.5", ApiVersion: "1.45" })).to.deep.equal({
      id: "0992",
      name: "host",
      version: "26.1.5",
      apiVersion: "1.45",
    });
  });
});
