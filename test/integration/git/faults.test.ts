import { expect } from "chai";
import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Remote } from "../../../controller/git/git.ts";
import type { GitLimits } from "../../../controller/git/limits.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { startEndlessServer } from "../../support/endless-server.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import {
  freePort,
  startBlackHole,
  startDripServer,
  startGitDaemon,
  startSmartHttp,
  startStallingProxy,
  type GitServer,
  type SmartHttpServer,
} from "../../support/git-servers.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

describe("Git with remotes and mirrors that fail", function () {
  this.timeout(60_000);
  let base: string;
  let repo: TempRepo;
  let sha: string;
  let count = 0;
  let closers: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-faults-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    sha = await repo.commit({ a: "x", "big.bin": randomBytes(300_000) });
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
    closers = [];
    expect(await workerPids(base)).to.deep.equal([]);
    await rm(base, { recursive: true, force: true });
  });

  function newGit(limits: Partial<GitLimits> = {}): Git {
    const git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog, limits });
    closers.push(() => git.close());
    return git;
  }

  async function open<S extends GitServer>(starting: Promise<S>): Promise<S> {
    const server = await starting;
    closers.push(() => server.close());
    return server;
  }

  function remoteAt(url: string): Remote {
    return { id: `mirror-${++count}`, url };
  }

  function stage(git: Git, remote: Remote, wanted = sha, stop = signal) {
    const dir = join(base, `out-${++count}`);
    return git.stage({ remote, sha: wanted, ref: "refs/heads/main", dir }, stop);
  }

  it("gives up a remote that accepts and never answers, and lets a hundred others pass meanwhile", async () => {
    const daemon = await open(startGitDaemon(base));
    const holes = await Promise.all([1, 2, 3].map(() => open(startBlackHole())));
    const git = newGit({ listMs: 4000, drainListMs: 500 });
    const startedAt = performance.now();
    const hung = holes.flatMap((hole) =>
      [1, 2, 3].map(() => reasonOf(git.listRefs(remoteAt(hole.url("r")), signal))),
    );

    const good = Array.from({ length: 100 }, () => git.listRefs(remoteAt(daemon.url(repo.dir)), signal));
    const answers = await Promise.all(good);
    const goodMs = performance.now() - startedAt;

    expect(answers.every(({ head }) => head?.sha === sha)).to.equal(true);
    expect(goodMs < 4000).to.equal(true);
    expect(await Promise.all(hung)).to.deep.equal(Array(9).fill("RemoteTimedOut"));
    expect((await git.listRefs(remoteAt(daemon.url(repo.dir)), signal)).head?.sha).to.equal(sha);
  });

  it("gives up a server that answers a byte at a time", async () => {
    const drip = await open(startDripServer());
    const git = newGit({ listMs: 1500 });

    expect(await reasonOf(git.listRefs(remoteAt(drip.url("r")), signal))).to.equal("RemoteTimedOut");
  });

  it("cuts off a remote that sends more than is allowed, and leaves the mirror as it was", async () => {
    const endless = await open(startEndlessServer(10 * 1024 ** 3));
    const daemon = await open(startGitDaemon(base));
    const git = newGit({ maxFetchBytes: 20 * 1024 ** 2 });
    const mirror = remoteAt(daemon.url(repo.dir));
    await stage(git, mirror);
    const flood: Remote = { id: mirror.id, url: endless.url("repo") };

    const error = await errorOf(stage(git, flood, "1".repeat(40)));

    expect(error.message).to.equal(
      `Cannot fetch commit 111111111111 of "${flood.url}": the remote sends more than 20MiB, the limit of --max-repository-size`,
    );
    expect([error.reason, error.terminal]).to.deep.equal(["RepositoryTooLarge", true]);
    expect(endless.sentBytes()).to.be.below(2 * 1024 ** 3);
    const packs = await readdir(join(base, "data/mirrors", mirror.id, "objects/pack"));
    expect(packs.map((name) => name.replace(/^.*\./, "")).toSorted()).to.deep.equal(["idx", "pack"]);
    const next = await repo.commit({ a: "y" });
    expect((await stage(git, mirror, next)).commit.sha).to.equal(next);
  });

  it("fetches after all when the first try stood still in the middle and was killed", async () => {
    const daemon = await open(startGitDaemon(base));
    const proxy = await open(startStallingProxy(daemon.port, 100_000));
    const remote = remoteAt(proxy.url("repo"));
    const git = newGit({ fetchIdleMs: 1500, drainStageMs: 200 });

    const error = await errorOf(stage(git, remote));
    expect(error.reason).to.equal("RemoteTimedOut");
    expect(error.message).to.match(
      /^Cannot fetch commit [0-9a-f]{12} of "[^"]+": the remote did not answer in time$/,
    );
    const staged = await stage(git, remote);

    expect(staged.commit.sha).to.equal(sha);
    const packs = await readdir(join(base, "data/mirrors", remote.id, "objects/pack"));
    expect(packs.map((name) => name.replace(/^.*\./, "")).toSorted()).to.deep.equal(["idx", "pack"]);
  });

  it("finishes what else a worker has when one operation is over its limit", async () => {
    const daemon = await open(startGitDaemon(base));
    const hole = await open(startBlackHole());
    const git = newGit({ fetchIdleMs: 800, drainStageMs: 100 });

    const hung = reasonOf(stage(git, remoteAt(hole.url("r"))));
    const others = await Promise.all(
      Array.from({ length: 8 }, () =>
        stage(git, remoteAt(daemon.url(repo.dir))).then(({ commit }) => commit.sha),
      ),
    );

    expect(others).to.deep.equal(Array(8).fill(sha));
    expect(await hung).to.equal("RemoteTimedOut");
  });

  it("tries again elsewhere what a worker had that died", async () => {
    const daemon = await open(startGitDaemon(base));
    const hole = await open(startBlackHole());
    const git = newGit({ listMs: 20_000 });
    await git.listRefs(remoteAt(daemon.url(repo.dir)), signal);
    const stop = new AbortController();
    const hung = git.listRefs(remoteAt(hole.url("r")), stop.signal).catch((error: unknown) => error);
    await until(() => hole.connections() === 1);

    for (const pid of await workerPids(base)) process.kill(pid, "SIGKILL");
    await until(() => hole.connections() === 2);

    expect((await git.listRefs(remoteAt(daemon.url(repo.dir)), signal)).head?.sha).to.equal(sha);
    stop.abort(new Error("enough"));
    expect(await hung).to.equal(stop.signal.reason);
  });

  it("frees a caller at once that gives up, whether its operation waits or runs", async () => {
    const hole = await open(startBlackHole());
    const git = newGit();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const hung = Array.from({ length: 12 }, () =>
      git.listRefs(remoteAt(hole.url("r")), stop.signal).catch((error: unknown) => error),
    );
    const staging = stage(git, remoteAt(hole.url("r")), sha, stop.signal).catch((error: unknown) => error);
    await until(() => hole.connections() > 1);

    const startedAt = performance.now();
    stop.abort(new Error("enough"));
    const ends = new Set(await Promise.all([...hung, staging]));

    expect([...ends]).to.deep.equal([stop.signal.reason]);
    expect(performance.now() - startedAt < 1000).to.equal(true);
  });

  it("does not begin what was given up before", async () => {
    const git = newGit();

    const end = await git.listRefs(remoteAt(repo.dir), AbortSignal.abort(new Error("no"))).catch(String);

    expect(end).to.equal("Error: no");
  });

  it("leaves no process and no folder behind when it is closed in the middle", async () => {
    const hole = await open(startBlackHole());
    const git = newGit();
    const ends = [
      reasonOf(git.listRefs(remoteAt(hole.url("r")), signal)),
      reasonOf(stage(git, remoteAt(hole.url("r")))),
    ];
    await until(() => hole.connections() === 2);

    await git.close();

    expect(await Promise.all(ends)).to.deep.equal(["FetchFailed", "FetchFailed"]);
    expect(await workerPids(base)).to.deep.equal([]);
    expect((await readdir(base)).filter((name) => name.startsWith("out-"))).to.deep.equal([]);
    expect(await reasonOf(git.listRefs(remoteAt(repo.dir), signal))).to.equal("FetchFailed");
  });

  it("starts no process before it is used", async () => {
    newGit();

    expect(await workerPids(base)).to.deep.equal([]);
    expect(await exists(join(base, "data"))).to.equal(false);
  });

  it("gives workers an empty HOME and nothing of its own environment", async () => {
    const git = newGit();
    process.env["CONOPS_TEST_SECRET"] = "secret";
    await mkdir(join(base, "data/git-home"), { recursive: true });
    await writeFile(join(base, "data/git-home/.gitconfig"), `[url "/nowhere"]\n\tinsteadOf = ${base}\n`);

    expect((await git.listRefs(remoteAt(`file://${repo.dir}`), signal)).head?.sha).to.equal(sha);

    delete process.env["CONOPS_TEST_SECRET"];
    const [pid] = await workerPids(base);
    const names = (await readFile(`/proc/${pid}/environ`, "utf8"))
      .split("\0")
      .map((line) => line.split("=")[0]);
    expect(
      names.filter((name) => !/^(?:PATH|HOME|NODE_CHANNEL_\w+|SSL_CERT_\w+|)$/.test(name ?? "")),
    ).to.deep.equal([]);
  });

  describe("when a mirror is damaged", () => {
    const packs = (remote: Remote): string => join(base, "data/mirrors", remote.id, "objects/pack");
    const damages: Record<string, (remote: Remote) => Promise<void>> = {
      "its packs were cut short": async (remote) => {
        for (const name of await readdir(packs(remote))) await truncate(join(packs(remote), name), 40);
      },
      "its packs hold other bytes": async (remote) => {
        for (const name of (await readdir(packs(remote))).filter((file) => file.endsWith(".pack"))) {
          const bytes = await readFile(join(packs(remote), name));
          await rm(join(packs(remote), name));
          await writeFile(join(packs(remote), name), bytes.fill(7, 30, bytes.length - 20));
        }
      },
      "its packs are gone, but their indexes are there": async (remote) => {
        for (const name of (await readdir(packs(remote))).filter((file) => file.endsWith(".pack"))) {
          await rm(join(packs(remote), name));
        }
      },
      "its objects are gone, but its refs are there": async (remote) => {
        for (const name of await readdir(packs(remote))) await rm(join(packs(remote), name));
      },
      "its configuration is garbage": (remote) =>
        writeFile(join(base, "data/mirrors", remote.id, "config"), "[core\n\0garbage"),
      "it has no HEAD": (remote) => rm(join(base, "data/mirrors", remote.id, "HEAD")),
      "its folder for packs is gone": (remote) => rm(packs(remote), { recursive: true }),
      "it is a file": async (remote) => {
        await rm(join(base, "data/mirrors", remote.id), { recursive: true });
        await writeFile(join(base, "data/mirrors", remote.id), "x");
      },
    };
    for (const [name, damage] of Object.entries(damages)) {
      it(`fetches afresh: ${name}`, async () => {
        const daemon = await open(startGitDaemon(base));
        const remote = remoteAt(daemon.url(repo.dir));
        const before = newGit();
        await stage(before, remote);
        await before.close(); // so that no worker has the old files open
        await damage(remote);
        const git = newGit();

        expect((await stage(git, remote)).entries).to.have.length(2);

        const next = await repo.commit({ a: "y" });
        expect((await stage(git, remote, next)).commit.sha).to.equal(next);
      });
    }

    it("sweeps what a killed fetch left, before it would fail every later one", async () => {
      const daemon = await open(startGitDaemon(base));
      const remote = remoteAt(daemon.url(repo.dir));
      const git = newGit();
      await stage(git, remote);
      const mirror = join(base, "data/mirrors", remote.id);
      await writeFile(join(mirror, "refs/conops/heads/main.lock"), "");
      await writeFile(join(mirror, "packed-refs.lock"), "");
      await writeFile(join(mirror, "objects/pack/pack_git2_abcdef"), "half");
      const next = await repo.commit({ a: "y" });

      await stage(git, remote, next);

      const left = await readdir(mirror, { recursive: true });
      expect(left.filter((name) => /\.lock$|pack_git2_/.test(name))).to.deep.equal([]);
    });
  });

  describe("over HTTP", () => {
    const cases: { name: string; path: string; reason: string }[] = [
      { name: "401", path: "/401", reason: "AuthenticationFailed" },
      { name: "403", path: "/403", reason: "AuthenticationFailed" },
      { name: "404", path: "/404", reason: "RepositoryNotFound" },
      { name: "500", path: "/500", reason: "FetchFailed" },
      { name: "a page for people", path: "/page", reason: "RepositoryNotFound" },
      { name: "a cut connection", path: "/cut", reason: "FetchFailed" },
    ];
    it("gives each answer its reason, in the same words every time", async () => {
      const server = await open(
        startSmartHttp(base, {
          before(request, response) {
            const [, first = ""] = (request.url ?? "").split("/");
            if (/^\d+$/.test(first)) response.writeHead(Number(first), { "WWW-Authenticate": "Basic" }).end();
            if (first === "page") response.writeHead(200, { "Content-Type": "text/html" }).end("<html>");
            if (first === "cut") response.destroy();
            return first !== "repo";
          },
        }),
      );
      const git = newGit();
      for (const { path, reason } of cases) {
        const remote = remoteAt(`http://127.0.0.1:${server.port}${path}`);
        const first = await errorOf(git.listRefs(remote, signal));
        const second = await errorOf(git.listRefs(remote, signal));

        expect({ path, reason: first.reason }).to.deep.equal({ path, reason });
        expect(second.message).to.equal(first.message);
        expect(first.message).to.match(/^Cannot read "http:[^\n]*$/);
      }
    });

    describe("that asks for fewer requests", () => {
      interface Asked {
        readonly status: number;
        readonly headers: Record<string, string>;
      }
      let asked: Asked;
      let server: SmartHttpServer;
      beforeEach(async () => {
        asked = { status: 429, headers: {} };
        server = await open(
          startSmartHttp(base, {
            before({ url = "" }, response) {
              if (asked.status !== 200 && !url.startsWith("/free")) {
                response.writeHead(asked.status, asked.headers).end();
                return true;
              }
              return false;
            },
          }),
        );
      });

      it("asks it once for how long, and then leaves it alone: polls and fetches, of every repository", async () => {
        asked = { status: 429, headers: { "Retry-After": "600" } };
        const remote = remoteAt(server.url("repo"));
        const git = newGit();

        const first = await errorOf(git.listRefs(remote, signal));
        const requests = server.requests.length;
        const second = await errorOf(git.listRefs(remoteAt(server.url("other")), signal));
        const fetched = await errorOf(stage(git, remote));

        expect(first.message).to.equal(
          `Cannot read "${remote.url}": the host asks for fewer requests, and is asked again later`,
        );
        expect([first.reason, second.reason, fetched.reason]).to.deep.equal(Array(3).fill("RateLimited"));
        expect(first.retryAfterMs).to.be.within(590_000, 600_000);
        expect(second.retryAfterMs).to.be.within(590_000, 600_000);
        expect({ requests, now: server.requests.length }).to.deep.equal({ requests: 2, now: 2 });
      });

      it("asks again when the time is over", async () => {
        asked = { status: 503, headers: { "Retry-After": "1" } };
        const git = newGit();
        const remote = remoteAt(server.url("repo"));
        expect(await reasonOf(git.listRefs(remote, signal))).to.equal("RateLimited");
        asked = { status: 200, headers: {} };
        expect(await reasonOf(git.listRefs(remote, signal))).to.equal("RateLimited");

        await new Promise((resolve) => setTimeout(resolve, 1100));

        expect((await git.listRefs(remote, signal)).head?.sha).to.equal(sha);
      });

      it("understands a date, by the host's own clock", async () => {
        const theirNow = Date.now() - 7 * 86_400_000;
        const headers = {
          Date: new Date(theirNow).toUTCString(),
          "Retry-After": new Date(theirNow + 120_000).toUTCString(),
        };
        asked = { status: 429, headers };

        const error = await errorOf(newGit().listRefs(remoteAt(server.url("repo")), signal));

        expect(error.retryAfterMs).to.be.within(110_000, 121_000);
      });

      it("waits a minute when it does not say for how long, and not at all for a 503 that says nothing", async () => {
        const git = newGit();
        asked = { status: 503, headers: {} };
        expect(await reasonOf(git.listRefs(remoteAt(server.url("repo")), signal))).to.equal("FetchFailed");

        asked = { status: 429, headers: {} };
        const error = await errorOf(git.listRefs(remoteAt(server.url("repo")), signal));

        expect(error.retryAfterMs).to.equal(60_000);
      });

      it("asks with the same credential, which is limited apart from others, and follows no redirect", async () => {
        const seen: string[] = [];
        const elsewhere = await open(startSmartHttp(base));
        const limiting = await open(
          startSmartHttp(base, {
            before({ headers }, response) {
              const { authorization } = headers;
              seen.push(authorization ?? "none");
              if (authorization === undefined) return false;
              // libgit2's question is answered with 429, the second one sent elsewhere.
              const status = seen.length === 1 ? 429 : 302;
              response.writeHead(status, { Location: elsewhere.url("repo"), "Retry-After": "300" }).end();
              return true;
            },
          }),
        );
        const git = newGit();
        const plain = remoteAt(limiting.url("repo"));
        const credential = { kind: "basic", username: "ada", password: "secret" } as const;

        const reason = await reasonOf(git.listRefs({ ...remoteAt(plain.url), credential }, signal));

        expect(reason).to.equal("RateLimited");
        const basic = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
        expect(seen).to.deep.equal([basic, basic]);
        expect(elsewhere.requests).to.deep.equal([]);
        expect((await git.listRefs(plain, signal)).head?.sha).to.equal(sha);
      });
    });

    it("follows a redirect on the same host, and none to another", async () => {
      const other = await open(startSmartHttp(base));
      const server = await open(
        startSmartHttp(base, {
          before({ url = "" }, response) {
            if (url.startsWith("/repo")) return false;
            const host = url.startsWith("/away") ? `http://localhost:${other.port}` : "";
            response.writeHead(302, { Location: host + url.replace(/^\/\w+/, "/repo") }).end();
            return true;
          },
        }),
      );
      const git = newGit();

      expect((await git.listRefs(remoteAt(server.url("moved")), signal)).head?.sha).to.equal(sha);
      const away = await errorOf(git.listRefs(remoteAt(server.url("away")), signal));

      expect(away.reason).to.equal("FetchFailed");
      expect(away.message).to.match(/redirects to another host, "localhost", which is not followed/);
      expect(other.requests).to.deep.equal([]);
    });

    it("reads a remote whose certificate a given authority signed, and no other", async () => {
      const tls = await selfSigned(base);
      let isLimited = false;
      const server = await open(
        startSmartHttp(base, {
          tls,
          before(_, response) {
            if (isLimited) response.writeHead(429, { "Retry-After": "300" }).end();
            return isLimited;
          },
        }),
      );
      const url = server.url("repo").replace("127.0.0.1", "localhost");
      const distrusting = newGit();
      expect(await reasonOf(distrusting.listRefs(remoteAt(url), signal))).to.equal("CertificateInvalid");
      await distrusting.close();

      const before = process.env["SSL_CERT_FILE"];
      process.env["SSL_CERT_FILE"] = join(base, "cert.pem");
      try {
        const trusting = newGit();
        expect((await trusting.listRefs(remoteAt(url), signal)).head?.sha).to.equal(sha);
        // Node asks for how long a host wants to be left alone, and trusts the same authorities.
        isLimited = true;
        const { retryAfterMs } = await errorOf(trusting.listRefs(remoteAt(url), signal));
        expect(retryAfterMs).to.be.within(290_000, 300_000);
      } finally {
        if (before === undefined) delete process.env["SSL_CERT_FILE"];
        else process.env["SSL_CERT_FILE"] = before;
      }
    });
  });

  it("says that nobody listens, or that there is no such host", async () => {
    const port = await freePort();
    const git = newGit();

    const refused = await errorOf(git.listRefs(remoteAt(`git://127.0.0.1:${port}/r`), signal));
    const unknown = await errorOf(git.listRefs(remoteAt("git://no-such-host.invalid/r"), signal));

    expect(refused.message).to.equal(`Cannot read "git://127.0.0.1:${port}/r": the connection was refused`);
    expect(unknown.message).to.equal(
      'Cannot read "git://no-such-host.invalid/r": the host\'s name does not resolve',
    );
    expect([refused.reason, unknown.reason]).to.deep.equal(["FetchFailed", "FetchFailed"]);
  });

  it("counts every operation and how it went", async () => {
    const counted: string[] = [];
    const git = createGit({
      dataDir: join(base, "data"),
      clock: systemClock,
      log: silentLog,
      metrics: {
        requested: (operation, result) => void counted.push(`${operation} ${result}`),
        paused: () => void counted.push("paused"),
        mirrors: (count) => void counted.push(`mirrors ${count}`),
      },
    });
    closers.push(() => git.close());

    await git.listRefs(remoteAt(repo.dir), signal);
    await stage(git, remoteAt(repo.dir));
    await reasonOf(git.listRefs(remoteAt("/none"), signal));

    expect(counted).to.deep.equal([
      "ls-remote success",
      "checkout success",
      "fetch success",
      "mirrors 1",
      "checkout success",
      "ls-remote error",
    ]);
  });
});

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

/** The processes whose HOME is below `base`. */
async function workerPids(base: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (environment.includes(`HOME=${base}/`)) found.push(Number(name));
  }
  return found;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function selfSigned(dir: string): Promise<{ key: string; cert: string }> {
  const key = join(dir, "key.pem");
  const cert = join(dir, "cert.pem");
  const how = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ];
  const who = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await new Promise<void>((resolve, reject) => {
    execFile("openssl", [...how, ...who, "-keyout", key, "-out", cert], (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}
