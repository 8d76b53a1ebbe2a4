import { expect } from "chai";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import { madeServices, upProblems } from "../../../controller/reconcile/made.ts";
import { observed } from "../../support/fake-host.ts";

const project: RenderedProject = {
  name: "shop",
  services: { web: { image: "web:1" }, worker: { image: "worker:1", scale: 2 } },
};

const mask = (text: string): string => text.replaceAll("hunter2", "***");

describe("madeServices()", () => {
  it("notes what runs of each service, by its youngest container", () => {
    const made = madeServices(
      { name: "shop", services: { web: {} } },
      [
        observed({ id: "old", createdAt: 1, configHash: "h1" }),
        observed({ id: "new", createdAt: 2, configHash: "h2", imageId: "sha256:2" }),
      ],
      {},
      mask,
    );

    expect(made).to.deep.equal({
      web: { configHash: "h2", image: "web:1", imageId: "sha256:2", containers: ["old", "new"], gated: [] },
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
