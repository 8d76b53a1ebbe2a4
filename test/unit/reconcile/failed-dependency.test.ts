import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { failedDependency, failureOf, unstartable } from "../../../controller/reconcile/failed-dependency.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

function container(change: Partial<ObservedContainer>): ObservedContainer {
  return fakeContainer("id", {
    name: "shop-migrate-1",
    service: "migrate",
    state: "exited",
    exitCode: 3,
    ...change,
  });
}

describe("failedDependency()", () => {
  const migrate = container({});
  const db = container({
    name: "shop-db-1",
    service: "db",
    state: "running",
    exitCode: 0,
    health: "unhealthy",
    healthOutput: "no answer",
  });
  const all = [container({ name: "shop-web-1", service: "web", state: "created", exitCode: 0 }), migrate, db];

  it("is the one-shot that Compose names", () => {
    const output =
      ' Container shop-migrate-1  Started\nservice "migrate" didn\'t complete successfully: exit 3\n';
    expect(failedDependency(output, all)).to.equal(migrate);
    expect(failureOf(migrate)).to.equal("Exited: exit 3");
  });

  it("is the unhealthy container that Compose names", () => {
    const output = "dependency failed to start: container shop-db-1 is unhealthy";
    expect(failedDependency(output, all)).to.equal(db);
    expect(failureOf(db)).to.equal("Unhealthy: unhealthy: no answer");
  });

  it("is none when Compose failed for another reason, names another container, or the one named has not failed", () => {
    expect(failedDependency("Error response from daemon: port is already allocated", all)).to.equal(
      undefined,
    );
    expect(failedDependency('service "db2" didn\'t complete successfully: exit 3', all)).to.equal(undefined);
    expect(
      failedDependency('service "migrate" didn\'t complete successfully: exit 3', [
        container({ exitCode: 0 }),
      ]),
    ).to.equal(undefined);
  });

  it("says when memory ran out", () => {
    expect(failureOf(container({ exitCode: 137, oomKilled: true }))).to.equal(
      "Exited: exit 137 (out of memory)",
    );
  });
});

describe("unstartable()", () => {
  it("is a container whose program cannot be run, and none that the host keeps from running", () => {
    const nope = container({ state: "created", exitCode: 127, error: 'exec: "nope": not found' });

    expect(unstartable(["migrate"], [nope])).to.equal(nope);
    expect(failureOf(nope)).to.equal('Created: created, could not start: exec: "nope": not found');
    expect(unstartable(["web"], [nope])).to.equal(undefined);
    expect(unstartable(["migrate"], [container({ state: "created", exitCode: 128 })])).to.equal(undefined);
  });
});
