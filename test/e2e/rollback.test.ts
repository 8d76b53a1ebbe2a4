import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { composeOf, createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, TEST_IMAGE } from "../support/engine.ts";
import { createTempRepo } from "../support/git-repo.ts";
import { startGitDaemon } from "../support/git-servers.ts";
import { metricOf, stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

const ASKED = { sync: { rollbackOnFailure: true, timeout: "20s" } };
/** Never answers well. */
const ILL = { test: ["CMD", "false"], interval: "500ms", retries: 2, start_period: "0s" };

describe("a rollback of what failed", () => {
  let world: World;
  let of: Deployments;
  let controller: Controller;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    of = createDeployments(world);
    controller = await world.start();
  });
  after(() => world.close());

  /** Waits until it says that it was rolled back, and is healthy. */
  const rolledBack = (name: string, failed: string) =>
    world.untilStatus(
      name,
      "it is rolled back",
      (status) =>
        reasonOf(status, "Ready") === "RolledBack" &&
        conditionOf(status, "Healthy").status === "True" &&
        status.sync.attempted?.revision === failed &&
        conditionOf(status, "Reconciling").status === undefined,
      90_000,
    );

  together({
    async "brings back the very images, files and settings of the last healthy commit, and leaves volumes alone"() {
      const name = "exact";
      const services = (round: number, extra: object = {}) => ({
        web: {
          environment: { ROUND: String(round) },
          volumes: ["data:/volume", "./data:/bind", "./www:/www", "./one:/one"],
          ...extra,
        },
        same: { volumes: ["./two:/two"] },
      });
      const compose = (round: number, extra?: object): string =>
        `${composeOf(services(round, extra))}volumes: {data: {}}\n`;
      const repo = await world.repo(name);
      const good = await repo.commit({
        "compose.yaml": compose(1),
        "www/page": "1",
        "www/gone": "1",
        one: "1",
        two: "1",
      });
      await world.manifest(name, ASKED);
      await world.untilReady(name, good);
      const before = await world.containers(of.project(name));
      const web = await of.container(name);
      await world.docker(
        "exec",
        web.Id,
        "sh",
        "-c",
        "echo precious > /volume/data; echo precious > /bind/data",
      );

      const bad = await repo.commit({
        "compose.yaml": compose(2, { healthcheck: ILL }),
        "www/page": "2",
        "www/new": "2",
        "www/gone": null,
        one: "2",
        two: "2",
      });
      const status = await rolledBack(name, bad);

      const after = await of.container(name);
      expect(after.Config.Env).to.include("ROUND=1");
      expect(after.Image).to.equal(web.Image);
      const read = await world.docker(
        "exec",
        after.Id,
        "sh",
        "-c",
        "cat /volume/data /bind/data; cat /www/page /www/gone /one; ls /www",
      );
      expect(read).to.equal("precious\nprecious\n111gone\npage\n");
      expect(await world.docker("exec", (await of.container(name, "same")).Id, "cat", "/two")).to.equal("1");
      expect((await world.containers(of.project(name))).length).to.equal(before.length);
      expect(status.sync.applied?.revision).to.equal(good);
      expect(status.drift).to.deep.equal([]);
      expect(conditionOf(status, "Ready").message).to.match(
        new RegExp(
          `^${bad.slice(0, 12)} failed and was rolled back to ${good.slice(0, 12)}: service "web": Unhealthy`,
        ),
      );
      expect(status.history.slice(0, 2).map(({ result, revision }) => [result, revision])).to.deep.equal([
        ["RolledBack", good],
        ["Failed", bad],
      ]);
      expect(
        await metricOf(controller, `conops_rollbacks_total{name="${name}",result="Succeeded"}`),
      ).to.equal(1);

      await stays("untouched", 4000, async () => (await of.container(name)).Id === after.Id);
      const same = await repo.commit({ unused: "x" });
      await world.untilStatus(
        name,
        "the same content is seen",
        ({ sync }) => sync.attempted?.revision === same,
      );
      await stays("untouched", 2000, async () => (await of.container(name)).Id === after.Id);
      const mended = await repo.commit({ "compose.yaml": compose(3) });
      await world.untilReady(name, mended);
    },

    async "is refused where a one-shot of the failed commit has run, however it ended"() {
      const name = "unsafe";
      const services = (round: number, exit: number, labels: object = {}) => ({
        migrate: {
          command: ["sh", "-c", `exit ${exit}`],
          environment: { ROUND: String(round) },
          labels: { "conops.dev/one-shot": "true", ...labels },
        },
        web: { environment: { ROUND: String(round) } },
      });
      await of.deploy(name, services(1, 0), ASKED);
      const bad = await of.push(name, services(2, 3));

      const status = await world.untilStatus(
        name,
        "it is not rolled back",
        (now) => reasonOf(now, "Stalled") === "RollbackUnsafe",
        60_000,
      );
      expect(conditionOf(status, "Stalled").message).to.contain('the one-shot "migrate" has run');
      expect(conditionOf(status, "Ready").status).to.equal("False");
      expect(
        await metricOf(controller, `conops_rollbacks_total{name="${name}",result="Refused"}`),
      ).to.be.greaterThan(0);
      expect((await of.container(name)).Config.Env).to.include("ROUND=2");

      const safe = await of.push(name, services(3, 3, { "conops.dev/rollback": "safe" }));
      const after = await rolledBack(name, safe);
      expect(after.sync.applied?.revision).not.to.be.oneOf([bad, safe]);
      expect((await of.container(name)).Config.Env).to.include("ROUND=1");
      expect(after.drift).to.deep.equal([]);
    },

    async "needs no Git server, nor the Secret whose value the last healthy commit was given"() {
      const name = "alone";
      const own = await createTempRepo();
      const server = await startGitDaemon(own.dir);
      try {
        const good = await own.commit({
          "compose.yaml": composeOf({ web: { environment: { KEY: "${KEY}" }, volumes: ["./one:/one"] } }),
          one: "1",
        });
        await writeFile(join(world.manifests, "key.yaml"), secret("key", "abcdefgh"));
        await world.manifest(name, {
          ...ASKED,
          source: { repoURL: server.url(".git") },
          compose: { env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "key", key: "key" } } }] },
        });
        await world.untilReady(name, good, 60_000);
        const bad = await own.commit({
          "compose.yaml": composeOf({
            web: {
              command: ["sh", "-c", "while [ ! -e /one/../fail ]; do sleep 0.1; done; exit 3"],
              healthcheck: { ...ILL, retries: 1000 },
              environment: { KEY: "${KEY}" },
              volumes: ["./one:/one"],
            },
          }),
          one: "2",
        });
        await world.untilStatus(
          name,
          "it waits for its gate",
          ({ sync }) => sync.applied?.revision === bad,
          60_000,
        );
        await server.close();
        await rm(join(world.manifests, "key.yaml"));
        const { Id: id } = await of.container(name);
        await world.docker("exec", id, "touch", "/fail");

        // What Ready says first is that the Secret is gone.
        await world.untilStatus(
          name,
          "it is rolled back",
          ({ history }) => history[0]?.result === "RolledBack",
          60_000,
        );

        const after = await of.container(name);
        expect(after.Config.Env).to.include("KEY=abcdefgh");
        expect(await world.docker("exec", after.Id, "cat", "/one")).to.equal("1");
      } finally {
        await server.close();
        await own.remove();
      }
    },

    async "is done where the program is not in the image, and not where a port is taken"() {
      const name = "host";
      const repo = await of.deploy(name, { web: { ports: ["127.0.0.1::80"] } }, ASKED);
      const bad = await of.push(name, { web: { command: ["nope"] } });
      const status = await rolledBack(name, bad);
      expect(conditionOf(status, "Ready").message).to.contain("executable file not found");

      const taken = world.server.port;
      const refused = await of.push(name, { web: { ports: [`127.0.0.1:${taken}:80`] } });
      await world.untilStatus(
        name,
        "the port is taken",
        (now) => now.sync.attempted?.revision === refused && reasonOf(now, "Ready") === "UpFailed",
        60_000,
      );
      await stays(
        "not rolled back",
        2000,
        async () => (await world.record(name))?.rollback?.from.revision !== refused,
      );
      const mended = await repo.commit({ "compose.yaml": composeOf({ web: {} }) });
      await world.untilReady(name, mended, 60_000);
    },

    async "ends where the last healthy commit fails, too, and heals that"() {
      const name = "both";
      const command = [
        "sh",
        "-c",
        "[ -e /data/broken ] && exit 4; touch /data/first; while :; do sleep 0.2; done",
      ];
      const services = { web: { command, volumes: ["./data:/data"] } };
      const repo = await of.deploy(name, services, ASKED);
      const breaking = ["sh", "-c", "touch /data/broken; exit 3"];
      const bad = await of.push(name, { web: { ...services.web, command: breaking } });

      const status = await world.untilStatus(
        name,
        "the rollback fails",
        (now) => reasonOf(now, "Stalled") === "RollbackFailed" && reasonOf(now, "Ready") === "RollbackFailed",
        60_000,
      );
      expect(status.sync.attempted?.revision).to.equal(bad);
      expect(conditionOf(status, "Ready").message).to.match(/failed \(.*exit 3.*fails too: .*exit 4/);
      const mended = await repo.commit({ "compose.yaml": composeOf({ web: {} }) });
      await world.untilReady(name, mended, 60_000);
    },

    async "keeps the image of the last healthy commit on the host, also when its last name is gone"() {
      const name = "image";
      const [old, now] = [1, 2].map((round) => `ct-kept-${world.prefix}:${round}`) as [string, string];
      for (const image of [old, now])
        await world.docker("build", "-q", "-t", image, await contextOf(world, image));
      try {
        const repo = await of.deploy(name, { web: { image: old } }, { ...ASKED, compose: { pull: "never" } });
        const first = await of.container(name);
        const slow = { ...ILL, retries: 1000 };
        const bad = await of.push(name, { web: { image: now, healthcheck: slow } });
        await world.untilStatus(
          name,
          "it waits for its gate",
          ({ sync }) => sync.applied?.revision === bad,
          60_000,
        );
        expect(await world.docker("image", "ls", `conops.local/${name}`, "-q")).not.to.equal("");
        await world.docker("image", "rm", old);

        const status = await rolledBack(name, bad);

        expect((await of.container(name)).Image).to.equal(first.Image);
        expect(status.health.services[0]?.imageID).to.equal(first.Image);
        const mended = await repo.commit({ "compose.yaml": composeOf({ web: {} }) });
        await world.untilReady(name, mended, 60_000);
        // Nothing needs it any more.
        expect(await world.docker("image", "ls", `conops.local/${name}`, "-q")).to.equal("");
      } finally {
        await world.docker("image", "rm", old, now).catch(() => "");
      }
    },

    async "is done and undone by hand in the manifest, also while it is followed by the controller"() {
      const name = "hand";
      const repo = await of.deploy(name, { web: { environment: { ROUND: "1" } } });
      const first = (await world.status(name))?.sync.applied?.revision ?? "";
      const second = await of.push(name, { web: { environment: { ROUND: "2" } } });
      await world.untilReady(name, second);
      const file = join(world.manifests, `${name}.yaml`);
      const before = await readFile(file, "utf8");

      const back = await world.cli("rollback", name, "--wait");
      expect(back.code, back.stderr).to.equal(0);
      expect(back.stdout).to.contain(`follows commit "${first}" instead of branch "main"`);
      expect((await of.container(name)).Config.Env).to.include("ROUND=1");

      await repo.commit({ "compose.yaml": composeOf({ web: { environment: { ROUND: "3" } } }) });
      const undone = await world.cli("rollback", name, "--undo", "--wait");
      expect(undone.code, undone.stderr).to.equal(0);
      expect(await readFile(file, "utf8")).to.equal(before);
      expect((await of.container(name)).Config.Env).to.include("ROUND=3");
    },
  });
});

/** A build context of an image like the tests' one, and yet another. */
async function contextOf(world: World, title: string): Promise<string> {
  const dir = await mkdtemp(join(world.root, "context-"));
  await writeFile(join(dir, "Dockerfile"), `FROM ${TEST_IMAGE}\nLABEL title="${title}"\n`);
  return dir;
}

function secret(name: string, value: string): string {
  return stringify({
    apiVersion: "conops.dev/v1alpha1",
    kind: "Secret",
    metadata: { name },
    type: "Opaque",
    stringData: { key: value },
  });
}
