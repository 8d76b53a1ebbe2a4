import { expect } from "chai";

import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { startDockerWatcher, type DockerWatcher } from "../../support/docker-watcher.ts";
import {
  cleanupProject,
  composeUp,
  docker as cli,
  requireEngine,
  TEST_IMAGE,
  uniqueProject,
  until,
} from "../../support/engine.ts";

const COMPOSE = `
services:
  web: &sleeper
    image: ${TEST_IMAGE}
    init: true
    stop_grace_period: 1s
  job:
    image: ${TEST_IMAGE}
    command: ["sh", "-c", "sleep 0.2; exit 0"]
  moody:
    <<: *sleeper
    healthcheck: {test: ["CMD-SHELL", "test ! -e /tmp/sick"], interval: 1s, retries: 1}
  loop:
    <<: *sleeper
    restart: on-failure
`;

describe("createDockerInformer() on a real engine", function () {
  this.timeout(60_000);
  const project = uniqueProject();
  let watcher: DockerWatcher;

  before(async () => {
    await requireEngine();
    watcher = await startDockerWatcher(process.env["DOCKER_HOST"]);
    await composeUp(project, COMPOSE);
  });
  after(async () => {
    await watcher?.close();
    await cleanupProject(project);
  });

  const web = (what: string, fits: (container: ObservedContainer) => boolean) =>
    watcher.until(project, "web", what, fits);
  const isExited = ({ state }: ObservedContainer): boolean => state === "exited";
  const isRunning = ({ state }: ObservedContainer): boolean => state === "running";

  it("sees a project come up, and a job that ended by itself", async () => {
    await web("runs", isRunning);
    const job = await watcher.until(project, "job", "ended", isExited);

    expect(watcher.informer.ending(job.id)).to.include({ exitCode: 0, byHand: false });
    expect(watcher.changes.some((change) => change.project === project)).to.equal(true);
  });

  it("sees pause and unpause", async () => {
    const { id } = await web("runs", isRunning);

    await cli(["pause", id]);
    await web("is paused", ({ state }) => state === "paused");
    await cli(["unpause", id]);
    await web("runs again", isRunning);

    expect(watcher.informer.ending(id)).to.equal(undefined);
  });

  for (const { name, act, exitCode } of [
    { name: "docker kill", act: ["kill"], exitCode: 137 },
    { name: "docker stop", act: ["stop"], exitCode: 143 },
    { name: "docker kill -s TERM", act: ["kill", "-s", "TERM"], exitCode: 143 },
  ]) {
    it(`takes the end by ${name} for one by hand`, async () => {
      const { id } = await web("runs", isRunning);

      await cli([...act, id]);
      await web("has ended", isExited);

      expect(watcher.informer.ending(id)).to.include({ exitCode, byHand: true });
      await cli(["start", id]);
    });
  }

  it("takes a failure for an end by itself, also after docker restart", async () => {
    const { id } = await web("runs", isRunning);

    await cli(["restart", id]);
    await web("runs", isRunning);
    expect(watcher.informer.ending(id)?.byHand).to.equal(true);
    // init dies of its child's death, as when the program itself fails
    await cli(["exec", id, "sh", "-c", "kill -KILL $(pidof sleep)"]);
    await web("has ended", isExited);

    expect(watcher.informer.ending(id)).to.include({ exitCode: 137, byHand: false });
    await cli(["start", id]);
  });

  it("follows a restart policy through its cycles", async () => {
    const { id, restartCount } = await watcher.until(project, "loop", "runs", isRunning);

    await cli(["exec", id, "sh", "-c", "kill -KILL $(pidof sleep)"]);
    await watcher.until(
      project,
      "loop",
      "was restarted",
      (container) => container.restartCount > restartCount && isRunning(container),
    );

    expect(watcher.informer.ending(id)).to.include({ exitCode: 137, byHand: false });
  });

  it("sees health turn", async () => {
    const { id } = await watcher.until(project, "moody", "is healthy", ({ health }) => health === "healthy");

    await cli(["exec", id, "touch", "/tmp/sick"]);
    await watcher.until(project, "moody", "is unhealthy", ({ health }) => health === "unhealthy");
    await cli(["exec", id, "rm", "/tmp/sick"]);
    await watcher.until(project, "moody", "is healthy again", ({ health }) => health === "healthy");
  });

  it("sees a container removed, and forgets it", async () => {
    const { id } = await web("runs", isRunning);

    await cli(["rm", "-f", id]);
    await until("web is gone", () =>
      watcher.informer.project(project).every(({ service }) => service !== "web"),
    );

    expect(watcher.informer.ending(id)).to.equal(undefined);
  });

  it("knows of a stop that happened while no controller ran", async () => {
    const { id } = await watcher.until(project, "moody", "runs", isRunning);
    await watcher.close();
    await cli(["stop", id]);
    const { id: loop } = await watcher.until(project, "loop", "runs", isRunning);
    await cli(["kill", "-s", "KILL", loop]);

    watcher = await startDockerWatcher(process.env["DOCKER_HOST"]);
    await until("the replay is in", () => watcher.informer.ending(loop));

    expect(watcher.informer.ending(id)?.byHand).to.equal(true);
    expect(watcher.informer.ending(loop)?.byHand).to.equal(true);
  });

  it("has an event in the cache within a few milliseconds", async () => {
    const own = uniqueProject();
    try {
      await composeUp(own, `services: {a: {image: ${TEST_IMAGE}, init: true}}`);
      const { id } = await watcher.until(own, "a", "runs", isRunning);
      const delays: number[] = [];
      for (let round = 0; round < 10; round++) {
        const kill = round % 2 === 0;
        const before = watcher.changes.length;
        await cli(kill ? ["pause", id] : ["unpause", id]);
        const change = await until("a change", () =>
          watcher.changes.slice(before).find((change) => change.project === own),
        );
        const event = await lastEventAt(watcher, id);
        delays.push(change.at + performance.timeOrigin - event);
      }
      delays.sort((a, b) => a - b);
      const median = delays[5] ?? Infinity;
      process.stdout.write(
        `      event to onChange: median ${median.toFixed(1)} ms, most ${delays.at(-1)?.toFixed(1)} ms\n`,
      );

      expect(median).to.be.lessThan(100);
    } finally {
      await cleanupProject(own);
    }
  });
});

async function lastEventAt(watcher: DockerWatcher, id: string): Promise<number> {
  const controller = new AbortController();
  let last = 0;
  setTimeout(() => controller.abort(), 100);
  for await (const event of watcher.docker.events(Date.now() - 5000, controller.signal)) {
    if (event.containerId === id) last = event.at;
  }
  return last;
}
