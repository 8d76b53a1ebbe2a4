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
import { startPrivateEngine, type PrivateEngine } from "../../support/private-engine.ts";

const COMPOSE = `
services:
  plain: &sleeper
    image: ${TEST_IMAGE}
    init: true
    stop_grace_period: 1s
  always:
    <<: *sleeper
    restart: always
  job:
    image: ${TEST_IMAGE}
    command: ["true"]
`;

describe("createDockerInformer(), when its engine goes down", function () {
  this.timeout(90_000);
  let engine: PrivateEngine;
  let watcher: DockerWatcher;
  let project: string;

  before(async () => {
    await requireEngine();
    engine = await startPrivateEngine();
  });
  after(() => engine?.close());
  beforeEach(async () => {
    project = uniqueProject();
    await composeUp(project, COMPOSE, { env: engine.env });
    watcher = await startDockerWatcher(engine.dockerHost, { pingMs: 500, readMs: 1000 });
    await watcher.until(project, "job", "ended", ({ state }) => state === "exited");
  });
  afterEach(async () => {
    await watcher?.close();
    await cleanupProject(project, engine.env);
  });

  const isRunning = ({ state }: ObservedContainer): boolean => state === "running";
  const idOf = (service: string): string =>
    watcher.informer.project(project).find((container) => container.service === service)?.id ?? "";
  const untilUpAgain = () =>
    until("the informer is up again", () => watcher.turns.at(-1) === true && watcher.turns.length >= 3);

  it("SIGTERM and start: says that it is down, then how each container ended, and sees `always` come back", async () => {
    const ended = { plain: idOf("plain"), job: idOf("job"), always: idOf("always") };
    const { startedAt } = await watcher.until(project, "always", "runs", isRunning);

    await engine.stop("SIGTERM");
    const down = await until("the informer is down", () => watcher.informer.down());
    expect(down.message).to.match(/^Cannot reach the Docker engine at ".*": /);
    expect(watcher.informer.project(project)).to.have.length(3);
    await engine.start();
    await untilUpAgain();

    await watcher.until(project, "plain", "is exited", ({ state }) => state === "exited");
    await watcher.until(project, "always", "runs anew", (c) => isRunning(c) && c.startedAt > startedAt);
    expect(watcher.informer.ending(ended.plain)?.byHand).to.equal(true);
    expect(watcher.informer.ending(ended.always)?.byHand).to.equal(true);
    expect(watcher.informer.ending(ended.job)?.byHand).to.equal(false);
    expect(watcher.informer.down()).to.equal(undefined);
    expect(watcher.turns).to.deep.equal([true, false, true]);
  });

  it("SIGKILL and start: takes what the new daemon stops for ended by hand", async () => {
    const plain = idOf("plain");

    await engine.kill();
    const down = await until("the informer is down", () => watcher.informer.down());
    expect(down.message).to.match(/: connection refused$/);
    const before = watcher.changes.length;
    await engine.start();
    await untilUpAgain();

    await watcher.until(project, "plain", "is exited", ({ state }) => state === "exited");
    await watcher.until(project, "always", "runs", isRunning);
    expect(watcher.informer.ending(plain)?.byHand).to.equal(true);
    expect(watcher.changes.slice(before).some((change) => change.project === project)).to.equal(true);
  });

  it("SIGSTOP and SIGCONT: notices the silence by the ping, and lists again when it ends", async () => {
    const plain = idOf("plain");
    const frozenAt = performance.now();

    engine.pause();
    const down = await until("the informer is down", () => watcher.informer.down());
    expect(down.message).to.match(/: no answer within 1 s$/);
    expect(performance.now() - frozenAt).to.be.lessThan(8000);
    engine.resume();
    await untilUpAgain();
    await cli(["kill", plain], engine.env);
    await watcher.until(project, "plain", "is exited", ({ state }) => state === "exited");

    expect(watcher.informer.ending(plain)).to.include({ exitCode: 137, byHand: true });
    expect(watcher.turns).to.deep.equal([true, false, true]);
  });

  it("a hundred containers at once: sees each come and go", async function () {
    this.timeout(240_000);
    const crowd = uniqueProject();
    const state = (wanted: string): number =>
      watcher.informer.project(crowd).filter((container) => container.state === wanted).length;

    await composeUp(
      crowd,
      `services: {a: {image: ${TEST_IMAGE}, init: true, network_mode: none, stop_grace_period: 1s}}`,
      { env: engine.env, args: ["--scale", "a=100"] },
    );
    const upAt = performance.now();
    await until("a hundred run", () => state("running") === 100, 100_000);
    process.stdout.write(
      `      a hundred in the cache ${(performance.now() - upAt).toFixed(0)} ms after Compose returned\n`,
    );
    const ids = watcher.informer.project(crowd).map(({ id }) => id);
    await cli(["kill", ...ids], engine.env);
    await until("a hundred have ended", () => state("exited") === 100, 60_000);

    expect(ids.filter((id) => watcher.informer.ending(id)?.byHand !== true)).to.deep.equal([]);
    await cleanupProject(crowd, engine.env);
    await until("none is left", () => watcher.informer.project(crowd).length === 0);
  });
});
