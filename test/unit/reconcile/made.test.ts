import { expect } from "chai";
import type { Attachment, ObservedContainer, ProjectObjects } from "../../../controller/docker/docker.ts";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import {
  healedServices,
  madeServices,
  maskedServices,
  trustedServices,
  upProblems,
  withFresh,
} from "../../../controller/reconcile/made.ts";
import { madeObjects, notedObjects } from "../../../controller/reconcile/made-objects.ts";
import { observed } from "../../support/fake-host.ts";

const project: RenderedProject = {
  name: "shop",
  services: { web: { image: "web:1" }, worker: { image: "worker:1", scale: 2 } },
};

const net: Attachment = { network: "net", networkId: "n1", aliases: ["web"], special: false };

const mask = (text: string): string => text.replaceAll("hunter2", "***");

describe("madeServices()", () => {
  it("notes what runs of each service, by its youngest container", () => {
    const made = madeServices(
      { name: "shop", services: { web: {} } },
      [
        observed({ id: "old", createdAt: 1, configHash: "h1" }),
        observed({
          id: "new",
          createdAt: 2,
          configHash: "h2",
          imageId: "sha256:2",
          settings: { memory: 1 },
          attachments: [{ ...net, aliases: ["hunter2", "web"] }],
        }),
      ],
      {},
      mask,
    );

    const facts = {
      name: "shop-web-1",
      composeVersion: "2.40.3",
      shape: "shape",
      attachments: [{ ...net, aliases: ["***", "web"] }],
      settings: { memory: 1 },
    };
    expect(made).to.deep.equal({
      web: {
        configHash: "h2",
        image: "web:1",
        imageId: "sha256:2",
        containers: ["old", "new"],
        gated: [],
        made: {
          old: { ...facts, attachments: [], settings: {}, configHash: "h1" },
          new: { ...facts, configHash: "h2" },
        },
      },
    });
  });

  it("remembers which containers ran through a gate, as long as they are there", () => {
    const before = {
      web: { configHash: "h", image: "web:1", imageId: "i", containers: ["a", "b"], gated: ["a", "b"] },
    };
    const made = madeServices({ name: "shop", services: { web: {} } }, [observed({ id: "b" })], before, mask);

    expect([made["web"]?.containers, made["web"]?.gated]).to.deep.equal([["b"], ["b"]]);
  });

  it("keeps what is known of a service that has no container now, and forgets one that is not declared any more", () => {
    const known = { configHash: "h", image: "web:1", imageId: "i", containers: ["a"], gated: ["a"] };
    const made = madeServices({ name: "shop", services: { web: {} } }, [], { web: known, gone: known }, mask);

    expect(made).to.deep.equal({ web: { ...known, containers: [], gated: [] } });
  });

  it("writes down no tag that comes from a Secret", () => {
    const containers = [observed({ id: "a", image: "web:hunter2" })];

    const made = madeServices({ name: "shop", services: { web: {} } }, containers, {}, mask);

    expect(made["web"]?.image).to.equal("web:***");
  });

  it("takes no notice of one-offs and of containers that Compose does not know", () => {
    const containers = [observed({ id: "a", oneOff: true }), observed({ id: "b", configHash: "" })];

    expect(madeServices({ name: "shop", services: { web: {} } }, containers, {}, mask)).to.deep.equal({});
  });
});

describe("evidence of containers", () => {
  const web: RenderedProject = { name: "shop", services: { web: {} } };
  const before = madeServices(web, [observed({ id: "a", attachments: [net] })], {}, mask);
  const madeOf = (services: ReturnType<typeof madeServices>) => services["web"]?.made ?? {};

  it("stays what it was when a later apply leaves the container running, whatever somebody did to it", () => {
    const changed = observed({ id: "a", name: "mine", settings: { memory: 1 }, attachments: [] });

    expect(madeOf(madeServices(web, [changed], before, mask))).to.deep.equal(madeOf(before));
  });

  it("follows a network that an apply made anew", () => {
    const moved = observed({ id: "a", attachments: [{ ...net, networkId: "n2", aliases: [] }] });

    expect(madeOf(madeServices(web, [moved], before, mask))["a"]?.attachments).to.deep.equal([
      { ...net, networkId: "n2" },
    ]);
  });

  it("is not taken of a container that the engine does not show", () => {
    expect(madeOf(madeServices(web, [observed({ id: "b", shape: "" })], {}, mask))).to.deep.equal({});
  });

  it("outlives the last container, so that one that somebody makes alike is known again", () => {
    expect(madeOf(madeServices(web, [], before, mask))).to.deep.equal(madeOf(before));
  });

  it("is taken by a healing only of the services that it brought up", () => {
    const foreign: readonly ObservedContainer[] = [observed({ id: "z", configHash: "other" })];

    const left = healedServices(web, foreign, before, { healed: new Set(), from: () => undefined }, mask)[
      "web"
    ];
    expect([left?.configHash, left?.made]).to.deep.equal(["hash", before["web"]?.made]);
    const healed = healedServices(
      web,
      foreign,
      before,
      { healed: new Set(["web"]), from: () => "origin" },
      mask,
    )["web"];
    expect([healed?.configHash, Object.keys(healed?.made ?? {})]).to.deep.equal(["other", ["z"]]);
  });

  it("takes in what is as it was made, and forgets what is gone", () => {
    const now = [observed({ id: "b", configHash: "rewritten" }), observed({ id: "c", oneOff: true })];
    const after = withFresh(before, { web: ["b"] }, now, mask)["web"];

    expect([after?.configHash, after?.containers, Object.keys(after?.made ?? {})]).to.deep.equal([
      "rewritten",
      ["b"],
      ["b"],
    ]);
    expect(withFresh(before, {}, now, mask)).to.deep.equal(before);
  });

  it("counts for nothing under another version of the engine", () => {
    expect(trustedServices({ services: before, engineVersion: "26" }, "26")).to.equal(before);
    const other = trustedServices({ services: before, engineVersion: "26" }, "28")["web"];
    expect(other).to.include({ configHash: "hash" }).and.not.to.have.property("made");
    expect(trustedServices({ services: before }, "28")["web"]).not.to.have.property("made");
  });

  it("is masked by what the mask knows now, as the containers that it is compared with are", () => {
    const hidden = maskedServices(before, (text) => text.replaceAll("web", "***"));

    expect(madeOf(hidden)["a"]?.name).to.equal("shop-***-1");
    expect(madeOf(hidden)["a"]?.attachments[0]?.aliases).to.deep.equal(["***"]);
  });
});

describe("evidence of networks and volumes", () => {
  const labels = { project: "shop", composeVersion: "2.40.3" };
  const objects = (network: object = {}, volume: object = {}): ProjectObjects => ({
    networks: [{ name: "net", id: "n1", configHash: "h", ...labels, ...network }],
    volumes: [
      { name: "db", configHash: "h", driver: "local", options: { o: "password=x" }, ...labels, ...volume },
    ],
  });
  const made = madeObjects(objects());

  it("holds neither drivers nor their options", () => {
    expect(made).to.deep.equal({
      networks: { net: { id: "n1", configHash: "h", composeVersion: "2.40.3" } },
      volumes: { db: { configHash: "h", composeVersion: "2.40.3" } },
    });
  });

  it("follows what was made anew alike, or by another Compose, and keeps what has another definition or is gone", () => {
    const again = objects({ id: "n2" });
    expect(notedObjects(made, again)).to.deep.equal(madeObjects(again));
    const newer = objects({ id: "n2", configHash: "h2", composeVersion: "2.41.0" });
    expect(notedObjects(made, newer)).to.deep.equal(madeObjects(newer));
    expect(notedObjects(made, objects({ id: "n2", configHash: "h2" }, { configHash: "h2" }))).to.deep.equal(
      made,
    );
    expect(notedObjects(made, { networks: [], volumes: [] })).to.deep.equal(made);
  });

  it("begins with what is there, and stays what it is while nothing is known", () => {
    expect(notedObjects(undefined, objects())).to.deep.equal(made);
    expect(notedObjects(made, undefined)).to.equal(made);
    expect(notedObjects(undefined, undefined)).to.equal(undefined);
  });
});

describe("upProblems()", () => {
  const SINCE = 1000;
  const web = (extra = {}): ReturnType<typeof observed> => observed({ startedAt: SINCE + 1, ...extra });
  const problems = (...containers: readonly ReturnType<typeof observed>[]): readonly string[] =>
    upProblems(project, ["web"], containers, SINCE).map(({ what }) => what);

  it("finds none where every container runs", () => {
    expect(problems(web())).to.deep.equal([]);
  });

  it("counts containers, by scale and by replicas", () => {
    expect(problems()).to.deep.equal(["0 of 1 containers"]);
    expect(problems(web(), web({ id: "c2" }))).to.deep.equal(["2 of 1 containers"]);
    const worker = web({ service: "worker" });
    expect(upProblems(project, ["worker"], [worker], SINCE).map(({ what }) => what)).to.deep.equal([
      "1 of 2 containers",
    ]);
  });

  it("finds what was not started, or is still as it was before `up`", () => {
    for (const state of ["created", "paused"] as const) {
      expect(problems(web({ state }))).to.deep.equal([`container "shop-web-1" is ${state}`]);
    }
    for (const state of ["exited", "dead"] as const) {
      expect(problems(web({ state, startedAt: SINCE - 1 }))).to.deep.equal([
        `container "shop-web-1" is ${state}`,
      ]);
    }
  });

  it("leaves to the gate what was started and has ended since", () => {
    expect(problems(web({ state: "exited", exitCode: 1 }))).to.deep.equal([]);
    expect(problems(web({ state: "restarting" }))).to.deep.equal([]);
  });
});
