import { execFile, execFileSync } from "node:child_process";
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { writeRequest } from "../../../controller/registry/requests.ts";
import {
  createTempRegistry,
  manifestText,
  type OpenRegistry,
  type TempRegistry,
} from "../../support/temp-registry.ts";

/** Longer than it takes a change to be seen and the grace period of these tests to pass, several times over. */
const LONG_ENOUGH_MS = 1_200;
const GRACE_MS = 300;

describe("the registry on a real folder", function () {
  this.timeout(30_000);
  let temp: TempRegistry;
  beforeEach(async () => {
    temp = await createTempRegistry();
  });
  afterEach(() => temp.destroy());

  const apps = (...names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(names.map((name) => [`${name}.yaml`, manifestText(name)]));
  const opened = (): Promise<OpenRegistry> => temp.open({ graceMs: GRACE_MS });
  const path = (file: string): string => join(temp.dir, file);

  /** Lets time pass in which something wrong would show; nothing can be awaited where nothing is to happen. */
  const letPass = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));

  async function kindsSeen(
    registry: OpenRegistry,
    key: string,
    act: () => Promise<void>,
  ): Promise<readonly string[]> {
    const seen = new Set<string>();
    const timer = setInterval(() => seen.add(registry.get(key).kind), 5);
    await act();
    await letPass();
    clearInterval(timer);
    return [...seen];
  }

  describe("at the start", () => {
    it("lists every manifest, and enqueues every key once", async () => {
      await temp.write({ ...apps("a"), "x/y/b.yml": manifestText("b"), "c.yaml": "{" });

      const registry = await opened();

      expect(registry.hasSynced()).to.equal(true);
      expect(registry.isPresent()).to.equal(true);
      expect(registry.enqueued.toSorted()).to.deep.equal(["a", "b", "c.yaml#0"]);
      expect(registry.keys().toSorted()).to.deep.equal(["a", "b", "c.yaml#0"]);
    });

    it("lists 10,000 manifests in a few seconds, and then sees an edit at once", async () => {
      for (let folder = 0; folder < 100; folder++) await mkdir(path(`team-${folder}`), { recursive: true });
      for (let app = 0; app < 10_000; app++) {
        await writeFile(path(`team-${app % 100}/app-${app}.yaml`), manifestText(`app-${app}`));
      }

      const begun = performance.now();
      const registry = await opened();
      const listedMs = performance.now() - begun;
      await temp.write({ "team-7/app-7.yaml": "{" });
      await registry.until("app-7", "invalid", 2_000);

      expect(registry.enqueued).to.have.length(10_001);
      expect(listedMs).to.be.below(8_000);
    });

    it("judges what was deleted while nobody looked", async () => {
      await temp.write(apps("a", "b", "c", "d"));
      const known = ["a", "b", "c", "d", "gone"].map((key) => ({
        key,
        place: { file: `${key}.yaml`, document: 0 },
      }));

      const registry = await temp.open({ known, graceMs: GRACE_MS });
      const first = registry.get("gone").kind;
      await registry.until("gone", "deleted");

      expect(first).to.equal("absent");
    });
  });

  describe("an edit", () => {
    it("is enqueued within a moment", async () => {
      await temp.write(apps("a"));
      const registry = await opened();
      registry.enqueued.length = 0;

      await temp.write({ "a.yaml": manifestText("a", "v2") });
      await registry.untilTrue("a to be enqueued", () => registry.enqueued.includes("a"), 1_000);

      expect(registry.get("a")).to.deep.include({ kind: "declared", place: { file: "a.yaml", document: 0 } });
    });

    it("is seen in a folder that was just made", async () => {
      const registry = await opened();

      await temp.write({ "new/deep/er/a.yaml": manifestText("a") });
      await registry.until("a", "declared");
      await temp.write({ "new/deep/er/a.yaml": "{" });
      await registry.until("a", "invalid");
    });

    it("enqueues nothing when the content is the same", async () => {
      await temp.write(apps("a"));
      const registry = await opened();
      registry.enqueued.length = 0;

      await temp.write(apps("a"));
      await writeFile(path("a.yaml"), manifestText("a"));
      await utimes(path("a.yaml"), 1, 1);
      await letPass();

      expect(registry.enqueued).to.deep.equal([]);
    });

    it("of what is no manifest enqueues nothing", async () => {
      await temp.write(apps("a"));
      const registry = await opened();
      registry.enqueued.length = 0;

      await temp.write({ "a.status.yaml": manifestText("x"), ".a.yaml.swp": manifestText("x") });
      await temp.write({
        "a.yaml~": manifestText("x"),
        ".hidden/x.yaml": manifestText("x"),
        "notes.md": "x",
      });
      await letPass();

      expect([registry.enqueued, registry.keys()]).to.deep.equal([[], ["a"]]);
    });

    it("that is half written is read again when it is whole", async () => {
      await temp.write(apps("a"));
      const registry = await opened();

      await writeFile(path("a.yaml"), "app a");
      await registry.until("a", "invalid");
      await appendFile(path("a.yaml"), " v2\n");
      const declaration = await registry.until("a", "declared");

      expect(declaration).to.have.nested.property("resource.manifest.spec.text", "v2");
    });

    it("is seen behind a link by the next listing", async () => {
      await writeFile(join(temp.root, "target"), manifestText("a"));
      await symlink(join(temp.root, "target"), path("a.yaml"));
      const registry = await opened();
      const first = registry.get("a").kind;

      await writeFile(join(temp.root, "target"), "{");
      await registry.relist();

      expect([first, registry.get("a").kind]).to.deep.equal(["declared", "invalid"]);
    });

    it("of 2,000 files at once is seen as a whole", async () => {
      const registry = await opened();
      const names = Array.from({ length: 2_000 }, (_, index) => `app-${index}`);
      const copyAll = async (spec: string): Promise<void> => {
        const from = join(temp.root, spec);
        await mkdir(from);
        for (const name of names) await writeFile(join(from, `${name}.yaml`), manifestText(name, spec));
        await promisify(execFile)("cp", ["-r", `${from}/.`, temp.dir]);
      };

      await copyAll("v1");
      await registry.untilTrue("all to be declared", () => registry.keys().length === 2_000);
      await copyAll("v2");
      await registry.untilTrue("all to be edited", () =>
        names.every((name) => {
          const declaration = registry.get(name);
          const spec = declaration.kind === "declared" ? declaration.resource.manifest["spec"] : undefined;
          return (spec as { readonly text?: string } | undefined)?.text === "v2";
        }),
      );
    });
  });

  describe("an editor's save", () => {
    beforeEach(() => temp.write(apps("a", "b")));
    const saves: Readonly<Record<string, () => Promise<void>>> = {
      "by writing over the file": () => writeFile(path("a.yaml"), manifestText("a", "v2")),
      "by renaming a new file over the old one": async () => {
        await writeFile(path(".a.yaml.new"), manifestText("a", "v2"));
        await rename(path(".a.yaml.new"), path("a.yaml"));
      },
      "by a backup, a new file, and the backup's removal": async () => {
        await writeFile(path("4913"), "");
        await unlink(path("4913"));
        await rename(path("a.yaml"), path("a.yaml~"));
        await writeFile(path("a.yaml"), manifestText("a", "v2"));
        await unlink(path("a.yaml~"));
      },
      "by removing the file and making it again": async () => {
        await unlink(path("a.yaml"));
        await new Promise((resolve) => setTimeout(resolve, 30));
        await writeFile(path("a.yaml"), manifestText("a", "v2"));
      },
    };
    for (const [how, save] of Object.entries(saves)) {
      it(`${how} is an edit, and never an absence that counts`, async () => {
        const registry = await temp.open({ graceMs: 1_000 });

        const kinds = await kindsSeen(registry, "a", save);

        expect(kinds).to.not.include("deleted");
        expect(kinds).to.not.include("held");
        expect(registry.get("a")).to.have.nested.property("resource.manifest.spec.text", "v2");
      });
    }
  });

  describe("a file that is gone", () => {
    it("is a deletion after the grace period, told twice", async () => {
      await temp.write(apps("a", "b"));
      const registry = await opened();
      registry.enqueued.length = 0;

      await temp.remove("a.yaml");
      await registry.until("a", "absent");
      await registry.until("a", "deleted");

      expect(registry.enqueued).to.deep.equal(["a", "a"]);
    });

    it("is a deletion even if it is the last one", async () => {
      await temp.write(apps("a"));
      const registry = await opened();

      await temp.remove("a.yaml");
      await registry.until("a", "deleted");
    });

    it("is no deletion when it moved within the registry", async () => {
      await temp.write({
        ...apps("a", "b"),
        "old/c.yaml": manifestText("c"),
        "old/d.yaml": manifestText("d"),
      });
      const registry = await opened();
      await mkdir(path("sub"));

      const kinds = await kindsSeen(registry, "c", async () => {
        await rename(path("a.yaml"), path("sub/other.yml"));
        await rename(path("old"), path("new"));
      });

      expect(kinds).to.deep.equal(["declared"]);
      expect(registry.get("a")).to.deep.include({
        kind: "declared",
        place: { file: "sub/other.yml", document: 0 },
      });
      expect(registry.get("c")).to.deep.include({
        kind: "declared",
        place: { file: "new/c.yaml", document: 0 },
      });
    });

    it("is forgotten when its teardown is over, and starts anew when it comes back", async () => {
      await temp.write(apps("a", "b"));
      const registry = await opened();
      await temp.remove("a.yaml");
      await registry.until("a", "deleted");

      registry.forget("a");
      const keys = registry.keys();
      await temp.write(apps("a"));
      await registry.until("a", "declared");

      expect(keys).to.deep.equal(["b"]);
    });

    it("is an invalid edit when it was emptied, and goes on being one", async () => {
      await temp.write(apps("a", "b"));
      const registry = await opened();

      await writeFile(path("a.yaml"), "");
      await registry.until("a", "invalid");
      await letPass();

      expect(registry.get("a").kind).to.equal("invalid");
    });

    it("is an invalid edit when the disk fails to read it", async () => {
      await temp.write(apps("a", "b"));
      const registry = await opened();

      await unlink(path("a.yaml"));
      await symlink("/proc/self/mem", path("a.yaml"));
      const declaration = await registry.until("a", "invalid");
      await letPass();

      expect(registry.get("a").kind).to.equal("invalid");
      expect(declaration.kind === "invalid" && declaration.faults[0]?.message).to.equal(
        "cannot be read: the disk reports an error (EIO)",
      );
    });
  });

  describe("a folder that cannot be read", () => {
    const NOBODY = 65_534;
    const isRoot = process.geteuid?.() === 0; // who may read everything
    beforeEach(async () => {
      for (const folder of [temp.root, temp.dir, temp.dataDir]) await chmod(folder, 0o777);
      if (isRoot) process.seteuid?.(NOBODY);
    });
    afterEach(() => {
      if (isRoot) process.seteuid?.(0);
    });

    it("makes every judgement wait, and is watched again when it can be read", async () => {
      await temp.write({ ...apps("a", "b"), "team/c.yaml": manifestText("c") });
      const registry = await opened();

      await chmod(path("team"), 0);
      await temp.remove("a.yaml");
      await registry.until("a", "absent");
      await registry.until("c", "absent");
      await letPass();
      const meanwhile = registry.get("a");
      await chmod(path("team"), 0o755);
      await registry.relist();
      await registry.until("c", "declared");
      await registry.until("a", "deleted");
      await temp.write({ "team/c.yaml": "{" });
      await registry.until("c", "invalid", 2_000);

      expect(meanwhile).to.deep.equal({
        kind: "absent",
        message:
          `"a" is not in the registry any more; whether it was deleted is not judged while ` +
          `the folder "team" cannot be read (permission denied)`,
      });
    });
  });

  describe("a mass disappearance", () => {
    const names = ["a", "b", "c", "d", "e"];
    beforeEach(() => temp.write(apps(...names)));

    it("is held, and ends when the files return", async () => {
      const registry = await opened();

      await temp.remove(...names.slice(0, 3).map((name) => `${name}.yaml`));
      for (const name of names.slice(0, 3)) await registry.until(name, "held");
      await temp.write(apps("a", "b"));
      await registry.until("a", "declared");
      await letPass();

      expect(["a", "b", "c", "d"].map((name) => registry.get(name).kind)).to.deep.equal([
        "declared",
        "declared",
        "held",
        "declared",
      ]);
    });

    it("is held, and what a request confirms is deleted", async () => {
      const registry = await opened();
      await temp.remove(...names.map((name) => `${name}.yaml`));
      for (const name of names) await registry.until(name, "held");
      registry.enqueued.length = 0;

      await writeRequest(temp.dir, {
        action: "confirm-deletion",
        name: "b",
        token: "t1",
        requestedAt: "2026-01-02T03:04:05Z",
      });
      await registry.until("b", "deleted");

      expect(registry.enqueued).to.deep.equal(["b"]);
      expect(registry.requests("b").map(({ token }) => token)).to.deep.equal(["t1"]);
      expect(names.map((name) => registry.get(name).kind)).to.deep.equal([
        "held",
        "deleted",
        "held",
        "held",
        "held",
      ]);
    });

    it("is held when a folder was removed, file by file", async () => {
      await temp.write({
        "team/f.yaml": manifestText("f"),
        "team/g.yaml": manifestText("g"),
        "team/h.yaml": manifestText("h"),
      });
      const registry = await opened();

      for (const name of ["f", "g", "h"]) {
        await temp.remove(`team/${name}.yaml`);
        await new Promise((resolve) => setTimeout(resolve, GRACE_MS / 2));
      }
      await temp.remove("team");

      for (const name of ["f", "g", "h"]) await registry.until(name, "held");
    });
  });

  describe("the folder itself", () => {
    beforeEach(() => temp.write(apps("a", "b")));

    it("is absent when another is in its place, and back when it is", async () => {
      const registry = await opened();
      const aside = join(temp.root, "aside");

      await rename(temp.dir, aside);
      await mkdir(temp.dir);
      await registry.until("a", "absent");
      await letPass();
      const meanwhile = [
        registry.isPresent(),
        registry.get("a").kind,
        registry.get("b").kind,
        registry.get("new").kind,
      ];
      await rm(temp.dir, { recursive: true });
      await rename(aside, temp.dir);
      await registry.until("a", "declared");
      await temp.write({ "a.yaml": "{" });
      await registry.until("a", "invalid", 1_000);

      expect(meanwhile).to.deep.equal([false, "absent", "absent", "absent"]);
      expect(registry.warnings).to.have.length(1);
    });

    it("is absent when it was removed and made again, as by an unmount", async () => {
      const registry = await opened();

      await rm(temp.dir, { recursive: true });
      await registry.until("a", "absent");
      await mkdir(temp.dir);
      await temp.write(apps("c"));
      await letPass();

      expect(["a", "b", "c"].map((name) => registry.get(name).kind)).to.deep.equal([
        "absent",
        "absent",
        "absent",
      ]);
    });

    it("is listed and watched anew when a copy with the same marker takes its place", async () => {
      const registry = await opened();
      const copy = join(temp.root, "copy");
      await cp(temp.dir, copy, { recursive: true });
      await writeFile(join(copy, "c.yaml"), manifestText("c"));

      await rename(temp.dir, join(temp.root, "old"));
      await rename(copy, temp.dir);
      await registry.until("c", "declared");
      await temp.write({ "c.yaml": "{" });
      await registry.until("c", "invalid", 1_000);

      expect(registry.get("a").kind).to.equal("declared");
    });

    it("is absent from the start when it is not mounted yet, and listed when it is", async () => {
      await (await opened()).close();
      const aside = join(temp.root, "aside");
      await rename(temp.dir, aside);
      const known = [{ key: "a", place: { file: "a.yaml", document: 0 } }];

      const registry = await temp.open({ known, graceMs: GRACE_MS });
      const before = [registry.hasSynced(), registry.isPresent(), registry.get("a").kind];
      await rename(aside, temp.dir);
      await registry.until("a", "declared");

      expect(before).to.deep.equal([true, false, "absent"]);
    });

    it("keeps its id", async () => {
      const first = await opened();
      await first.close();

      expect((await opened()).id()).to.equal(first.id());
    });
  });

  describe("requests", () => {
    const sync = { action: "sync", name: "a", token: "t1", requestedAt: "2026-01-02T03:04:05Z" } as const;

    it("are told, and gone when they are consumed", async () => {
      await temp.write(apps("a"));
      const registry = await opened();
      registry.enqueued.length = 0;

      await writeRequest(temp.dir, sync);
      await registry.untilTrue("the request to be seen", () => registry.requests("a").length === 1);
      await registry.consume(sync);
      const left = registry.requests("a");
      await letPass();

      expect([left, registry.requests("a"), registry.enqueued]).to.deep.equal([[], [], ["a"]]);
    });

    it("are told again when a newer one replaces the one that is consumed", async () => {
      await temp.write(apps("a"));
      const registry = await opened();
      await writeRequest(temp.dir, sync);
      await registry.untilTrue("the request to be seen", () => registry.requests("a").length === 1);

      await writeRequest(temp.dir, { ...sync, token: "t2" });
      await registry.consume(sync);
      await registry.untilTrue("the newer one to be seen", () => registry.requests("a")[0]?.token === "t2");
    });

    it("that cannot be understood are left alone, and warned of once", async () => {
      await temp.write({ ...apps("a"), "application.a.sync.request.yaml": "{" });
      const registry = await opened();

      await registry.relist();
      await registry.relist();

      expect(registry.requests("a")).to.deep.equal([]);
      expect(registry.warnings).to.deep.equal([`request ignored: "it is not a YAML mapping"`]);
      expect(await temp.read("application.a.sync.request.yaml")).to.equal("{");
    });
  });

  describe("in a Git work tree", () => {
    const env = {
      ...process.env,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_SYSTEM: "/dev/null",
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "A",
      GIT_COMMITTER_EMAIL: "a@example.com",
    };
    const git = (...args: readonly string[]): string =>
      execFileSync("git", [...args], {
        cwd: temp.root,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });

    beforeEach(async () => {
      git("init", "-q", "-b", "main");
      await writeFile(join(temp.root, ".gitignore"), "data/\n");
      await temp.write(apps("a", "b", "c", "d"));
      git("add", ".");
      git("commit", "-qm", "first");
    });

    it("leaves it clean", async () => {
      const registry = await opened();
      await writeRequest(temp.dir, {
        action: "sync",
        name: "a",
        token: "t1",
        requestedAt: "2026-01-02T03:04:05Z",
      });
      await temp.write({ "a.status.yaml": "x", "sub/b.status.yaml": "x" });

      expect([git("status", "--porcelain"), registry.warnings]).to.deep.equal(["", []]);
    });

    it("judges no absence while a rebase waits for a person, and does when it is over", async () => {
      git("checkout", "-qb", "topic");
      await temp.write({ "a.yaml": manifestText("a", "topic") });
      git("commit", "-qam", "topic");
      git("checkout", "-q", "main");
      await temp.write({ "a.yaml": manifestText("a", "main") });
      git("rm", "-q", "manifests/b.yaml");
      git("commit", "-qam", "main");
      git("checkout", "-q", "topic");
      const registry = await opened();
      await registry.until("b", "declared");

      expect(() => git("rebase", "-q", "main")).to.throw();
      await registry.until("b", "absent");
      await letPass();
      const meanwhile = registry.get("b");
      git("rebase", "--abort");
      await registry.until("b", "declared");

      expect(meanwhile).to.deep.equal({
        kind: "absent",
        message:
          `"b" is not in the registry any more; whether it was deleted is not judged while ` +
          `a Git operation is under way in the registry (rebase-merge)`,
      });
      git("checkout", "-q", "main");
      await registry.until("b", "deleted");
    });

    it("judges no absence while Git holds its lock", async () => {
      const registry = await opened();

      await writeFile(join(temp.root, ".git/index.lock"), "");
      await temp.remove("a.yaml");
      await registry.until("a", "absent");
      await letPass();
      const meanwhile = registry.get("a").kind;
      await rm(join(temp.root, ".git/index.lock"));
      await registry.until("a", "deleted");

      expect(meanwhile).to.equal("absent");
    });
  });

  it("tells nothing more after it was closed", async () => {
    await temp.write(apps("a"));
    const registry = await opened();
    registry.enqueued.length = 0;

    await registry.close();
    await temp.write(apps("a", "b"));
    await letPass();

    expect(registry.enqueued).to.deep.equal([]);
  });
});
