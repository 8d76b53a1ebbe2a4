import { expect } from "chai";
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Staged } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, type RawEntry, type TempRepo } from "../../support/git-repo.ts";
import { startGitDaemon, type GitServer } from "../../support/git-servers.ts";

const { signal } = new AbortController();

describe("Git with a hostile repository", function () {
  this.timeout(30_000);
  let base: string;
  let outside: string;
  let server: GitServer;
  let git: Git;
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-hostile-"));
    outside = await mkdtemp(join(tmpdir(), "conops-outside-"));
    await writeFile(join(outside, "secret"), "untouched");
    server = await startGitDaemon(base);
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
  });
  afterEach(async () => {
    expect(await readdir(outside)).to.deep.equal(["secret"]);
    expect(await readFile(join(outside, "secret"), "utf8")).to.equal("untouched");
  });
  after(async () => {
    await git.close();
    await server.close();
    for (const dir of [base, outside]) await rm(dir, { recursive: true, force: true });
  });

  function newRepo(): Promise<TempRepo> {
    return createTempRepo({ dir: join(base, `repo-${++count}`) });
  }

  async function stage(repo: TempRepo, sha: string): Promise<Staged & { dir: string }> {
    const dir = join(base, `out-${++count}`);
    const remote = { id: repo.dir.slice(base.length + 1), url: server.url(repo.dir) };
    try {
      return { ...(await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal)), dir };
    } catch (error) {
      expect(await exists(dir)).to.equal(false);
      throw error;
    }
  }

  async function refusal(repo: TempRepo, entries: readonly RawEntry[]): Promise<ReconcileError> {
    const sha = await repo.commitRaw(entries);
    const error = await stage(repo, sha).then(
      () => new Error("it was staged"),
      (thrown: unknown) => thrown,
    );
    if (error instanceof ReconcileError) return error;
    throw error;
  }

  describe("does not create a symbolic link that leaves the checkout", () => {
    for (const [name, files, left] of [
      ["absolutely", { bad: { link: "/etc/passwd" } }, ["bad"]],
      ["upwards", { "a/bad": { link: "../../outside" } }, ["a/bad"]],
      [
        "by a chain, each step of which looks harmless",
        { up: { link: "a/b/c" }, "a/b/c": { link: "../../.." } },
        ["a/b/c", "up"],
      ],
      [
        "through another link",
        { "bad/er": { link: "../etc/passwd" }, etc: { link: "/etc" } },
        ["bad/er", "etc"],
      ],
      ["in a circle", { one: { link: "two" }, two: { link: "one" } }, ["one", "two"]],
    ] as const) {
      it(name, async () => {
        const repo = await newRepo();
        const sha = await repo.commit({ ...files, good: "x" });

        const { dir, entries, leftOut, warnings } = await stage(repo, sha);

        expect(entries.map(({ path }) => path)).to.deep.equal(["good"]);
        for (const path of left) {
          expect(await exists(join(dir, path))).to.equal(false);
          expect(warnings.filter((text) => text.startsWith(`The symbolic link "${path}" `))).to.have.length(
            1,
          );
        }
        expect(warnings).to.have.length(left.length);
        expect(leftOut.map(({ path }) => path)).to.have.members([...left]);
      });
    }

    it("and names the path and the target in one line", async () => {
      const repo = await newRepo();
      const sha = await repo.commit({ bad: { link: "/etc/\npasswd" } });

      expect((await stage(repo, sha)).warnings).to.deep.equal([
        'The symbolic link "bad" to "/etc/\\npasswd" is left out: it leads out of the repository',
      ]);
    });
  });

  it("keeps links that stay inside, also to what is not there", async () => {
    const repo = await newRepo();
    const sha = await repo.commit({
      "a/up": { link: "../b" },
      later: { link: "data/not-there-yet" },
      root: { link: "." },
      b: "x",
    });

    const { dir, warnings } = await stage(repo, sha);

    expect(warnings).to.deep.equal([]);
    expect(await readlink(join(dir, "later"))).to.equal("data/not-there-yet");
    expect(await readFile(join(dir, "a/up"), "utf8")).to.equal("x");
  });

  it("writes nothing through a link that an earlier commit planted", async () => {
    const repo = await newRepo();
    await stage(repo, await repo.commit({ a: { link: outside } }, "Plant"));

    const { dir } = await stage(repo, await repo.commit({ a: null, "a/evil": "evil" }, "Use"));

    expect(await readFile(join(dir, "a/evil"), "utf8")).to.equal("evil");
  });

  it("refuses one name twice, as a link and as a folder with files", async () => {
    const repo = await newRepo();
    const link = await repo.blob(outside);
    const folder = await repo.tree([{ mode: "100644", name: "evil", id: await repo.blob("evil") }]);

    const error = await refusal(repo, [
      { mode: "120000", name: "a", id: link },
      { mode: "40000", name: "a", id: folder },
    ]);

    expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
      reason: "UnsafePath",
      terminal: true,
    });
  });

  for (const name of [".git", ".GIT", "git~1", "..", ".", "a/b", "../evil"]) {
    it(`refuses a folder named ${JSON.stringify(name)}`, async () => {
      const repo = await newRepo();
      const hooks = await repo.tree([{ mode: "100755", name: "evil", id: await repo.blob("evil") }]);

      const error = await refusal(repo, [{ mode: "40000", name, id: hooks }]);

      expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
        reason: "UnsafePath",
        terminal: true,
      });
      expect(error.message).to.match(
        /^Cannot check out commit [0-9a-f]{12} of "[^"]+": it holds the unsafe path "/,
      );
    });
  }

  it("refuses a path that is not UTF-8, and says so", async () => {
    const repo = await newRepo();
    const id = await repo.blob("x");

    const error = await refusal(repo, [{ mode: "100644", name: Buffer.from([0x61, 0xff]), id }]);

    expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
      reason: "UnsupportedContent",
      terminal: true,
    });
  });

  it("refuses a name that no file system takes", async () => {
    const repo = await newRepo();
    const error = await refusal(repo, [{ mode: "100644", name: "n".repeat(300), id: await repo.blob("x") }]);

    expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
      reason: "UnsupportedContent",
      terminal: true,
    });
  });

  it("refuses a small pack that would unfold into very many files", async () => {
    const repo = await newRepo();
    let entries: RawEntry[] = [{ mode: "100644", name: "f", id: await repo.blob("bomb") }];
    for (let depth = 0; depth < 8; depth++) {
      const id = await repo.tree(entries);
      entries = Array.from({ length: 10 }, (_, n) => ({ mode: "40000", name: `d${n}`, id }));
    }

    const error = await refusal(repo, entries);

    expect(error.reason).to.equal("UnsupportedContent");
    expect(error.message).to.match(/it holds too many files$/);
  });

  it("leaves a submodule out, and says so", async () => {
    const repo = await newRepo();
    const sha = await repo.commitRaw([
      { mode: "100644", name: "a", id: await repo.blob("x") },
      { mode: "160000", name: "sub", id: "1234567890".repeat(4) },
    ]);

    const { dir, entries, leftOut, warnings } = await stage(repo, sha);

    expect(entries.map(({ path }) => path)).to.deep.equal(["a"]);
    expect(leftOut.map(({ path }) => path)).to.deep.equal(["sub"]);
    expect(await readdir(dir)).to.deep.equal(["a"]);
    expect(warnings).to.deep.equal([
      '"sub" is left out: it is a submodule, and spec.source.submodules is not true',
    ]);
  });

  it("leaves out a file whose content Git LFS keeps elsewhere, and nothing that only looks alike", async () => {
    const repo = await newRepo();
    const pointer = (more = "", size = "1234567"): string =>
      `version https://git-lfs.github.com/spec/v1\n${more}oid sha256:${"ab".repeat(32)}\nsize ${size}\n`;
    const alike = {
      "a.txt": `${pointer()}\n`,
      "b.txt": pointer("x"),
      "c.txt": pointer("", "12 MB"),
      "d.txt": ` ${pointer()}`,
      "e.txt": `${pointer()}${"x".repeat(1000)}`,
      "f.txt": pointer().replace("sha256", "md5"),
    };
    const sha = await repo.commit({
      ...alike,
      "big.bin": pointer(),
      "dir/with-extension": pointer("ext-0-case sha256:00\n"),
      old: pointer().replace("git-lfs.github.com", "hawser.github.com"),
      "tool.sh": { executable: pointer() },
    });

    const { dir, entries, leftOut, warnings } = await stage(repo, sha);

    expect(entries.map(({ path }) => path)).to.deep.equal(Object.keys(alike));
    expect(leftOut.map(({ path }) => path)).to.deep.equal([
      "big.bin",
      "dir/with-extension",
      "old",
      "tool.sh",
    ]);
    expect(leftOut.every(({ spoilsFolders }) => spoilsFolders)).to.equal(true);
    expect(await exists(join(dir, "big.bin"))).to.equal(false);
    expect(warnings[0]).to.equal(
      '"big.bin" is left out: it is a pointer of Git LFS, whose content ConOps does not fetch',
    );
  });

  it("keeps two paths apart that differ by case only", async () => {
    const repo = await newRepo();
    const { dir, entries } = await stage(repo, await repo.commit({ Readme: "1", README: "2" }));

    expect(entries).to.have.length(2);
    expect(await readFile(join(dir, "Readme"), "utf8")).to.equal("1");
  });

  it("runs no hook, filter or command of the repository", async () => {
    const repo = await newRepo();
    const canary = join(base, "canary");
    const touch = `touch ${canary}`;
    const sha = await repo.commit({
      ".gitattributes": "* filter=evil diff=evil merge=evil\n",
      ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "${touch}"\n\tupdate = !${touch}\n`,
      ".lfsconfig": `[lfs]\n\turl = file://${base}\n`,
      "post-checkout": { executable: `#!/bin/sh\n${touch}\n` },
    });

    await stage(repo, sha);

    expect(await exists(canary)).to.equal(false);
  });

  it("says little of a commit that says much", async () => {
    const repo = await newRepo();
    const sha = await repo.commit({ a: "x" }, `\u001b[31mred ${"long ".repeat(100)}\n\nbody`);

    const { subject } = (await stage(repo, sha)).commit;

    expect(subject.startsWith("[31mred long")).to.equal(true);
    expect(subject.length <= 200).to.equal(true);
  });

  it("follows a ref whatever its name means to a shell, and gives no name a meaning", async () => {
    const repo = await newRepo();
    const sha = await repo.commit({ a: "x" });
    const names = [
      "$(touch canary)",
      "`id`",
      ";touch",
      '"quoted"',
      "--upload-pack=touch",
      "%2e%2e",
      "{a,b}",
      "ümlaut",
    ];
    const refs = names.map((name) => `refs/heads/x${name.replaceAll(" ", "")}`);
    refs.push("refs/heads/x/--upload-pack=touch");
    for (const ref of refs) await repo.git("update-ref", ref, sha);
    const remote = { id: `refs-${++count}`, url: server.url(repo.dir) };

    const advertised = await git.listRefs(remote, signal);
    expect(Object.keys(advertised.refs)).to.include.members(refs);
    for (const ref of refs) {
      const dir = join(base, `out-${++count}`);
      expect(
        (await git.stage({ remote: { ...remote, id: `refs-${count}` }, sha, ref, dir }, signal)).commit.sha,
      ).to.equal(sha);
    }
  });

  it("refuses a ref that is no ref before it is used in a refspec", async () => {
    const repo = await newRepo();
    const sha = await repo.commit({ a: "x" });
    const remote = { id: "refspec", url: server.url(repo.dir) };
    for (const ref of [
      "refs/heads/*",
      "refs/heads/a:refs/heads/b",
      "HEAD",
      "refs/heads/../../x",
      "refs/heads/a.lock",
    ]) {
      const error = await git.stage({ remote, sha, ref, dir: join(base, "refused") }, signal).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error instanceof ReconcileError && error.reason).to.equal("UnsupportedContent");
    }
  });
});

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
