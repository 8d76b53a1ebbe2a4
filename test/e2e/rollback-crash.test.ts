import { expect } from "chai";
import type { Failpoint } from "../../controller/lib/failpoint.ts";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { composeOf, createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine } from "../support/engine.ts";
import { createWorld, type World } from "../support/world.ts";

/** In the order in which a rollback passes them; `crash.test.ts` knows that these stand here. */
const DURING_A_ROLLBACK: readonly Failpoint[] = [
  "gate-failed",
  "rollback-begun",
  "rollback-staged",
  "rollback-half",
  "rollback-checked-out",
  "rollback-applied",
];

describe("a controller that is killed during a rollback", () => {
  const name = "killed";
  let world: World;
  let of: Deployments;
  let round = 1;
  let good = "";

  const files = (version: string, command?: readonly string[]): Record<string, string> => ({
    "compose.yaml": composeOf({
      web: {
        environment: { VERSION: version },
        stop_grace_period: "1s",
        volumes: ["./one:/one", "./www:/www"],
        ...(command && { command }),
      },
    }),
    one: version,
    "www/page": version,
  });

  before(async () => {
    await requireEngine();
    world = await createWorld();
    of = createDeployments(world);
    const repo = await world.repo(name);
    good = await repo.commit(files("good"));
    await world.manifest(name, { sync: { rollbackOnFailure: true } });
    const controller = await world.start();
    await world.untilReady(name, good);
    expect(await controller.stop()).to.equal(0);
  });
  afterEach(() => world.killAll());
  after(() => world.close());

  for (const failpoint of DURING_A_ROLLBACK) {
    it(`at "${failpoint}", arrives at the last healthy target`, async () => {
      round += 1;
      const repo = await world.repo(name);
      const bad = await repo.commit(files(`bad ${round}`, ["sh", "-c", "sleep 1; exit 3"]));
      const killed = await world.start({ env: { CONOPS_FAILPOINT: `${failpoint}:${name}` }, ready: false });
      expect(await killed.ended()).to.equal("SIGKILL");

      const controller = await world.start();
      const status = await world.untilStatus(
        name,
        "it is rolled back",
        (now) =>
          reasonOf(now, "Ready") === "RolledBack" &&
          conditionOf(now, "Healthy").status === "True" &&
          now.sync.attempted?.revision === bad &&
          conditionOf(now, "Reconciling").status === undefined,
        60_000,
      );
      expect(status.sync.applied?.revision).to.equal(good);
      const container = await of.container(name);
      expect(container.Config.Env).to.include("VERSION=good");
      expect(await world.docker("exec", container.Id, "cat", "/one", "/www/page")).to.equal("goodgood");
      expect(status.history[0]?.result).to.equal("RolledBack");
      expect(await controller.stop()).to.equal(0);
    });
  }
});
