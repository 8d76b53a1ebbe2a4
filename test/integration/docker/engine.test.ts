import { expect } from "chai";

import type { Docker, EngineEvent, ObservedContainer } from "../../../controller/docker/docker.ts";
import { createDocker } from "../../../controller/docker/engine.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { sha256 } from "../../../controller/lib/hash.ts";
import { silentLog } from "../../../controller/lib/log.ts";
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
  web:
    image: ${TEST_IMAGE}
    command: ["httpd", "-f", "-p", "80"]
    init: true
    ports: ["127.0.0.1::80"]
    volumes: ["data:/data"]
    restart: unless-stopped
    healthcheck: {test: ["CMD-SHELL", "echo sad; exit 1"], interval: 1s, retries: 1}
  job:
    image: ${TEST_IMAGE}
    command: ["sh", "-c", "echo out; echo err >&2; exit 3"]
  terminal:
    image: ${TEST_IMAGE}
    tty: true
    init: true
    stop_grace_period: 1s
    command: ["sh", "-c", "echo '{\\"json\\": true}'; sleep 1000"]
volumes: {data: {}}
`;

describe("createDocker() on a real engine", function () {
  this.timeout(60_000);
  const project = uniqueProject();
  const { signal } = new AbortController();
  let docker: Docker;

  const service = async (name: string): Promise<ObservedContainer> => {
    const found = (await docker.listProject(project, signal)).find((container) => container.service === name);
    if (found === undefined) throw new Error(`No container of ${name}`);
    return found;
  };

  before(async () => {
    await requireEngine();
    docker = createDocker({
      dockerHost: process.env["DOCKER_HOST"],
      clock: systemClock,
      log: silentLog,
      fingerprint: sha256,
    });
    await composeUp(project, COMPOSE);
    await until("the job ended", async () => (await service("job")).state === "exited");
  });
  after(() => cleanupProject(project));

  it("says who the engine is", async () => {
    const engine = await docker.engine(signal);

    expect(engine.id).to.match(/\S/);
    expect(engine.version).to.match(/^\d+\./);
    expect(engine.apiVersion).to.match(/^1\.\d+$/);
  });

  it("lists a project as Compose made it", async () => {
    const web = await until("the probe failed", async () => {
      const container = await service("web");
      return container.health === "unhealthy" ? container : undefined;
    });

    expect(web).to.include({
      name: `${project}-web-1`,
      project,
      number: 1,
      oneOff: false,
      state: "running",
      healthOutput: "sad\n",
      restartPolicy: "unless-stopped",
      finishedAt: 0,
      image: TEST_IMAGE,
      imageId: await docker.imageId(TEST_IMAGE, signal),
      publishesPorts: true,
    });
    expect(web.configHash).to.match(/^[0-9a-f]{64}$/);
    expect(web.composeVersion).to.match(/^2\./);
    expect(web.workingDir).to.match(/^\//);
    expect(web.mounts.map(({ type, name, target }) => ({ type, name, target }))).to.deep.equal([
      { type: "volume", name: `${project}_data`, target: "/data" },
    ]);
    expect(Math.abs(Date.now() - web.startedAt)).to.be.lessThan(60_000);
    expect(await service("job")).to.include({ state: "exited", exitCode: 3, publishesPorts: false });
    expect((await docker.listAll(signal)).map(({ name }) => name)).to.include.members([
      `${project}-web-1`,
      `${project}-job-1`,
    ]);
  });

  it("names the project's networks and volumes", async () => {
    expect(await docker.listProjectObjects(project, signal)).to.deep.equal({
      networks: [`${project}_default`],
      volumes: [`${project}_data`],
    });
    expect(await docker.listProjectObjects(uniqueProject(), signal)).to.deep.equal({
      networks: [],
      volumes: [],
    });
  });

  it("knows of no container and no image by names that are not there", async () => {
    expect(await docker.inspect("0".repeat(64), signal)).to.equal(undefined);
    expect(await docker.imageId(`${uniqueProject()}/nothing:1`, signal)).to.equal(undefined);
    expect(await docker.imageId("UPPER", signal)).to.equal(undefined);
  });

  it("reads the last lines of both streams, and of a terminal", async () => {
    expect(await docker.lastLines((await service("job")).id, 5, signal)).to.have.members(["out", "err"]);
    expect(await docker.lastLines((await service("terminal")).id, 5, signal)).to.deep.equal([
      '{"json": true}',
    ]);
    expect(await docker.lastLines("0".repeat(64), 5, signal)).to.deep.equal([]);
  });

  it("starts, unpauses and restarts, and says why it cannot", async () => {
    const { id, startedAt } = await service("terminal");
    await docker.start(id, signal);
    await cli(["pause", id]);
    await docker.unpause(id, signal);
    expect((await service("terminal")).state).to.equal("running");
    await cli(["kill", id]);
    await docker.start(id, signal);
    await docker.restart(id, signal);

    expect(await service("terminal"))
      .to.have.property("startedAt")
      .that.is.greaterThan(startedAt);
    const refused: unknown = await docker.unpause(id, signal).catch((error: unknown) => error);
    expect(refused).to.include({ reason: "HealFailed" });
  });

  it("follows events, silent ones left out, and replays from a moment", async () => {
    const controller = new AbortController();
    const since = Date.now();
    const { id } = await service("job");
    const seen: EngineEvent[] = [];
    const following = (async () => {
      for await (const event of docker.events(since, controller.signal)) {
        if (event.containerId === id) seen.push(event);
      }
    })();

    await docker.start(id, signal);
    await until("the job died again", () => seen.some(({ action }) => action === "die"));
    controller.abort();
    await following;
    const again: EngineEvent[] = [];
    for await (const event of docker.events(seen[0]?.at ?? 0, signal)) {
      if (event.containerId === id) again.push(event);
      if (again.length === seen.length) break;
    }

    expect(seen.filter(({ type }) => type === "container").map(({ action }) => action)).to.deep.equal([
      "start",
      "die",
    ]);
    expect(seen.find(({ action }) => action === "die")).to.include({ project, service: "job", exitCode: 3 });
    expect(again).to.deep.equal(seen);
  });

  it("keeps a silent stream open", async () => {
    const controller = new AbortController();
    const quick = createDocker({
      dockerHost: process.env["DOCKER_HOST"],
      clock: systemClock,
      log: silentLog,
      fingerprint: sha256,
      limits: { readMs: 1000 },
    });
    let ended = false;
    const following = (async () => {
      for await (const event of quick.events(Date.now() + 3_600_000, controller.signal)) void event;
    })().finally(() => (ended = true));

    // longer than the limit of calls, and than the five seconds after which Node's agent drops idle sockets
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(ended).to.equal(false);
    controller.abort();
    await following;
  });
});
