import { expect } from "chai";
import fc from "fast-check";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GitCredential } from "../../../controller/api/credential.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Staged, StageRequest } from "../../../controller/git/git.ts";
import { parseGitmodules } from "../../../controller/git/gitmodules.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { submoduleRepo } from "../../../controller/git/submodule-url.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, runGit, type FileContent, type TempRepo } from "../../support/git-repo.ts";
import { startSmartHttp, type SmartHttpServer } from "../../support/git-servers.ts";

const { signal } = new AbortController();

/** path → commit and URL of a submodule; a URL of undefined leaves it out of .gitmodules. */
type Links = Readonly<Record<string, { readonly sha: string; readonly url?: string }>>;

describe("Git with submodules", function () {
  this.timeout(60_000);
  let base: string;
  let server: SmartHttpServer;
  /** What came with an Authorization header: `host /path header`. */
  let authorized: string[];
  let git: Git;
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-submodules-"));
    await mkdir(join(base, "served"));
    server = await startSmartHttp(join(base, "served"), {
      before(request, response) {
        const { authorization, host } = request.headers;
        const url = request.url ?? "";
        if (authorization !== undefined) authorized.push(`${host} ${url.split("/")[1]} ${authorization}`);
        if (!url.startsWith("/private") || authorization !== undefined) return false;
        response.writeHead(401, { "www-authenticate": "Basic" }).end();
        return true;
      },
    });
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
  });
  beforeEach(() => (authorized = []));
  after(async () => {
    await git.close();
    await server.close();
    await rm(base, { recursive: true, force: true });
  });

  const newRepo = (name = "repo"): Promise<TempRepo> =>
    createTempRepo({ dir: join(base, "served", `${name}-${++count}`) });
  const nameOf = (repo: TempRepo): string => repo.dir.slice(join(base, "served").length + 1);
  /** Two names for one server, so that there are two hosts. */
  const at = (repo: TempRepo, host = "127.0.0.1"): string => `http://${host}:${server.port}/${nameOf(repo)}`;

  async function link(
    repo: TempRepo,
    links: Links,
    files: Readonly<Record<string, FileContent>> = {},
  ): Promise<string> {
    const gitmodules = Object.entries(links)
      .filter(([, { url }]) => url !== undefined)
      .map(([path, { url }]) => `[submodule ${JSON.stringify(path)}]\n\tpath = ${path}\n\turl = ${url}\n`)
      .join("");
    await repo.commit({ ...(gitmodules !== "" && { ".gitmodules": gitmodules }), ...files });
    for (const [path, { sha }] of Object.entries(links)) {
      await repo.git("update-index", "--add", "--cacheinfo", `160000,${sha},${path}`);
    }
    await repo.git("commit", "--quiet", "--message", "Link");
    return repo.head();
  }

  type Result = Staged & { readonly dir: string; readonly on: readonly string[] };

  async function stage(repo: TempRepo, sha: string, more: Partial<StageRequest> = {}): Promise<Result> {
    const dir = join(base, `out-${++count}`);
    const request = {
      remote: remoteOf(at(repo)),
      sha,
      dir,
      submodules: { credentialFor: () => undefined },
      ...more,
    };
    try {
      const staged = await git.stage(request, signal);
      const on = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = on.filter((entry) => !entry.isDirectory());
      return {
        ...staged,
        dir,
        on: files.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)).toSorted(),
      };
    } catch (error) {
      expect(await readdir(base)).not.to.include(dir.slice(base.length + 1));
      throw error;
    }
  }

  async function failure(
    repo: TempRepo,
    sha: string,
    more: Partial<StageRequest> = {},
  ): Promise<ReconcileError> {
    const error = await stage(repo, sha, more).then(
      () => new Error("it was staged"),
      (thrown: unknown) => thrown,
    );
    if (error instanceof ReconcileError) return error;
    throw error;
  }

  it("checks them out at their places, and lists their files as the repository's", async () => {
    const lib = await newRepo("lib");
    const libSha = await lib.commit({ "src/a": "a", run: { executable: "x" } });
    await lib.commit({ "src/a": "newer" });
    const repo = await newRepo();
    const sha = await link(
      repo,
      { "libs/one": { sha: libSha, url: at(lib) }, two: { sha: libSha, url: `../${nameOf(lib)}` } },
      { "compose.yaml": "x" },
    );

    const staged = await stage(repo, sha);

    const paths = [".gitmodules", "compose.yaml", "libs/one/run", "libs/one/src/a", "two/run", "two/src/a"];
    expect(staged.on).to.deep.equal(paths);
    expect(staged.entries.map(({ path }) => path).toSorted()).to.deep.equal(paths);
    expect(staged.entries.find(({ path }) => path === "libs/one/run")?.mode).to.equal("100755");
    expect(await readFile(join(staged.dir, "two/src/a"), "utf8")).to.equal("a");
    expect([staged.leftOut, staged.warnings]).to.deep.equal([[], []]);
    expect(staged.commit.sha).to.equal(sha);
  });

  it("keeps their mirrors for as long as that of the repository, and no longer", async () => {
    const lib = await newRepo("lib");
    const repo = await newRepo();
    const sha = await link(repo, { lib: { sha: await lib.commit({ f: "f" }), url: at(lib) } });
    await stage(repo, sha);
    const ids = [remoteOf(at(repo)).id, remoteOf(at(lib)).id];
    const longAgo = new Date(Date.now() - 86_400_000);
    for (const id of ids) await utimes(join(base, "data/mirrors", id), longAgo, longAgo);
    const left = async (): Promise<string[]> => {
      const folders = await readdir(join(base, "data/mirrors"));
      return ids.filter((id) => folders.includes(id));
    };

    await git.prune(new Set([ids[0] ?? ""]));
    expect(await left()).to.deep.equal(ids);
    await git.prune(new Set());
    expect(await left()).to.deep.equal([]);
  });

  it("leaves them out where they are not wanted, and asks nobody for them", async () => {
    const repo = await newRepo();
    const sha = await link(repo, { sub: { sha: "1".repeat(40), url: "http://127.0.0.1:1/x" } }, { a: "x" });
    const dir = join(base, `out-${++count}`);

    const staged = await git.stage({ remote: remoteOf(at(repo)), sha, dir }, signal);

    expect(staged.leftOut.map(({ path }) => path)).to.deep.equal(["sub"]);
    expect(await readdir(dir)).to.have.members([".gitmodules", "a"]);
  });

  it("leaves out what .gitmodules does not name, and says that its folder is not whole", async () => {
    const repo = await newRepo();
    const sha = await link(
      repo,
      { ["__proto__"]: { sha: "1".repeat(40) }, "a/b": { sha: "2".repeat(40) } },
      { "a/c": "x" },
    );

    const { leftOut, warnings, on } = await stage(repo, sha);

    expect(on).to.deep.equal(["a/c"]);
    expect(leftOut.map(({ path, spoilsFolders }) => [path, spoilsFolders])).to.deep.equal([
      ["__proto__", true],
      ["a/b", true],
    ]);
    expect(warnings[0]).to.equal(
      '"__proto__" is left out: it is a submodule, and there is no .gitmodules that says where it is',
    );
  });

  it("checks out submodules of submodules, each URL counted from the one that holds it", async () => {
    const [inner, middle, repo] = [await newRepo("inner"), await newRepo("middle"), await newRepo()];
    const innerSha = await inner.commit({ deep: "d" });
    const middleSha = await link(middle, { in: { sha: innerSha, url: `../${nameOf(inner)}` } }, { m: "m" });
    const sha = await link(repo, { "x/mid": { sha: middleSha, url: at(middle, "localhost") } });

    const staged = await stage(repo, sha);

    expect(staged.on).to.deep.equal([".gitmodules", "x/mid/.gitmodules", "x/mid/in/deep", "x/mid/m"]);
    expect(server.requests.some((request) => request.includes(nameOf(inner)))).to.equal(true);
  });

  it("fetches only those below the limit of the checkout, and what links bring in", async () => {
    const lib = await newRepo("lib");
    const sha = await lib.commit({ "conf/a": "a", "conf/b": "b", other: "o" });
    const none = { sha, url: "http://127.0.0.1:1/never-asked" };
    const repo = await newRepo();
    const head = await link(
      repo,
      {
        "app/sub": { sha, url: at(lib) },
        "elsewhere/sub": none,
        linked: { sha, url: at(lib) },
        part: { sha, url: at(lib) },
      },
      { "app/compose.yaml": "x", "app/conf": { link: "../linked/conf/a" }, "elsewhere/x": "y" },
    );

    const staged = await stage(repo, head, { paths: ["app", "part/conf"] });

    expect(staged.on).to.deep.equal([
      "app/compose.yaml",
      "app/conf",
      "app/sub/conf/a",
      "app/sub/conf/b",
      "app/sub/other",
      "linked/conf/a",
      "part/conf/a",
      "part/conf/b",
    ]);
    expect(staged.paths).to.deep.equal(["app", "linked/conf/a", "part/conf"]);
  });

  it("judges links across all repositories", async () => {
    const lib = await newRepo("lib");
    const libSha = await lib.commit({
      up: { link: "../top" },
      out: { link: "../../../x" },
      "d/out": { link: "../over/../../../etc" },
      over: { link: ".." },
      f: "f",
    });
    const repo = await newRepo();
    const sha = await link(
      repo,
      { lib: { sha: libSha, url: at(lib) } },
      { top: "t", in: { link: "lib/f" }, through: { link: "lib/over/lib/over/../x" } },
    );

    const { on, leftOut } = await stage(repo, sha);

    expect(on).to.deep.equal([".gitmodules", "in", "lib/f", "lib/over", "lib/up", "top"]);
    expect(leftOut.map(({ path }) => path).toSorted()).to.deep.equal(["lib/d/out", "lib/out", "through"]);
  });

  describe("gives a host the credential that is named for it, and no other", () => {
    const credential: GitCredential = { kind: "basic", username: "sub", password: "module" };
    const parents: GitCredential = { kind: "basic", username: "the", password: "parent" };
    const header = (one: GitCredential): string =>
      one.kind === "basic"
        ? `Basic ${Buffer.from(`${one.username}:${one.password}`).toString("base64")}`
        : "";

    async function setUp(
      host: string,
    ): Promise<{ repo: TempRepo; lib: TempRepo; sha: string; remote: StageRequest["remote"] }> {
      const lib = await newRepo("private");
      const libSha = await lib.commit({ f: "f" });
      const repo = await newRepo("private");
      const sha = await link(repo, { lib: { sha: libSha, url: at(lib, host) } });
      return { repo, lib, sha, remote: remoteOf(at(repo), "parent", parents) };
    }

    it("by host and port", async () => {
      const { repo, lib, sha, remote } = await setUp("localhost");
      const credentialFor = (host: string) =>
        host === `localhost:${server.port}` ? { secret: "sub", credential } : undefined;

      expect((await stage(repo, sha, { remote, submodules: { credentialFor } })).on).to.include("lib/f");

      const sent = [...new Set(authorized)].toSorted();
      expect(sent).to.deep.equal(
        [
          `127.0.0.1:${server.port} ${nameOf(repo)} ${header(parents)}`,
          `localhost:${server.port} ${nameOf(lib)} ${header(credential)}`,
        ].toSorted(),
      );
    });

    it("never the parent's, even on the parent's own host", async () => {
      const { repo, lib, sha, remote } = await setUp("127.0.0.1");

      const error = await failure(repo, sha, { remote });

      expect(error.reason).to.equal("AuthenticationFailed");
      expect(error.message).to.match(
        /^Cannot check out the submodule "lib": cannot fetch commit [0-9a-f]{12} of "http:/,
      );
      expect(error.message).to.contain(at(lib));
      expect(error.message).to.contain("name a Secret in spec.source.submoduleSecretRefs");
      expect(authorized.filter((line) => line.includes(nameOf(lib)))).to.deep.equal([]);
    });

    it("with a mirror of its own: what one may read is not there for another", async () => {
      const { lib, repo, sha, remote } = await setUp("localhost");
      const credentialFor = () => ({ secret: "sub", credential });
      await stage(repo, sha, { remote, submodules: { credentialFor } });
      const thief = await newRepo();
      const libSha = await lib.head();
      const stolen = await link(thief, { loot: { sha: libSha, url: at(lib, "localhost") } });

      expect((await failure(thief, stolen)).reason).to.equal("AuthenticationFailed");
    });
  });

  describe("refuses, naming the submodule and its URL,", () => {
    const refuse = async (url: string): Promise<ReconcileError> => {
      const repo = await newRepo();
      return failure(repo, await link(repo, { "a/sub": { sha: "1".repeat(40), url } }));
    };

    for (const url of [
      "file:///etc",
      "/srv/git/secret.git",
      "ext::sh -c 'touch /tmp/conops-ran'",
      "--upload-pack=touch",
      "../../../evil.example/x",
      "https://me:hunter2@example.com/x",
    ]) {
      it(`the URL ${url}`, async () => {
        const error = await refuse(JSON.stringify(url));

        expect([error.reason, error.terminal]).to.deep.equal(["InvalidURL", true]);
        expect(error.message).to.match(/^Cannot check out the submodule "a\/sub": its URL "/);
        expect(error.message).not.to.contain("hunter2");
      });
    }

    it("a commit that no branch or tag holds", async () => {
      const lib = await newRepo("lib");
      await lib.commit({ a: "x" });
      const error = await refuse(at(lib));

      expect(error.reason).to.equal("RevisionNotFound");
      expect(error.message).to.equal(
        `Cannot check out the submodule "a/sub": cannot fetch commit 111111111111 of "${at(lib)}": no branch or tag holds it`,
      );
    });

    it("a repository that is not there", async () => {
      const error = await refuse("../nothing-here");

      expect(error.reason).to.equal("RepositoryNotFound");
      expect(error.message).to.contain('"a/sub"').and.to.contain("/nothing-here");
    });

    it("a .gitmodules that can be read in two ways", async () => {
      const repo = await newRepo();
      const sha = await link(
        repo,
        { sub: { sha: "1".repeat(40) } },
        {
          ".gitmodules": '[submodule "a"]\npath = sub\nurl = ../x\n[submodule "b"]\npath = sub\nurl = ../y\n',
        },
      );

      const error = await failure(repo, sha);

      expect([error.reason, error.terminal]).to.deep.equal(["UnsupportedContent", true]);
      expect(error.message).to.equal(
        'Cannot check out the submodule "sub": .gitmodules: it gives the path "sub" to two submodules',
      );
    });

    it("a circle of repositories", async () => {
      const [one, two] = [await newRepo("one"), await newRepo("two")];
      let sha = await two.commit({ x: "x" });
      for (let round = 0; round < 4; round++) {
        sha = await link(one, { two: { sha, url: `../${nameOf(two)}` } }, { round: `${round}` });
        sha = await link(two, { one: { sha, url: `../${nameOf(one)}` } }, { round: `${round}` });
      }

      const error = await failure(two, sha);

      expect(error.terminal).to.equal(true);
      expect(error.message).to.match(
        /^Cannot check out the submodule "one\/two\/one.*": ".*" holds itself, by way of its submodules$/,
      );
    });

    it("very many of them", async () => {
      const lib = await newRepo("lib");
      const sha = await lib.commit({ a: "x" });
      const repo = await newRepo();
      const links = Object.fromEntries(
        Array.from({ length: 101 }, (_, n) => [`s${n}`, { sha, url: at(lib) }] as const),
      );

      expect((await failure(repo, await link(repo, links))).message).to.match(
        /there are more than 100 submodules$/,
      );
    });

    it("files beyond the limits, whoever holds them", async () => {
      const lib = await newRepo("lib");
      const sha = await lib.commit({ big: "x".repeat(5000) });
      const repo = await newRepo();
      const narrow = createGit({
        dataDir: join(base, `data-${++count}`),
        clock: systemClock,
        log: silentLog,
        limits: { maxFileBytes: 4096 },
      });
      const remote = remoteOf(at(repo));
      const head = await link(repo, { sub: { sha, url: at(lib) } });
      const error = await narrow
        .stage(
          { remote, sha: head, dir: join(base, "none"), submodules: { credentialFor: () => undefined } },
          signal,
        )
        .catch((thrown: unknown) => thrown);
      await narrow.close();

      expect(error instanceof ReconcileError && error.message).to.match(
        /: the file "sub\/big" has 5000 bytes, more than/,
      );
    });
  });

  describe("of a repository on this machine", () => {
    it("takes others on it, and none of ConOps's own mirrors, by whatever way", async () => {
      const lib = await newRepo("lib");
      const libSha = await lib.commit({ a: "x" });
      const repo = await newRepo();
      const sha = await link(repo, { sub: { sha: libSha, url: `../${nameOf(lib)}` } });
      const remote = remoteOf(repo.dir);
      expect((await stage(repo, sha, { remote })).on).to.include("sub/a");

      await symlink(join(base, "data"), join(base, "served", "innocent")).catch(() => undefined);
      const [mirror = ""] = await readdir(join(base, "data", "mirrors"));
      for (const url of [
        join(base, "data", "mirrors", mirror),
        join(base, "served", "innocent", "mirrors", mirror),
      ]) {
        const error = await failure(repo, await link(repo, { sub: { sha: libSha, url } }), { remote });
        expect(error.message).to.match(/leads into ConOps's own folder$/);
      }
    });
  });

  it("takes .gitmodules from Git alone, and no link for it", async () => {
    const repo = await newRepo();
    await writeFile(join(base, "lure"), `[submodule "x"]\npath = sub\nurl = ../never\n`);
    const sha = await repo.commitRaw([
      { mode: "120000", name: ".gitmodules", id: await repo.blob(join(base, "lure")) },
      { mode: "160000", name: "sub", id: "1".repeat(40) },
    ]);
    const error = await failure(repo, sha);

    expect([error.reason, error.terminal]).to.deep.equal(["UnsafePath", true]);
    expect(server.requests.some((request) => request.includes("never"))).to.equal(false);
  });

  describe("as Git itself", () => {
    let own: TempRepo;
    before(async () => {
      own = await createTempRepo({ dir: join(base, "own") });
    });

    it("counts relative URLs", async () => {
      for (const parent of [
        "https://git.example.com/team/shop.git",
        "ssh://git@git.example.com/a/b/c",
        "git@git.example.com:team/shop.git",
        "git@git.example.com:/srv/shop",
        "/srv/git/shop.git",
      ]) {
        for (const written of ["../lib.git", "./lib", "../../lib/x", ".././lib"]) {
          await writeFile(join(own.dir, ".gitmodules"), `[submodule "x"]\npath = x\nurl = ${written}\n`);
          await own.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},x`);
          await own.git("config", "remote.origin.url", parent);
          await own.git("config", "--unset-all", "submodule.x.url").catch(() => undefined);
          await own.git("submodule", "--quiet", "init", "x");
          const theirs = await own.git("config", "submodule.x.url");
          const ours = submoduleRepo(parent, written);

          expect("repo" in ours && ours.repo.url, `${written} of ${parent}`).to.equal(theirs);
        }
      }
    });

    it("reads .gitmodules, or refuses it", async () => {
      const piece = fc.constantFrom(
        "path",
        "url",
        " = ",
        "=",
        "a",
        "b/c",
        '"',
        "\\",
        "\\\n",
        "#",
        ";",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\u00a0",
        "\v",
        "\\n",
        '\\"',
        "-",
        "x y",
        "[",
        "]",
        '\n[submodule "a"]\n',
        '\n[submodule "b"] ',
        "\n[submodule.c]\n",
        '\n[SubModule "A\\"b"]\n',
        "\n[core]\n",
        "\npath = ",
        "\nurl = ",
      );
      const text = fc.array(piece, { maxLength: 14 }).map((pieces) => `[submodule "s"]\n${pieces.join("")}`);
      let agreed = 0;
      await fc.assert(
        fc.asyncProperty(text, async (written) => {
          const file = join(own.dir, "config");
          await writeFile(file, written);
          const listed = await runGit(own.dir, [
            "config",
            "--no-includes",
            "--null",
            "--list",
            "--file",
            file,
          ]).then(
            (out) => out,
            () => undefined,
          );
          const ours = parseGitmodules(written);
          if (listed === undefined) expect("fault" in ours, written).to.equal(true);
          const theirs = listed === undefined ? "fault" : mapOf(listed);
          if (theirs === "fault" || ("fault" in ours && ours.fault.includes("a tab in a"))) return;
          expect("urls" in ours ? Object.fromEntries(ours.urls) : ours.fault, written).to.deep.equal(theirs);
          agreed += 1;
        }),
        { numRuns: 400 },
      );
      expect(agreed > 20).to.equal(true);
    });
  });
});

/** What `git config --list --null` says of submodules; "fault" where it says a thing twice. */
function mapOf(listed: string): Readonly<Record<string, string>> | "fault" {
  const paths = new Map<string, string>();
  const urls = new Map<string, string>();
  for (const entry of listed.split("\0")) {
    const [, name, key, value = "true"] = /^submodule\.(.*)\.(path|url)(?:\n(.*))?$/s.exec(entry) ?? [];
    const known = key === "path" ? paths : urls;
    if (name === undefined) continue;
    if (known.has(name)) return "fault";
    known.set(name, value);
  }
  if (new Set(paths.values()).size < paths.size) return "fault";
  return Object.fromEntries(
    [...paths].flatMap(([name, path]) => (urls.has(name) ? [[path, urls.get(name) ?? ""]] : [])),
  );
}
