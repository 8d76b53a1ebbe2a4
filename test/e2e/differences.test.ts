import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { ApplicationRecord } from "../../controller/status/record.ts";
import { reasonOf } from "../support/conditions.ts";
import { composeOf, createDeployments, FOR_EVER, type Deployments } from "../support/deployments.ts";
import { composeUp, requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { healedCount, healings, isReady, metricOf } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

describe("what runs otherwise than it was made", () => {
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

  const resolves = (from: string, name: string): Promise<boolean> =>
    world.docker("exec", from, "nslookup", name).then(
      () => true,
      () => false,
    );

  /** Does it, waits until it is healed, and says why it was; `ran` holds if the container went on running. */
  async function healed(name: string, act: () => Promise<unknown>): Promise<{ why: string; ran: boolean }> {
    const before = await of.container(name);
    const count = healedCount(await world.untilReady(name));
    await act();
    const status = await world.untilStatus(
      name,
      "it is healed",
      (now) => healedCount(now) > count && now.drift.length === 0 && isReady(now),
      120_000,
    );
    const after = await of.container(name);
    const [newest] = healings(status);
    return {
      why: newest?.reason ?? "",
      ran: after.Id === before.Id && after.State.StartedAt === before.State.StartedAt,
    };
  }

  together({
    async "is attached again under its names where it was taken off a network, and goes on running"() {
      await of.deploy("off", { web: {}, db: {} });
      const [web, network] = [`${of.project("off")}-web-1`, `${of.project("off")}_default`];
      expect(await resolves(`${of.project("off")}-db-1`, "web")).to.equal(true);

      const { why, ran } = await healed("off", () => world.docker("network", "disconnect", network, web));

      expect(why).to.equal(`web: NetworkDetached: not attached to network "${network}"`);
      expect(ran).to.equal(true);
      expect(await resolves(`${of.project("off")}-db-1`, "web")).to.equal(true);
      expect(await metricOf(controller, 'conops_drift_total{name="off",kind="NetworkDetached"}')).to.equal(1);
    },

    async "gets its names back where somebody attached it again without them, and leaves a foreign network"() {
      await of.deploy("on", { web: {}, db: {} });
      const [web, network] = [`${of.project("on")}-web-1`, `${of.project("on")}_default`];
      const foreign = `${of.project("on")}-foreign`;
      await world.docker("network", "create", foreign);

      const extra = await healed("on", () => world.docker("network", "connect", foreign, web));
      expect(extra).to.deep.equal({
        why: `web: NetworkChanged: attached to network "${foreign}"`,
        ran: true,
      });
      await world.docker("network", "rm", foreign);

      const count = healedCount(await world.untilReady("on"));
      await of.whileSuspended("on", async () => {
        await world.docker("network", "disconnect", network, web);
        await world.docker("network", "connect", network, web);
      });
      await world.untilStatus(
        "on",
        "it is healed",
        (now) => healedCount(now) > count && now.drift.length === 0 && isReady(now),
      );
      expect(await resolves(`${of.project("on")}-db-1`, "web")).to.equal(true);
    },

    async "is made anew where somebody gave it other limits, and gets back its name as it runs"() {
      await of.deploy("other", { web: { mem_limit: "64m" } });
      const web = `${of.project("other")}-web-1`;

      const renamed = await healed("other", () => world.docker("rename", web, `${web}-mine`));
      expect(renamed).to.deep.equal({ why: `web: Modified: name "${web}-mine"`, ran: true });

      const { why, ran } = await healed("other", () =>
        world.docker("update", "--memory", "128m", "--memory-swap", "256m", "--restart", "always", web),
      );
      expect(why).to.equal("web: Modified: memory 128 MiB, memory-swap 256 MiB, restart always");
      expect(ran).to.equal(false);
      const limits = await world.docker(
        "inspect",
        web,
        "--format",
        "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}",
      );
      expect(limits.trim()).to.equal(`${64 << 20} no`);
    },

    async "loses only the surplus where somebody scaled it up, and no volume"() {
      await of.deploy("more", { web: { volumes: ["/anonymous"] } });
      const project = of.project("more");
      const file = join(world.data, "checkouts", "more", "compose.yaml");
      const volumesOf = async (): Promise<readonly string[]> =>
        (await world.docker("inspect", `${project}-web-3`, "--format", "{{range .Mounts}}{{.Name}} {{end}}"))
          .trim()
          .split(" ");
      let volumes: readonly string[] = [];

      const { why, ran } = await healed("more", async () => {
        await world.manifest("more", { suspend: true });
        await world.untilStatus("more", "it is suspended", ({ phase }) => phase === "Suspended");
        await world.docker("compose", "-p", project, "-f", file, "up", "-d", "--scale", "web=3");
        volumes = await volumesOf();
        await world.untilStatus("more", "the surplus is seen", ({ drift }) => drift[0]?.kind === "Scaled");
        await world.manifest("more", {});
      });

      expect(why).to.equal("web: Scaled: 3 containers");
      expect(ran).to.equal(true);
      expect((await world.containers(project)).map(({ Name }) => Name)).to.deep.equal([`/${project}-web-1`]);
      for (const volume of volumes) await world.docker("volume", "inspect", volume);
      await world.docker("volume", "rm", ...volumes);
    },

    async "is on its network under its name after a commit, or somebody's own file, gave that another definition"() {
      const services = {
        db: {
          image: TEST_IMAGE,
          command: FOR_EVER,
          networks: ["default"],
          healthcheck: { test: ["CMD", "true"], interval: "1s" },
        },
        web: {
          image: TEST_IMAGE,
          command: FOR_EVER,
          networks: ["default"],
          // Brought up after it, by another call to Compose.
          depends_on: { db: { condition: "service_healthy" } },
        },
      };
      const file = (label: string): string =>
        stringify({ services, networks: { default: { labels: { made: label } } } });
      const repo = await world.repo("net");
      await repo.commit({ "compose.yaml": file("one") });
      await world.manifest("net", {});
      await world.untilReady("net", undefined, 90_000);
      const made = (): Promise<string> =>
        world.docker("network", "inspect", `${of.project("net")}_default`, "--format", "{{.Labels.made}}");

      const second = await repo.commit({ "compose.yaml": file("two") });
      await world.untilReady("net", second, 90_000);
      expect((await made()).trim()).to.equal("two");
      expect(await resolves(`${of.project("net")}-web-1`, "db")).to.equal(true);

      const count = healedCount(await world.untilReady("net"));
      await of.whileSuspended("net", () => composeUp(of.project("net"), file("mine")));
      await world.untilStatus(
        "net",
        "it is healed",
        (now) => healedCount(now) > count && now.drift.length === 0 && isReady(now),
        90_000,
      );
      expect((await made()).trim()).to.equal("two");
      expect(await resolves(`${of.project("net")}-web-1`, "db")).to.equal(true);
    },

    async "of a volume is said, with the steps by hand, and never healed"() {
      const file = (options: object): string =>
        `${composeOf({ web: { volumes: ["db:/db"] } })}${stringify({ volumes: { db: options } })}`;
      const repo = await world.repo("volume");
      await repo.commit({ "compose.yaml": file({}) });
      await world.manifest("volume", {});
      await world.untilReady("volume", undefined, 90_000);
      const before = await of.container("volume");
      await world.docker("exec", before.Id, "sh", "-c", "echo kept > /db/row");

      const head = await repo.commit({
        "compose.yaml": file({ driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=1m" } }),
      });
      const status = await world.untilStatus(
        "volume",
        "it says so",
        (now) => now.sync.applied?.revision === head && reasonOf(now, "Stalled") === "VolumeChanged",
        60_000,
      );
      expect(status.drift.map(({ service, kind }) => `${service} ${kind}`)).to.deep.equal([
        "web VolumeChanged",
      ]);
      expect(status.phase).to.equal("OutOfSync");
      const after = await of.container("volume");
      expect(await world.docker("exec", after.Id, "cat", "/db/row")).to.equal("kept\n");
    },

    async "is left alone, shown and counted apart where the spec says so"() {
      const ignoreDifferences = [{ service: "web", kinds: ["Modified"] }];
      await of.deploy("alone", { web: {}, side: {} }, { ignoreDifferences });
      const [web, side] = ["web", "side"].map((service) => `${of.project("alone")}-${service}-1`) as [
        string,
        string,
      ];
      const before = await of.container("alone");
      await world.docker("update", "--restart", "always", web);
      const seen = await world.untilStatus("alone", "it is shown", ({ drift }) => drift.length > 0);
      expect(seen.drift.map(({ kind, ignored }) => [kind, ignored])).to.deep.equal([["Modified", true]]);
      expect([seen.phase, isReady(seen)]).to.deep.equal(["Synced", true]);

      // Another service is healed as ever, while the ignored one stays.
      await world.docker("update", "--restart", "always", side);
      await world.untilStatus("alone", "the other one is healed", (now) =>
        healings(now).some(({ reason }) => reason === "side: Modified: restart always"),
      );
      const after = await of.container("alone");
      expect(after.Id).to.equal(before.Id);
      const counted = (metric: string): Promise<number> =>
        metricOf(controller, `conops_drift_${metric}{name="alone",kind="Modified"}`);
      expect([await counted("total"), await counted("ignored_total")]).to.deep.equal([1, 1]);
      expect(await world.docker("inspect", web, "--format", "{{.HostConfig.RestartPolicy.Name}}")).to.equal(
        "always\n",
      );
    },
  });

  it("is nothing of what a record of an older version, or of another engine, does not know; it is noted", async () => {
    await of.deploy("old", { web: {} });
    const before = await of.container("old");
    await controller.stop();
    const path = join(world.data, "records", "old.json");
    const record = JSON.parse(await readFile(path, "utf8")) as ApplicationRecord;
    const { applied } = record;
    const { engineVersion, objects, ...older } = applied ?? {};
    expect(engineVersion).to.match(/^\d+\./);
    expect(Object.keys(objects?.networks ?? {})).to.deep.equal([`${of.project("old")}_default`]);
    const services = Object.fromEntries(
      Object.entries(applied?.services ?? {}).map(([name, { made: _made, ...service }]) => [name, service]),
    );
    await writeFile(path, JSON.stringify({ ...record, applied: { ...older, services } }));

    controller = await world.start();
    const status = await world.untilReady("old");
    expect(status.drift).to.deep.equal([]);
    const noted = async (): Promise<readonly string[]> =>
      Object.keys((await world.record("old"))?.applied?.services["web"]?.made ?? {});
    await until("it is noted", async () => (await noted()).length > 0);
    expect(await noted()).to.deep.equal([before.Id]);
    expect((await of.container("old")).Id).to.equal(before.Id);
    expect(await metricOf(controller, 'conops_drift_total{name="old",kind="Modified"}')).to.equal(0);
  });
});
