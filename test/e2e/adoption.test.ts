import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { deleteApplication } from "../support/deletion.ts";
import { composeUp, requireEngine, until } from "../support/engine.ts";
import { together } from "../support/together.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

describe("a project that is there already", () => {
  let world: World;
  let elsewhere: World;

  before(async () => {
    await requireEngine();
    [world, elsewhere] = await Promise.all([createWorld(), createWorld()]);
    await Promise.all([world.start(), elsewhere.start()]);
  });
  after(() => Promise.all([world.close(), elsewhere.close()]));

  together({
    async "is taken over by itself when that removes nothing and changes no mount, and keeps its data"() {
      const name = "equal";
      const compose = `${sleeper("web", ["volumes: [db:/db]"])}volumes:\n  db:\n`;
      await composeUp(projectOf(name), compose);
      const before = await runs(projectOf(name));
      await world.docker("exec", before[0]?.[0] ?? "", "sh", "-c", "echo kept > /db/row");
      await (await world.repo(name)).commit({ "compose.yaml": compose });
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const after = await runs(projectOf(name));
      // Compose's hash of a service does not depend on who wrote the file: what equals is not made anew.
      expect(after).to.deep.equal(before);
      expect(await world.docker("exec", after[0]?.[0] ?? "", "cat", "/db/row")).to.equal("kept\n");
      // From now on it is ours: healed, followed, deleted.
      await world.docker("rm", "-f", after[0]?.[0] ?? "");
      await until("it is healed", async () => (await runs(projectOf(name))).length === 1);
      await deleteApplication(world, name);
      expect(await world.containers(projectOf(name))).to.deep.equal([]);
    },

    async "is recreated where its services differ, without a question, as long as its mounts are the same"() {
      const name = "differs";
      await composeUp(projectOf(name), sleeper("web", ["environment: {COLOR: red}"]));
      const before = await runs(projectOf(name));
      await (
        await world.repo(name)
      ).commit({ "compose.yaml": sleeper("web", ["environment: {COLOR: blue}"]) });
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const [container, ...others] = await world.containers(projectOf(name));
      expect(others).to.deep.equal([]);
      expect(container?.Id).not.to.equal(before[0]?.[0]);
      expect(container?.Config.Env).to.include("COLOR=blue");
    },

    async "with other services and mounts waits for adopt: true, with the plan in its status"() {
      const name = "foreign";
      const project = projectOf(name);
      await composeUp(
        project,
        `${sleeper("web", ["volumes: [old:/db, ./conf:/conf]"])}${service("legacy")}volumes:\n  old:\n`,
      );
      const before = await runs(project);
      const repo = await world.repo(name);
      const head = await repo.commit({
        "compose.yaml": `${sleeper("web", ["volumes: [new:/db, ./conf:/conf]"])}volumes:\n  new:\n`,
        "conf/app": "ours",
      });
      await world.manifest(name, {});
      const status = await world.untilStatus(
        name,
        "it asks",
        (now) => reasonOf(now, "Ready") === "AdoptionRequired",
      );
      expect(conditionOf(status, "Ready").message).to.contain("adopt: true");
      expect(status.adoption?.removes).to.deep.equal([`container "${project}-legacy-1" of service "legacy"`]);
      expect(status.adoption?.changes.join("\n"))
        .to.contain(`"/db" of "${project}-web-1": volume "${project}_old" → "${project}_new"`)
        .and.to.contain(`"/conf" of "${project}-web-1": "`);
      expect(await runs(project)).to.deep.equal(before);
      // Deleted now, it was never ours.
      await deleteApplication(world, name);
      expect(await runs(project)).to.deep.equal(before);

      await world.manifest(name, {});
      await world.untilStatus(name, "it asks again", (now) => reasonOf(now, "Ready") === "AdoptionRequired");
      await world.manifest(name, { compose: { adopt: true } });
      const taken = await world.untilReady(name, head, 60_000);
      expect(taken.adoption).to.equal(undefined);
      const containers = await world.containers(project);
      expect(containers.map(({ Name }) => Name)).to.deep.equal([`/${project}-web-1`]);
      expect(await world.docker("exec", containers[0]?.Id ?? "", "cat", "/conf/app")).to.equal("ours");
      expect((await world.docker("volume", "ls", "-q", "--filter", `name=${project}_old`)).trim()).to.equal(
        `${project}_old`,
      );
    },

    async "of another ConOps is refused, also with adopt: true"() {
      const name = "theirs";
      await (await elsewhere.repo(name)).commit({ "compose.yaml": sleeper() });
      await elsewhere.manifest(name, { compose: { projectName: projectOf(name) } });
      await elsewhere.untilReady(name, undefined, 60_000);
      const before = await runs(projectOf(name));
      await (await world.repo(name)).commit({ "compose.yaml": sleeper("web", ["environment: {A: b}"]) });
      await world.manifest(name, { compose: { adopt: true } });
      const status = await world.untilStatus(
        name,
        "it is refused",
        (now) => reasonOf(now, "Ready") === "ProjectOwnedElsewhere",
      );
      expect(conditionOf(status, "Ready").message).to.contain(elsewhere.data);
      await deleteApplication(world, name);
      expect(await runs(projectOf(name))).to.deep.equal(before);
      await deleteApplication(elsewhere, name);
      expect(await world.containers(projectOf(name))).to.deep.equal([]);
    },

    async "of another Application is refused, and is free when that one is gone"() {
      const project = projectOf("shared");
      await (
        await world.repo("first")
      ).commit({ "compose.yaml": sleeper("web", ["environment: {OF: first}"]) });
      await (
        await world.repo("second")
      ).commit({ "compose.yaml": sleeper("web", ["environment: {OF: second}"]) });
      await world.manifest("first", { compose: { projectName: project } });
      await world.untilReady("first", undefined, 60_000);
      const before = await runs(project);
      await world.manifest("second", { compose: { projectName: project } });
      const status = await world.untilStatus(
        "second",
        "it is refused",
        (now) => reasonOf(now, "Ready") === "ProjectNameTaken",
      );
      expect(conditionOf(status, "Ready").message).to.contain('"first"');
      expect(conditionOf(status, "Stalled").status).to.equal("True");
      await deleteApplication(world, "second");
      expect(await runs(project)).to.deep.equal(before);
      expect(await world.condition("first", "Ready")).to.equal("True Synced");

      await world.manifest("second", { compose: { projectName: project } });
      await world.untilStatus(
        "second",
        "it is refused again",
        (now) => reasonOf(now, "Ready") === "ProjectNameTaken",
      );
      await deleteApplication(world, "first");
      await world.untilReady("second", undefined, 60_000);
      const [container] = await world.containers(project);
      expect(container?.Config.Env).to.include("OF=second");
    },

    async "goes to one of two Applications that want it at the same moment"() {
      const project = projectOf("race");
      await (await world.repo("left")).commit({ "compose.yaml": sleeper("left") });
      await (await world.repo("right")).commit({ "compose.yaml": sleeper("right") });
      await Promise.all(
        ["left", "right"].map((name) => world.manifest(name, { compose: { projectName: project } })),
      );
      const reasons = await until(
        "one has it, the other is refused",
        async () => {
          const both = await Promise.all(["left", "right"].map((name) => world.condition(name, "Ready")));
          return both.toSorted().join() === "False ProjectNameTaken,True Synced" ? both : undefined;
        },
        60_000,
      );
      const [container, ...others] = await world.containers(project);
      expect(others).to.deep.equal([]);
      expect(container?.Name).to.equal(`/${project}-${reasons[0] === "True Synced" ? "left" : "right"}-1`);
    },

    async "keeps its name: an edit of projectName is refused, while what runs goes on, and is what a deletion removes"() {
      const name = "renamed";
      await (await world.repo(name)).commit({ "compose.yaml": sleeper() });
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const before = await runs(projectOf(name));
      await world.manifest(name, { compose: { projectName: projectOf("other") } });
      const status = await world.untilStatus(
        name,
        "it is refused",
        (now) => reasonOf(now, "Ready") === "ProjectNameImmutable",
      );
      expect(conditionOf(status, "Ready").message).to.contain(projectOf(name));
      expect(conditionOf(status, "Healthy").status).to.equal("True");
      expect(await runs(projectOf(name))).to.deep.equal(before);
      await world.docker("rm", "-f", before[0]?.[0] ?? "");
      await until("it is healed", async () => (await runs(projectOf(name))).length === 1);
      expect(await world.containers(projectOf("other"))).to.deep.equal([]);
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      await world.manifest(name, { compose: { projectName: projectOf("other") } });
      await world.untilStatus(
        name,
        "it is refused again",
        (now) => reasonOf(now, "Ready") === "ProjectNameImmutable",
      );
      await deleteApplication(world, name);
      expect(await world.containers(projectOf(name))).to.deep.equal([]);
    },
  });

  it("is ours when its containers come from our checkouts, though the record was lost", async () => {
    const name = "lost";
    const project = `${elsewhere.prefix}-${name}`;
    const repo = await elsewhere.repo(name);
    const compose = `${sleeper("web", ["volumes: [db:/db, ./conf:/conf]"])}${service("more")}volumes:\n  db:\n`;
    await repo.commit({ "compose.yaml": compose, "conf/app": "one" });
    await elsewhere.killAll();
    const first = await elsewhere.start();
    await elsewhere.manifest(name, {});
    await elsewhere.untilReady(name);
    const before = await runs(project);
    await first.stop();
    await rm(join(elsewhere.data, "records", `${name}.json`));

    const second = await elsewhere.start();
    await elsewhere.untilReady(name);
    expect(await runs(project)).to.deep.equal(before);
    // Also when it is to lose a service and change a mount, nobody has to be asked.
    await second.stop();
    await rm(join(elsewhere.data, "records", `${name}.json`));
    const head = await repo.commit({
      "compose.yaml": sleeper("web", ["volumes: [./conf:/config]"]),
      "conf/app": "two",
    });
    await elsewhere.start();
    await elsewhere.untilReady(name, head);
    expect((await elsewhere.containers(project)).map(({ Name }) => Name)).to.deep.equal([
      `/${project}-web-1`,
    ]);
  });

  function projectOf(name: string): string {
    return `${world.prefix}-${name}`;
  }

  async function runs(project: string): Promise<readonly (readonly [string, string])[]> {
    return (await world.containers(project))
      .map(({ Id, State }) => [Id, State.StartedAt] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
});

/** Another service, to be put below the first. */
function service(name: string): string {
  return sleeper(name).replace("services:\n", "");
}
