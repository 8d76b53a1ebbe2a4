import { expect } from "chai";
import { lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Staged } from "../../../controller/git/git.ts";
import type { GitLimits } from "../../../controller/git/limits.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, type FileContent, type TempRepo } from "../../support/git-repo.ts";

const { signal } = new AbortController();

describe("Git with a limited checkout", function () {
  this.timeout(30_000);
  let base: string;
  let git: Git;
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-paths-"));
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
  });
  after(async () => {
    await git.close();
    await rm(base, { recursive: true, force: true });
  });

  async function stage(
    files: Readonly<Record<string, FileContent>>,
    paths: readonly string[],
  ): Promise<Staged & { readonly on: readonly string[]; readonly dir: string }> {
    const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
    const sha = await repo.commit(files);
    return stageFrom(git, repo, sha, paths);
  }

  async function stageFrom(
    with_: Git,
    repo: TempRepo,
    sha: string,
    paths?: readonly string[],
  ): Promise<Staged & { readonly on: readonly string[]; readonly dir: string }> {
    const dir = join(base, `out-${++count}`);
    const remote = { id: `r${count}`, url: repo.dir };
    const staged = await with_.stage({ remote, sha, dir, ...(paths && { paths }) }, signal);
    const on = await readdir(dir, { recursive: true, withFileTypes: true });
    const files = on.filter((entry) => !entry.isDirectory());
    return {
      ...staged,
      dir,
      on: files.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)).toSorted(),
    };
  }

  const MONOREPO = {
    "README.md": "r",
    ".gitattributes": "* text\n",
    "apps/shop/compose.yaml": "s",
    "apps/shop/conf/web": "w",
    "apps/shop2/compose.yaml": "s2",
    "apps/blog/compose.yaml": "b",
    "common/a": "a",
    "common/b": "b",
  };

  const cases: Readonly<
    Record<
      string,
      {
        readonly more?: Readonly<Record<string, FileContent>>;
        readonly paths: readonly string[];
        readonly on: readonly string[];
        readonly all?: readonly string[] | "everything";
      }
    >
  > = {
    "has a folder, and nothing beside it": {
      paths: ["apps/shop"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web"],
    },
    "has files alone": { paths: ["common/a", "README.md"], on: ["README.md", "common/a"] },
    "takes a path as it is written by people": {
      paths: ["./apps//shop/"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web"],
      all: ["apps/shop"],
    },
    "knows of what is not there": { paths: ["common/c", "none/x"], on: [], all: ["common/c", "none/x"] },
    "names no path below another": {
      paths: ["apps/shop/conf", "apps/shop"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web"],
      all: ["apps/shop"],
    },
    "takes a pattern for a name": { paths: ["apps/*"], on: [] },
    "brings in what links lead to": {
      more: { "apps/shop/a": { link: "../../common/a" } },
      paths: ["apps/shop"],
      on: ["apps/shop/a", "apps/shop/compose.yaml", "apps/shop/conf/web", "common/a"],
      all: ["apps/shop", "common/a"],
    },
    "brings in what links lead to by other links, folders too": {
      more: {
        "apps/shop/all": { link: "../../shared" },
        shared: { link: "moved/here" },
        "moved/here": { link: "../common" },
        "common/c": { link: "../README.md" },
      },
      paths: ["apps/shop"],
      on: [
        "README.md",
        "apps/shop/all",
        "apps/shop/compose.yaml",
        "apps/shop/conf/web",
        "common/a",
        "common/b",
        "common/c",
        "moved/here",
        "shared",
      ],
      all: ["README.md", "apps/shop", "common", "moved/here", "shared"],
    },
    "follows links on the way to a path": {
      more: { current: { link: "apps" } },
      paths: ["current/shop/compose.yaml"],
      on: ["apps/shop/compose.yaml", "current"],
      all: ["apps/shop/compose.yaml", "current"],
    },
    "has everything when a link leads to the root": {
      more: { "apps/shop/top": { link: "../.." } },
      paths: ["apps/shop"],
      on: [...Object.keys(MONOREPO), "apps/shop/top"].toSorted(),
      all: "everything",
    },
    "has everything when the path is the root": {
      paths: ["."],
      on: Object.keys(MONOREPO).toSorted(),
      all: "everything",
    },
    "leaves out a link that leaves the repository, by whatever way": {
      more: { "apps/shop/x": { link: "../../out/passwd" }, out: { link: "/etc" } },
      paths: ["apps/shop"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web"],
      all: ["apps/shop", "out"],
    },
    "survives links that lead in circles": {
      more: { "apps/shop/x": { link: "../../y" }, y: { link: "apps/shop/x" } },
      paths: ["apps/shop"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web"],
      all: ["apps/shop", "y"],
    },
    "keeps a link to what is not there, as a whole checkout does": {
      more: { "apps/shop/data": { link: "../../data/later" } },
      paths: ["apps/shop"],
      on: ["apps/shop/compose.yaml", "apps/shop/conf/web", "apps/shop/data"],
    },
  };
  for (const [name, { more = {}, paths, on, all = paths }] of Object.entries(cases)) {
    it(name, async () => {
      const staged = await stage({ ...MONOREPO, ...more }, paths);

      expect(staged.on).to.deep.equal(on);
      expect(staged.entries.map(({ path }) => path).toSorted()).to.deep.equal(on);
      expect(staged.paths).to.deep.equal(all === "everything" ? undefined : all.toSorted());
    });
  }

  it("has the same bytes, modes and links as a whole checkout", async () => {
    const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
    const sha = await repo.commit({
      ".gitattributes": "* text eol=crlf\n",
      "a/text": "one\ntwo\n",
      "a/tool": { executable: "#!/bin/sh\n" },
      "a/ü [x] *": "odd",
      "a/link": { link: "text" },
      b: "x",
    });
    const whole = await stageFrom(git, repo, sha);
    const limited = await stageFrom(git, repo, sha, ["a"]);

    expect(limited.entries).to.deep.equal(whole.entries.filter(({ path }) => path.startsWith("a/")));
    for (const { path, mode } of limited.entries) {
      const [one, other] = [join(whole.dir, path), join(limited.dir, path)];
      expect((await lstat(other)).mode).to.equal((await lstat(one)).mode);
      if (mode !== "120000") expect(await readFile(other)).to.deep.equal(await readFile(one));
    }
  });

  it("is not harmed by what lies beside it", async () => {
    const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
    const blob = await repo.blob("x");
    const evil = await repo.tree([{ mode: "100644", name: "..", id: blob }]);
    const good = await repo.tree([{ mode: "100644", name: "f", id: blob }]);
    const sha = await repo.commitRaw([
      { mode: "40000", name: "evil", id: evil },
      { mode: "40000", name: "good", id: good },
    ]);

    expect((await stageFrom(git, repo, sha, ["good"])).on).to.deep.equal(["good/f"]);
    const error = await stageFrom(git, repo, sha).catch((thrown: unknown) => thrown);
    expect(error instanceof ReconcileError && error.reason).to.equal("UnsafePath");
  });

  it("has everything when there are very many links", async () => {
    const links = Object.fromEntries(
      Array.from({ length: 5001 }, (_, n) => [`a/l${n}`, { link: "../b" }] as const),
    );
    const staged = await stage({ ...links, b: "x", c: "y" }, ["a"]);

    expect(staged.paths).to.equal(undefined);
    expect(staged.on).to.include("c");
  });

  describe("with limits of size", () => {
    async function refusal(
      limits: Partial<GitLimits>,
      paths?: readonly string[],
    ): Promise<ReconcileError | "taken"> {
      const narrow = createGit({
        dataDir: join(base, `data-${++count}`),
        clock: systemClock,
        log: silentLog,
        limits,
      });
      const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
      const sha = await repo.commit({
        "a/small": "x".repeat(500),
        "b/big": "x".repeat(2000),
        "b/link": { link: "big" },
      });
      try {
        await stageFrom(narrow, repo, sha, paths);
        return "taken";
      } catch (error) {
        if (error instanceof ReconcileError) return error;
        throw error;
      } finally {
        await narrow.close();
      }
    }

    it("refuses a file that is too large, with its path, its size and the flag", async () => {
      const error = await refusal({ maxFileBytes: 1024 });

      expect(error).to.be.an.instanceOf(ReconcileError);
      if (error === "taken") return;
      expect([error.reason, error.terminal]).to.deep.equal(["UnsupportedContent", true]);
      expect(error.message).to.match(
        /^Cannot check out commit [0-9a-f]{12} of "[^"]+": the file "b\/big" has 2000 bytes, more than the 1KiB that --max-file-size allows$/,
      );
    });

    it("refuses files that are too large altogether", async () => {
      const error = await refusal({ maxCheckoutBytes: 2048 });

      expect(error === "taken" ? error : error.message).to.match(
        /: its files have 2500 bytes, more than the 2KiB that --max-repository-size allows$/,
      );
    });

    it("takes what is within them", async () => {
      expect(await refusal({ maxFileBytes: 2000, maxCheckoutBytes: 2500 })).to.equal("taken");
    });

    it("judges a limited checkout by itself", async () => {
      expect(await refusal({ maxFileBytes: 1024, maxCheckoutBytes: 1024 }, ["a"])).to.equal("taken");
    });
  });
});
