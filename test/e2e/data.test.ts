import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { deleteApplication } from "../support/deletion.ts";
import { requireEngine, until } from "../support/engine.ts";
import { together } from "../support/together.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

describe("data", () => {
  let world: World;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    await world.start();
  });
  after(() => world.close());

  together({
    async "of a container in a folder inside the checkout, and untracked files beside it, survive 50 syncs and the deletion"() {
      const name = "precious";
      const repo = await world.repo(name);
      const project = projectOf(name);
      const files = (round: number): Record<string, string> => ({
        "compose.yaml": sleeper("web", ["volumes: [./data:/data, ./www:/www]"]),
        "www/page": `round ${round}`,
        [`www/round-${round}`]: "this round's own",
      });
      await repo.commit(files(0));
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const checkout = join(world.data, "checkouts", name);
      const [container] = await world.containers(project);
      await world.docker(
        "exec",
        container?.Id ?? "",
        "sh",
        "-c",
        "mkdir -p /data/sub && head -c 300000 /dev/urandom > /data/sub/db && echo mine > /www/upload && chmod 0700 /data/sub",
      );
      await writeFile(join(checkout, "beside.txt"), "untracked");
      await mkdir(join(checkout, "www/cache"));
      await writeFile(join(checkout, "www/cache/entry"), "cached");
      const precious = ["data/sub/db", "www/upload", "beside.txt", "www/cache/entry"];
      const look = (): Promise<readonly unknown[]> =>
        Promise.all(
          precious.map(async (path) => {
            const { ino, mtimeNs, mode, uid } = await stat(join(checkout, path), { bigint: true });
            return [path, await readFile(join(checkout, path), "base64"), ino, mtimeNs, mode, uid];
          }),
        );
      const before = await look();
      for (let round = 1; round <= 50; round += 1) {
        const head = await repo.commit({ ...files(round), [`www/round-${round - 1}`]: null });
        await until(
          `round ${round} is applied`,
          async () => (await world.record(name))?.applied?.revision === head,
          30_000,
        );
        expect(await readFile(join(checkout, "www/page"), "utf8")).to.equal(`round ${round}`);
      }
      await world.untilReady(name, undefined, 60_000);
      expect(await look()).to.deep.equal(before);
      expect((await readdir(join(checkout, "www"))).toSorted()).to.deep.equal([
        "cache",
        "page",
        "round-50",
        "upload",
      ]);
      expect((await world.containers(project)).map(({ State }) => State.Status)).to.deep.equal(["running"]);

      await deleteApplication(world, name);
      expect(await world.containers(project)).to.deep.equal([]);
      expect(await look()).to.deep.equal(before);
      expect(await readdir(join(checkout, "www"))).to.have.members(["cache", "upload"]);
      expect(await readdir(checkout)).to.have.members(["beside.txt", "data", "www"]);
    },

    async "in named volumes stays after Delete, and goes with DeleteVolumes"() {
      const compose = `${sleeper("web", ["volumes: [db:/db, ./data:/data]"])}volumes:\n  db:\n`;
      await Promise.all(
        (["Delete", "DeleteVolumes"] as const).map(async (deletionPolicy) => {
          const name = deletionPolicy.toLowerCase();
          await (await world.repo(name)).commit({ "compose.yaml": compose });
          await world.manifest(name, { deletionPolicy });
          await world.untilReady(name, undefined, 60_000);
          const [container] = await world.containers(projectOf(name));
          await world.docker(
            "exec",
            container?.Id ?? "",
            "sh",
            "-c",
            "echo kept > /db/row; echo kept > /data/row",
          );
          await deleteApplication(world, name);
          expect(await world.containers(projectOf(name))).to.deep.equal([]);
          const volumes = await world.docker("volume", "ls", "-q", "--filter", `name=${projectOf(name)}_db`);
          const data = join(world.data, "checkouts", name, "data/row");
          if (deletionPolicy === "Delete") {
            expect(volumes.trim()).to.equal(`${projectOf(name)}_db`);
            expect(await readFile(data, "utf8")).to.equal("kept\n");
          } else {
            expect(volumes.trim()).to.equal("");
            expect(await exists(join(world.data, "checkouts", name))).to.equal(false);
          }
        }),
      );
      // A new life of the same name finds its volume.
      await world.manifest("delete", {});
      await world.untilReady("delete", undefined, 60_000);
      const [again] = await world.containers(projectOf("delete"));
      expect(await world.docker("exec", again?.Id ?? "", "cat", "/db/row", "/data/row")).to.equal(
        "kept\nkept\n",
      );
    },

    async "and containers of an Orphan are left as they are"() {
      const repo = await world.repo("orphan");
      await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: [./www:/www:ro, ./data:/data]"]),
        "www/page": "hello",
      });
      await world.manifest("orphan", { deletionPolicy: "Orphan" });
      await world.untilReady("orphan", undefined, 60_000);
      const before = await runs("orphan");
      await deleteApplication(world, "orphan");
      expect(await runs("orphan")).to.deep.equal(before);
      const [container] = await world.containers(projectOf("orphan"));
      expect(container?.State.Status).to.equal("running");
      expect(await world.docker("exec", container?.Id ?? "", "cat", "/www/page")).to.equal("hello");
      // Taken in again, it is the same container.
      await world.manifest("orphan", {});
      await world.untilReady("orphan", undefined, 60_000);
      expect(await runs("orphan")).to.deep.equal(before);
    },

    async "in a tracked file that was changed here stops the sync that would overwrite it, until it is moved away"() {
      const name = "conflict";
      const repo = await world.repo(name);
      const compose = sleeper("web", ["volumes: [./conf:/conf]"]);
      const first = await repo.commit({ "compose.yaml": compose, "conf/app": "one", "conf/other": "one" });
      await world.manifest(name, {});
      await world.untilReady(name, first, 60_000);
      const checkout = join(world.data, "checkouts", name);
      await writeFile(join(checkout, "conf/app"), "edited here");
      // What Git does not change is nobody's conflict.
      const second = await repo.commit({ "conf/other": "two" });
      await world.untilReady(name, second, 60_000);
      const before = await runs(name);
      expect(await readFile(join(checkout, "conf/app"), "utf8")).to.equal("edited here");

      await repo.commit({ "conf/app": "three", "conf/other": "three" });
      const status = await world.untilStatus(
        name,
        "the conflict is told",
        (now) => reasonOf(now, "Ready") === "CheckoutConflict",
      );
      expect(conditionOf(status, "Ready").message).to.contain('"conf/app"');
      expect(status.phase).to.equal("Degraded");
      expect(status.sync.applied?.revision).to.equal(second);
      expect(await readFile(join(checkout, "conf/app"), "utf8")).to.equal("edited here");
      expect(await readFile(join(checkout, "conf/other"), "utf8")).to.equal("two");
      expect((await runs(name)).map(([id]) => id)).to.deep.equal(before.map(([id]) => id));

      await rename(join(checkout, "conf/app"), join(checkout, "conf/app.mine"));
      const retried = await world.cli("retry", name);
      expect(retried.code, retried.stderr).to.equal(0);
      await world.untilReady(name, await repo.head(), 60_000);
      expect(await readFile(join(checkout, "conf/app"), "utf8")).to.equal("three");
      expect(await readFile(join(checkout, "conf/app.mine"), "utf8")).to.equal("edited here");
      expect(await readFile(join(checkout, "conf/other"), "utf8")).to.equal("three");
    },

    async "that is untracked is never covered by a file that Git brings"() {
      const name = "covered";
      const repo = await world.repo(name);
      const compose = sleeper("web", ["volumes: [./conf:/conf]"]);
      await repo.commit({ "compose.yaml": compose, "conf/app": "one" });
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const checkout = join(world.data, "checkouts", name);
      await writeFile(join(checkout, "conf/new"), "was here first");
      await mkdir(join(checkout, "conf/folder"));
      await writeFile(join(checkout, "conf/folder/db"), "was here first");
      await repo.commit({ "conf/new": "from Git" });
      const told = await world.untilStatus(
        name,
        "the file is a conflict",
        (now) => reasonOf(now, "Ready") === "CheckoutConflict",
      );
      expect(conditionOf(told, "Ready").message).to.contain('"conf/new"');
      await repo.commit({ "conf/new": null, "conf/folder": "a file" });
      await world.untilStatus(name, "the folder is a conflict", (now) =>
        (conditionOf(now, "Ready").message ?? "").includes('"conf/folder"'),
      );
      expect(await readFile(join(checkout, "conf/new"), "utf8")).to.equal("was here first");
      expect(await readFile(join(checkout, "conf/folder/db"), "utf8")).to.equal("was here first");
      const last = await repo.commit({ "conf/folder": null, "conf/app": "two" });
      await world.untilReady(name, last, 60_000);
      expect(await readFile(join(checkout, "conf/new"), "utf8")).to.equal("was here first");
    },

    async "in a tracked file is kept, or overwritten with a copy, where a label says so"() {
      const compose = (choice: string): string =>
        sleeper("web", ["volumes: [./conf:/conf]", `labels: {conops.dev/on-local-change: ${choice}}`]);
      await Promise.all(
        ["keep", "overwrite"].map(async (choice) => {
          const repo = await world.repo(choice);
          await repo.commit({ "compose.yaml": compose(choice), "conf/app": "one" });
          await world.manifest(choice, {});
          await world.untilReady(choice, undefined, 60_000);
          const conf = join(world.data, "checkouts", choice, "conf");
          await writeFile(join(conf, "app"), "edited here");
          const head = await repo.commit({ "conf/app": "two" });
          await world.untilReady(choice, head, 60_000);
          const app = await readFile(join(conf, "app"), "utf8");
          if (choice === "keep") {
            expect(app).to.equal("edited here");
            expect(await readdir(conf)).to.deep.equal(["app"]);
          } else {
            expect(app).to.equal("two");
            expect(await readFile(join(conf, "app.local-1"), "utf8")).to.equal("edited here");
          }
        }),
      );
    },

    async "outside the checkout is out of a repository's reach"() {
      const secret = join(world.root, "outside");
      await mkdir(secret);
      await writeFile(join(secret, "file"), "not yours");
      // A link that nobody uses does no harm; one that is used is refused, by its name.
      const repo = await world.repo("linked");
      const first = await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: [./www:/www]"]),
        "www/page": "hello",
        unused: { link: secret },
      });
      await world.manifest("linked", {});
      await world.untilReady("linked", first, 60_000);
      const before = await runs("linked");
      await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: [./leak:/www]"]),
        leak: { link: secret },
      });
      const status = await world.untilStatus(
        "linked",
        "the link is refused",
        (now) => reasonOf(now, "Ready") === "UnsafePath",
      );
      expect(conditionOf(status, "Ready").message).to.contain("leak");
      expect(await runs("linked")).to.deep.equal(before);

      // A folder that was made a link on this host is never written through.
      const planted = await world.repo("planted");
      await planted.commit({ "compose.yaml": sleeper(), "conf/file": "one" });
      await world.manifest("planted", {});
      await world.untilReady("planted", undefined, 60_000);
      const checkout = join(world.data, "checkouts", "planted");
      await rm(join(checkout, "conf"), { recursive: true });
      await symlink(secret, join(checkout, "conf"));
      await planted.commit({
        "compose.yaml": sleeper("web", ["volumes: [./conf:/conf]"]),
        "conf/file": "two",
      });
      await world.untilStatus(
        "planted",
        "the link is a conflict",
        (now) => reasonOf(now, "Ready") === "CheckoutConflict",
      );
      expect(await readFile(join(secret, "file"), "utf8")).to.equal("not yours");
      expect(await readdir(secret)).to.deep.equal(["file"]);
    },

    async "that a container made unreadable in the checkout stops nothing"() {
      const name = "locked";
      const repo = await world.repo(name);
      await repo.commit({ "compose.yaml": sleeper("web", ["volumes: [./data:/data]"]), "data/.gitkeep": "" });
      await world.manifest(name, {});
      await world.untilReady(name, undefined, 60_000);
      const data = join(world.data, "checkouts", name, "data");
      await writeFile(join(data, "db"), "rows");
      await chmod(data, 0o700);
      await rm(join(data, ".gitkeep"));
      const head = await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: [./data:/data]", "environment: {A: b}"]),
      });
      await world.untilReady(name, head, 60_000);
      expect(await readFile(join(data, "db"), "utf8")).to.equal("rows");
      expect((await stat(data)).mode & 0o777).to.equal(0o700);
    },
  });

  function projectOf(name: string): string {
    return `${world.prefix}-${name}`;
  }

  async function runs(name: string): Promise<readonly (readonly [string, string])[]> {
    return (await world.containers(projectOf(name))).map(({ Id, State }) => [Id, State.StartedAt] as const);
  }
});

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
