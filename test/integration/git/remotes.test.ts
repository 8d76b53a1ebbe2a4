import { expect } from "chai";
import { setMaxListeners } from "node:events";
import { copyFile, lstat, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Remote } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { isErrno } from "../../../controller/lib/atomic-file.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, objectId, type TempRepo } from "../../support/git-repo.ts";
import { startGitDaemon, startSmartHttp } from "../../support/git-servers.ts";

interface Kind {
  readonly url: (repo: TempRepo) => string;
  readonly close: () => Promise<void>;
}

const KINDS: Record<string, (base: string) => Promise<Kind>> = {
  async "git daemon"(base) {
    const server = await startGitDaemon(base);
    return { url: (repo) => server.url(repo.dir), close: () => server.close() };
  },
  async "smart HTTP"(base) {
    const server = await startSmartHttp(base);
    return { url: (repo) => server.url(repo.dir), close: () => server.close() };
  },
  "a file URL": () =>
    Promise.resolve({ url: (repo) => `file://${repo.dir}`, close: () => Promise.resolve() }),
  "a path": () => Promise.resolve({ url: (repo) => repo.dir, close: () => Promise.resolve() }),
};

const { signal } = new AbortController();
setMaxListeners(0, signal);

for (const [name, serve] of Object.entries(KINDS)) {
  describe(`Git over ${name}`, function () {
    this.timeout(30_000);
    let base: string;
    let kind: Kind;
    let git: Git;
    let count = 0;
    const isLocal = name === "a file URL" || name === "a path";

    before(async () => {
      base = await mkdtemp(join(tmpdir(), "conops-git-"));
      kind = await serve(base);
      const limits = { pruneGraceMs: 0, rebuildAfterMs: 20 };
      git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog, limits });
    });
    after(async () => {
      await git.close();
      await kind.close();
      await rm(base, { recursive: true, force: true });
    });

    async function newRepo(): Promise<{ repo: TempRepo; remote: Remote }> {
      const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
      return { repo, remote: { id: `mirror-${count}`, url: kind.url(repo) } };
    }

    function newDir(): string {
      return join(base, `out-${++count}`);
    }

    function stage(remote: Remote, sha: string, ref?: string) {
      return git.stage({ remote, sha, dir: newDir(), ...(ref === undefined ? {} : { ref }) }, signal);
    }

    /** None in the moment in which one mirror takes another's place. */
    async function packsOf({ id }: Remote): Promise<string[]> {
      const files = await readdir(join(base, "data/mirrors", id, "objects/pack")).catch((error: unknown) => {
        if (isErrno(error, "ENOENT")) return [];
        throw error;
      });
      return files.filter((file) => file.endsWith(".pack"));
    }

    it("lists HEAD, branches and tags, annotated ones peeled, and nothing else", async () => {
      const { repo, remote } = await newRepo();
      const first = await repo.commit({ a: "1" });
      await repo.tag("plain");
      await repo.tag("annotated", "words");
      const annotated = await repo.git("rev-parse", "refs/tags/annotated");
      await repo.git("update-ref", "refs/pull/1/head", first);
      await repo.branch("feature/x");
      const second = await repo.commit({ a: "2" });
      await repo.git("checkout", "--quiet", "main");

      expect(await git.listRefs(remote, signal)).to.deep.equal({
        head: { ref: "refs/heads/main", sha: first },
        refs: {
          "refs/heads/feature/x": second,
          "refs/heads/main": first,
          "refs/tags/annotated": first,
          "refs/tags/plain": first,
        },
        tagObjects: { "refs/tags/annotated": annotated },
      });
    });

    it("follows HEAD when it names another branch", async () => {
      const { repo, remote } = await newRepo();
      await repo.commit({ a: "1" });
      await repo.branch("next");
      const sha = await repo.commit({ a: "2" });

      expect((await git.listRefs(remote, signal)).head).to.deep.equal({ ref: "refs/heads/next", sha });
    });

    it("lists nothing of an empty repository", async () => {
      const { remote } = await newRepo();

      expect(await git.listRefs(remote, signal)).to.deep.equal({ refs: {} });
    });

    it("says that a repository is not there", async () => {
      const { repo, remote } = await newRepo();
      await repo.remove();

      expect(await reasonOf(git.listRefs(remote, signal))).to.equal("RepositoryNotFound");
      expect(await reasonOf(stage(remote, "a".repeat(40)))).to.equal("RepositoryNotFound");
    });

    it("stages exactly the bytes of Git, with no filter and no change of line ends", async () => {
      const { repo, remote } = await newRepo();
      const files = {
        ".gitattributes": "*.txt text eol=crlf ident\n*.bin filter=nothing\n",
        "unix.txt": "one\ntwo $Id$\n",
        "sub/dir/binary.bin": Buffer.from([0, 255, 13, 10, 0]),
        empty: "",
        "name with space and é": "x",
      };
      const sha = await repo.commit(files, "Say it\n\nat length");
      const dir = newDir();

      const staged = await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);

      for (const [path, content] of Object.entries(files)) {
        expect(await readFile(join(dir, path))).to.deep.equal(Buffer.from(content));
      }
      expect(
        staged.entries.map(({ path, mode, blob }) => `${mode} blob ${blob}\t${path}`).join("\n"),
      ).to.equal(await repo.git("-c", "core.quotePath=false", "ls-tree", "-r", sha));
      expect(staged.warnings).to.deep.equal([]);
      expect(staged.commit).to.deep.equal({
        sha,
        subject: "Say it",
        author: "Ada <ada@example.com>",
        committedAt: new Date(await repo.git("show", "-s", "--format=%cI", sha))
          .toISOString()
          .replace(".000", ""),
      });
    });

    it("stages executables and links as such, and what other users can read", async () => {
      const { repo, remote } = await newRepo();
      const sha = await repo.commit({
        "bin/run": { executable: "#!/bin/sh\n" },
        "bin/alias": { link: "run" },
        "to-folder": { link: "bin" },
        plain: "x",
      });
      const dir = newDir();

      const { entries } = await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);

      const modes = await Promise.all(
        ["bin/run", "bin/alias", "to-folder", "plain", "bin", "."].map(async (path) =>
          (await lstat(join(dir, path))).mode.toString(8),
        ),
      );
      expect(modes).to.deep.equal(["100755", "120777", "120777", "100644", "40755", "40755"]);
      expect(await readFile(join(dir, "to-folder/alias"), "utf8")).to.equal("#!/bin/sh\n");
      const link = entries.find(({ path }) => path === "bin/alias");
      expect(link?.blob).to.equal(objectId("blob", Buffer.from("run")));
    });

    it("fetches nothing but the wanted ref", async () => {
      const { repo, remote } = await newRepo();
      const wanted = await repo.commit({ a: "1" });
      await repo.tag("v1", "one");
      await repo.branch("other");
      const other = await repo.commit({ b: "2" });

      await stage(remote, wanted, "refs/heads/main");

      const mirror = join(base, "data/mirrors", remote.id);
      expect(await repo.git("--git-dir", mirror, "for-each-ref", "--format=%(refname)")).to.equal(
        "refs/conops/heads/main",
      );
      // libgit2 copies every object of a repository on this machine, wanted or not.
      if (!isLocal)
        expect(await succeeds(repo.git("--git-dir", mirror, "cat-file", "-e", other))).to.equal(false);
    });

    it("stages a commit that came later, and again an earlier one without the remote", async () => {
      const { repo, remote } = await newRepo();
      const first = await repo.commit({ a: "1" });
      await stage(remote, first, "refs/heads/main");
      const second = await repo.commit({ a: "2" });

      await stage(remote, second, "refs/heads/main");
      await repo.remove();
      const { commit } = await stage(remote, first, "refs/heads/main");

      expect(commit.sha).to.equal(first);
      expect(await packsOf(remote)).to.have.length(2);
    });

    it("follows a forced push", async () => {
      const { repo, remote } = await newRepo();
      await repo.commit({ a: "1" });
      await stage(remote, await repo.commit({ a: "2" }), "refs/heads/main");

      await repo.git("reset", "--quiet", "--hard", "HEAD~1");
      const sha = await repo.commit({ a: "3" });

      expect((await stage(remote, sha, "refs/heads/main")).commit.sha).to.equal(sha);
    });

    it("follows a tag that was moved, plain or annotated", async () => {
      const { repo, remote } = await newRepo();
      for (const [text, message] of [
        ["1", undefined],
        ["2", "words"],
        ["3", "other words"],
      ] as const) {
        const sha = await repo.commit({ a: text });
        await repo.tag("v1", message);

        expect((await git.listRefs(remote, signal)).refs["refs/tags/v1"]).to.equal(sha);
        expect((await stage(remote, sha, "refs/tags/v1")).commit.sha).to.equal(sha);
      }
    });

    it("finds a pinned commit on any branch or tag", async () => {
      const { repo, remote } = await newRepo();
      await repo.commit({ a: "1" });
      await repo.branch("other");
      const onBranch = await repo.commit({ a: "2" });
      await repo.commit({ a: "3" });
      await repo.git("checkout", "--quiet", "--detach");
      const onTag = await repo.commit({ a: "4" });
      await repo.tag("v1", "words");
      await repo.git("checkout", "--quiet", "main");

      expect((await stage(remote, onBranch)).commit.sha).to.equal(onBranch);
      expect((await stage(remote, onTag)).commit.sha).to.equal(onTag);
    });

    it("says that a commit is not there, or not any more, and leaves no folder", async () => {
      const { repo, remote } = await newRepo();
      await repo.commit({ a: "1" });
      const dir = newDir();
      const gone = "1234567890".repeat(4);

      const pinned = await errorOf(git.stage({ remote, sha: gone, dir }, signal));
      const moved = await errorOf(git.stage({ remote, sha: gone, ref: "refs/heads/main", dir }, signal));
      const vanished = await errorOf(git.stage({ remote, sha: gone, ref: "refs/heads/none", dir }, signal));

      expect([pinned.reason, moved.reason, vanished.reason]).to.deep.equal(Array(3).fill("RevisionNotFound"));
      expect(pinned.message).to.match(
        /^Cannot fetch commit 123456789012 of "[^"]+": no branch or tag holds it$/,
      );
      expect(moved.message).to.match(/: "refs\/heads\/main" does not hold it any more$/);
      expect(await succeeds(lstat(dir))).to.equal(false);
    });

    it("takes a branch that stands where another one's folder stood", async () => {
      const { repo, remote } = await newRepo();
      await repo.branch("a");
      await stage(remote, await repo.commit({ a: "1" }), "refs/heads/a");
      await repo.git("checkout", "--quiet", "--detach");
      await repo.git("branch", "-D", "a");
      await repo.branch("a/b");
      const sha = await repo.commit({ a: "2" });

      expect((await stage(remote, sha, "refs/heads/a/b")).commit.sha).to.equal(sha);
    });

    it("fetches once for twenty that want the same commit at a time", async () => {
      const { repo, remote } = await newRepo();
      const sha = await repo.commit({ a: "1" });
      await repo.commit({ a: "2" });

      const staged = await Promise.all(
        Array.from({ length: 20 }, () =>
          stage(remote, sha, "refs/heads/main").then(({ commit }) => commit.sha),
        ),
      );

      expect(staged).to.deep.equal(Array(20).fill(sha));
      expect(await packsOf(remote)).to.have.length(1);
    });

    it("makes a mirror with very many packs anew in the background, with all that is followed", async () => {
      const { repo, remote } = await newRepo();
      for (let n = 0; n < 3; n++) await stage(remote, await repo.commit({ a: `${n}` }), "refs/heads/main");
      await repo.branch("other");
      const other = await repo.commit({ b: "1" });
      expect((await stage(remote, other, "refs/heads/other")).commit.sha).to.equal(other);
      await repo.git("checkout", "--quiet", "main");
      const packs = join(base, "data/mirrors", remote.id, "objects/pack");
      const [pack] = await packsOf(remote);
      for (let n = 0; n < 50; n++) {
        for (const end of [".pack", ".idx"]) {
          const from = join(packs, (pack ?? "").replace(".pack", end));
          await copyFile(from, join(packs, `pack-${n.toString(16).padStart(40, "0")}${end}`));
        }
      }
      const sha = await repo.commit({ a: "last" });

      expect((await stage(remote, sha, "refs/heads/main")).commit.sha).to.equal(sha);

      while ((await packsOf(remote)).length !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await stage(remote, sha, "refs/heads/main")).commit.sha).to.equal(sha);
      expect((await stage(remote, other, "refs/heads/other")).commit.sha).to.equal(other);
      expect(await packsOf(remote)).to.have.length(1);
      const folders = await readdir(join(base, "data/mirrors"));
      expect(folders.filter((name) => name.startsWith(`${remote.id}.`))).to.deep.equal([]);
    });

    it("makes a mirror anew that is much larger than it need be", async () => {
      const { repo, remote } = await newRepo();
      await stage(remote, await repo.commit({ a: "1" }), "refs/heads/main");
      // What forced pushes leave behind, without the time that it takes to push it.
      const packs = join(base, "data/mirrors", remote.id, "objects/pack");
      for (const letter of ["a", "b", "c"]) {
        await writeFile(join(packs, `pack-${letter.repeat(40)}.pack`), "");
        await truncate(join(packs, `pack-${letter.repeat(40)}.pack`), 90 * 1024 ** 2);
      }
      const sha = await repo.commit({ a: "2" });

      await stage(remote, sha, "refs/heads/main");

      while ((await packsOf(remote)).length !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await stage(remote, sha, "refs/heads/main")).commit.sha).to.equal(sha);
    });

    it("removes the mirrors that nobody wants any more", async () => {
      const one = await newRepo();
      const two = await newRepo();
      await stage(one.remote, await one.repo.commit({ a: "1" }), "refs/heads/main");
      const sha = await two.repo.commit({ a: "2" });
      await stage(two.remote, sha, "refs/heads/main");

      await git.prune(new Set([two.remote.id]));

      expect(await readdir(join(base, "data/mirrors"))).to.deep.equal([two.remote.id]);
      expect((await stage(two.remote, sha, "refs/heads/main")).commit.sha).to.equal(sha);
    });
  });
}

async function errorOf(work: Promise<unknown>): Promise<ReconcileError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ReconcileError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  return (await errorOf(work)).reason;
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
