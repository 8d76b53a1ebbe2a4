import { expect } from "chai";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { requireEngine } from "../support/engine.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

describe("a checkout", function () {
  this.timeout(120_000);
  let world: World;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    await world.start();
  });
  after(() => world.close());

  const checkoutOf = (name: string): string => join(world.data, "checkouts", name);

  async function filesOf(name: string): Promise<readonly string[]> {
    const dir = checkoutOf(name);
    const found = await readdir(dir, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
      .toSorted();
  }

  async function seenIn(name: string, path: string): Promise<string> {
    const [container] = await world.containers(`${world.prefix}-${name}`);
    return world.docker("exec", container?.Id ?? "", "cat", path);
  }

  it("of a monorepo holds an Application's folder and what it uses beside it, and follows both", async () => {
    const repo = await world.repo("mono");
    await repo.commit({
      "apps/shop/compose.yaml": `include: [../../common/extra.yaml]\n${sleeper("web", ["volumes: ['./conf:/conf:ro', '../../shared:/shared:ro']"])}`,
      "apps/shop/conf/a": "1",
      "apps/blog/compose.yaml": sleeper(),
      "common/extra.yaml": sleeper("extra", ["env_file: [{path: extra.env, required: false}]"]),
      "common/unused": "x",
      "shared/b": "1",
      "huge/file": "x",
    });
    await world.manifest("mono", { source: { path: "apps/shop/compose.yaml" } });
    await world.untilReady("mono");

    expect(await filesOf("mono")).to.deep.equal([
      "apps/shop/compose.yaml",
      "apps/shop/conf/a",
      "common/extra.yaml",
      "shared/b",
    ]);

    const head = await repo.commit({
      "shared/b": "2",
      "shared/c": "2",
      "common/extra.env": "NEW=yes\n",
      "huge/file": "y",
    });
    await world.untilReady("mono", head);

    expect(await filesOf("mono")).to.deep.equal([
      "apps/shop/compose.yaml",
      "apps/shop/conf/a",
      "common/extra.env",
      "common/extra.yaml",
      "shared/b",
      "shared/c",
    ]);
    const containers = await world.containers(`${world.prefix}-mono`);
    const web = containers.find(({ Config }) => Config.Labels["com.docker.compose.service"] === "web");
    const extra = containers.find(({ Config }) => Config.Labels["com.docker.compose.service"] === "extra");
    expect(await world.docker("exec", web?.Id ?? "", "cat", "/shared/b")).to.equal("2");
    expect(extra?.Config.Env).to.include("NEW=yes");
  });

  it("touches no container for a commit beside what an Application uses", async () => {
    const repo = await world.repo("aside");
    await repo.commit({
      "app/compose.yaml": sleeper("web", ["volumes: ['./conf:/conf']"]),
      "app/conf/a": "1",
      "b/c": "1",
    });
    await world.manifest("aside", { source: { path: "app" } });
    await world.untilReady("aside");
    const [before] = await world.containers(`${world.prefix}-aside`);

    await world.untilReady("aside", await repo.commit({ "b/c": "2" }));

    const [after] = await world.containers(`${world.prefix}-aside`);
    expect([after?.Id, after?.State.StartedAt]).to.deep.equal([before?.Id, before?.State.StartedAt]);
    expect(await filesOf("aside")).to.deep.equal(["app/compose.yaml", "app/conf/a"]);
  });

  it("holds submodules where they are wanted, follows them, and says which one is missing", async () => {
    const lib = await world.repo("lib");
    const first = await lib.commit({ "conf/a": "one" });
    const second = await lib.commit({ "conf/a": "two" });
    const repo = await world.repo("modular");
    await repo.commit({
      "compose.yaml": sleeper("web", ["volumes: ['./vendor/lib/conf:/conf:ro']"]),
      ".gitmodules": '[submodule "lib"]\n\tpath = vendor/lib\n\turl = ../lib\n',
    });
    const point = async (sha: string): Promise<string> => {
      await repo.git("update-index", "--add", "--cacheinfo", `160000,${sha},vendor/lib`);
      await repo.git("commit", "--quiet", "--message", "Point");
      return repo.head();
    };
    await point(first);
    await world.manifest("modular", {});
    const refused = await world.untilStatus("modular", "its use is refused", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "UnsupportedContent"),
    );
    expect(refused.conditions.find(({ type }) => type === "Ready")?.message).to.contain(
      '"vendor/lib" was not checked out: it is a submodule, and spec.source.submodules is not true',
    );

    await world.manifest("modular", { source: { submodules: true } });
    await world.untilReady("modular");
    expect(await seenIn("modular", "/conf/a")).to.equal("one");

    await world.untilReady("modular", await point(second));
    expect(await seenIn("modular", "/conf/a")).to.equal("two");

    await point("1".repeat(40));
    const missing = await world.untilStatus("modular", "the submodule is missed", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "RevisionNotFound"),
    );
    expect(missing.conditions.find(({ type }) => type === "Ready")?.message).to.match(
      /^Cannot check out the submodule "vendor\/lib": cannot fetch commit 111111111111 of "git:[^"]+\/lib": no branch or tag holds it/,
    );
    expect(await readFile(join(checkoutOf("modular"), "vendor/lib/conf/a"), "utf8")).to.equal("two");
    await rm(join(world.manifests, "modular.yaml"));
  });
});
