import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { FAILPOINTS, type Failpoint } from "../../controller/lib/failpoint.ts";
import { requireEngine, until } from "../support/engine.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

/** Where a controller dies while it does what. Every failpoint stands in exactly one of these. */
const DURING_A_SYNC: readonly Failpoint[] = [
  "sync-started",
  "staged",
  "rendered",
  "pulled",
  "rendering-recorded",
  "checkout-begun",
  "checkout-half",
  "checked-out",
  "up-spawned",
  "up-started",
  "up-finished",
  "applied-recorded",
  "gate-passed",
  "status-written",
];
const DURING_A_REQUEST: readonly Failpoint[] = ["request-consumed"];
const DURING_A_HEALING: readonly Failpoint[] = ["heal-started"];
/** `test/integration/edit/crash.test.ts` kills an edit there. */
const DURING_AN_EDIT: readonly Failpoint[] = [
  "edit-draft",
  "edit-written",
  "edit-exchanged",
  "edit-believed",
];
/** `rollback-crash.test.ts` kills a rollback there. */
const DURING_A_ROLLBACK: readonly Failpoint[] = [
  "gate-failed",
  "rollback-begun",
  "rollback-staged",
  "rollback-half",
  "rollback-checked-out",
  "rollback-applied",
];
const DURING_A_DELETION: readonly Failpoint[] = ["deletion-recorded", "torn-down", "record-removed"];

describe("a controller that is killed", () => {
  let world: World;

  before(async () => {
    await requireEngine();
    world = await createWorld();
  });
  afterEach(() => world.killAll());
  after(() => world.close());

  it("is killed at every failpoint below", () => {
    expect(
      [
        ...DURING_A_SYNC,
        ...DURING_A_REQUEST,
        ...DURING_A_HEALING,
        ...DURING_A_DELETION,
        ...DURING_AN_EDIT,
        ...DURING_A_ROLLBACK,
      ].toSorted(),
    ).to.deep.equal([...FAILPOINTS].toSorted());
  });

  describe("during a sync", () => {
    const name = "data";
    let rounds = 1;

    before(async () => {
      const repo = await world.repo(name);
      await repo.commit({ "compose.yaml": withData(rounds), "www/page": String(rounds) });
      await world.manifest(name, {});
      const controller = await world.start();
      await world.untilReady(name);
      await world.docker(
        "exec",
        `${world.prefix}-${name}-web-1`,
        "sh",
        "-c",
        "echo precious > /volume/data; echo precious > /bind/data",
      );
      expect(await controller.stop()).to.equal(0);
    });
    after(() => rm(join(world.manifests, `${name}.yaml`)));

    for (const failpoint of DURING_A_SYNC) {
      it(`at "${failpoint}", ends at the last commit with its data untouched`, async () => {
        const project = `${world.prefix}-${name}`;
        rounds += 1;
        const killed = await world.start({ env: { CONOPS_FAILPOINT: `${failpoint}:${name}` }, ready: false });
        const repo = await world.repo(name);
        const head = await repo.commit({ "compose.yaml": withData(rounds), "www/page": String(rounds) });
        expect(await killed.ended()).to.equal("SIGKILL");

        const controller = await world.start();
        await world.untilReady(name, head);
        const containers = await world.containers(project);
        expect(containers.map(({ State }) => State.Status)).to.deep.equal(["running"]);
        expect(containers[0]?.Config.Env).to.include(`ROUND=${rounds}`);
        const read = await world.docker(
          "exec",
          containers[0]?.Id ?? "",
          "cat",
          "/volume/data",
          "/bind/data",
          "/www/page",
        );
        expect(read).to.equal(`precious\nprecious\n${rounds}`);
        expect(await controller.stop()).to.equal(0);
      });
    }
  });

  it('at "request-consumed", carries the request out afterwards', async () => {
    const name = "requested";
    const repo = await world.repo(name);
    const head = await repo.commit({ "compose.yaml": sleeper() });
    await world.manifest(name, { sync: { automated: false } });
    const first = await world.start({ env: { CONOPS_FAILPOINT: `request-consumed:${name}` } });
    await world.untilStatus(name, "it waits for a sync", ({ phase }) => phase === "PendingSync");
    const asked = await world.cli("sync", name);
    expect(asked.code, asked.stderr).to.equal(0);
    expect(await first.ended()).to.equal("SIGKILL");

    const second = await world.start();
    const status = await world.untilReady(name, head);
    expect(status.sync.trigger).to.equal("Requested");
    expect(Object.keys(status.lastHandledRequests ?? {})).to.deep.equal(["sync"]);
    await second.stop();
    await rm(join(world.manifests, `${name}.yaml`));
  });

  it('at "heal-started", heals afterwards', async () => {
    const name = "healed";
    const project = `${world.prefix}-${name}`;
    const repo = await world.repo(name);
    await repo.commit({ "compose.yaml": sleeper() });
    await world.manifest(name, {});
    const first = await world.start({ env: { CONOPS_FAILPOINT: `heal-started:${name}` } });
    await world.untilReady(name);
    await world.docker("rm", "-f", `${project}-web-1`);
    expect(await first.ended()).to.equal("SIGKILL");

    const second = await world.start();
    await until("the container is back", async () =>
      (await world.containers(project)).some(({ State }) => State.Status === "running"),
    );
    await second.stop();
    await rm(join(world.manifests, `${name}.yaml`));
  });

  for (const failpoint of DURING_A_DELETION) {
    it(`at "${failpoint}" of a deletion, finishes it, and leaves the volume`, async () => {
      const name = `gone-${failpoint}`;
      const project = `${world.prefix}-${name}`;
      const repo = await world.repo(name);
      await repo.commit({ "compose.yaml": withData(1), "www/page": "one" });
      await world.manifest(name, {});
      const first = await world.start({ env: { CONOPS_FAILPOINT: `${failpoint}:${name}` } });
      await world.untilReady(name);
      await rm(join(world.manifests, `${name}.yaml`));
      expect(await first.ended()).to.equal("SIGKILL");

      const second = await world.start();
      await until("the status file is gone", async () => (await world.status(name)) === undefined);
      expect(await world.containers(project)).to.deep.equal([]);
      expect(await world.record(name)).to.equal(undefined);
      const volumes = await world.docker(
        "volume",
        "ls",
        "-q",
        "--filter",
        `label=com.docker.compose.project=${project}`,
      );
      expect(volumes.trim()).to.equal(`${project}_data`);
      await second.stop();
    });
  }
});

function withData(round: number): string {
  return [
    sleeper("web", [
      `environment: {ROUND: "${round}"}`,
      "stop_grace_period: 1s",
      "volumes: [data:/volume, ./data:/bind, ./www:/www]",
    ]),
    "volumes: {data: {}}",
    "",
  ].join("\n");
}
