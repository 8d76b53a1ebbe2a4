import { expect } from "chai";
import type { ApplicationStatus } from "../../controller/api/status.ts";
import { conditionOf } from "../support/conditions.ts";
import { createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, until } from "../support/engine.ts";
import { startPrivateEngine, type PrivateEngine } from "../support/private-engine.ts";
import { isReady, isRunning, serviceOf } from "../support/reading.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

/** Applications that differ in how their containers come back. */
const APPLICATIONS = {
  plain: { web: {}, task: { command: ["sleep", "6"] } },
  ordered: {
    db: {
      command: ["sh", "-c", "trap exit TERM; rm -f /well; sleep 1; touch /well; while :; do sleep 0.2; done"],
      healthcheck: { test: ["CMD", "test", "-e", "/well"], interval: "500ms", retries: 20 },
    },
    web: { depends_on: { db: { condition: "service_healthy" } } },
  },
  always: { web: { restart: "always" } },
} as const;
const NAMES = Object.keys(APPLICATIONS);

describe("an engine", () => {
  let engine: PrivateEngine;
  let world: World;
  let of: Deployments;
  let controller: Controller;
  /** Container ids, and since when the finished task has been so. */
  let original: Readonly<Record<string, string>>;

  before(async () => {
    await requireEngine();
    engine = await startPrivateEngine();
    world = await createWorld(engine.env);
    of = createDeployments(world);
    controller = await world.start();
    await Promise.all(Object.entries(APPLICATIONS).map(([name, services]) => of.deploy(name, services)));
    await world.untilStatus("plain", "the task is finished", ({ health }) =>
      health.services.some(({ name, status }) => name === "task" && status === "Finished"),
    );
    await of.deploy("resting", { web: { restart: "always" } });
    await world.manifest("resting", { state: "Stopped" });
    await world.untilStatus("resting", "it is stopped", ({ phase }) => phase === "Stopped");
    await until("it rests", isResting);
    original = await identities();
  });
  after(async () => {
    await world.close();
    await engine.close();
  });

  it("that is stopped and started again is missed meanwhile, and everything comes back as it was", async () => {
    await engine.stop();
    for (const name of NAMES) await missed(name);
    await engine.start();
    await everythingIsBack();
  });

  it("that is killed and started again is missed meanwhile, and everything comes back as it was", async () => {
    await engine.kill();
    for (const name of NAMES) await missed(name);
    await engine.start();
    await everythingIsBack();
  });

  it("that is frozen is missed, and what runs is left alone when it answers again", async () => {
    const started = await of.times(`${of.project("plain")}-web-1`);
    engine.pause();
    try {
      for (const name of NAMES) await missed(name);
    } finally {
      engine.resume();
    }
    await everythingIsBack();
    expect(await of.times(`${of.project("plain")}-web-1`)).to.deep.equal(started);
  });

  it("that is down when the controller starts, and comes later, is waited for, and nothing finished runs again", async () => {
    await controller.kill();
    await engine.stop();
    controller = await world.start({ ready: false });
    await until("it works without the engine", () => controller.log().includes("controller started"));
    for (const name of NAMES) await missed(name);
    expect((await fetch(`${controller.http}/readyz`)).status).to.equal(503);
    expect((await fetch(`${controller.http}/healthz`)).status).to.equal(200);
    await engine.start();
    await everythingIsBack();
    await until("it is ready", async () => (await fetch(`${controller.http}/readyz`)).ok);
  });

  async function missed(name: string): Promise<void> {
    const status = await world.untilStatus(name, "the engine is missed", isMissed, 60_000);
    expect(conditionOf(status, "Healthy").status).to.equal("Unknown");
    expect(conditionOf(status, "Ready").message).to.contain("Cannot reach the Docker engine");
  }

  /** The same containers run, the finished one does not, and nothing was deployed. */
  async function everythingIsBack(): Promise<void> {
    for (const name of NAMES) await world.untilStatus(name, "it is Ready again", isReady, 60_000);
    // The engine itself starts what has this restart policy.
    await until("what is to rest does so", isResting);
    expect(await identities()).to.deep.equal(original);
    for (const name of NAMES) {
      const containers = await world.containers(of.project(name));
      expect(containers.filter((container) => !isRunning(container)).map(serviceOf)).to.deep.equal(
        name === "plain" ? ["task"] : [],
      );
      const deployments = (await world.status(name))?.history.filter(({ trigger }) => trigger !== "Drift");
      expect(deployments?.length).to.equal(1);
    }
  }

  async function isResting(): Promise<boolean> {
    const containers = await world.containers(of.project("resting"));
    return containers.length === 1 && !containers.some(isRunning);
  }

  async function identities(): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for (const name of [...NAMES, "resting"]) {
      for (const container of await world.containers(of.project(name))) {
        found[`${name}/${serviceOf(container)}`] = container.Id;
      }
    }
    const { State } = await of.container("plain", "task");
    return { ...found, "task started": State.StartedAt };
  }
});

function isMissed(status: ApplicationStatus): boolean {
  const { status: ready, reason } = conditionOf(status, "Ready");
  return ready === "Unknown" && reason === "EngineUnavailable";
}
