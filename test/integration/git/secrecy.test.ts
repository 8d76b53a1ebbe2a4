import { setMaxListeners } from "node:events";
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { GitCredential } from "../../../controller/api/credential.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Remote } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import type { Log } from "../../../controller/lib/log.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { startBlackHole, startSmartHttp } from "../../support/git-servers.ts";
import { createSshKey, startSshServer, type SshKey } from "../../support/ssh-server.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

const PASSPHRASE = "MARKpassphrase4711";
const PASSWORD = "MARKpassword4711";
const TOKEN = "MARKtoken4711";

describe("Git keeps what a Secret holds", function () {
  this.timeout(60_000);
  let base: string;
  let data: string;
  let repo: TempRepo;
  let sha: string;
  let key: SshKey;
  let marks: readonly string[];
  let git: Git;
  let logged: string[];
  let count = 0;
  let closers: (() => Promise<void>)[] = [];

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-secrecy-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    sha = await repo.commit({ a: "1" });
    key = await createSshKey({ type: "ed25519", passphrase: PASSPHRASE });
    const body = key.privateKey.split("\n").slice(1, -2);
    const values = [PASSPHRASE, PASSWORD, TOKEN, `ada:${PASSWORD}`];
    marks = [...body, ...values, ...values.map((value) => Buffer.from(value).toString("base64"))];
  });
  beforeEach(() => {
    data = join(base, `data-${++count}`);
    logged = [];
    const note = (message: string, fields?: object): void =>
      void logged.push(message, JSON.stringify(fields ?? {}));
    const log: Log = { debug: note, info: note, warn: note, error: note };
    git = createGit({ dataDir: data, clock: systemClock, log, limits: { listMs: 3000, drainListMs: 100 } });
    closers.push(() => git.close());
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });
  after(() => rm(base, { recursive: true, force: true }));

  function ssh(different: Partial<Extract<GitCredential, { kind: "ssh" }>> = {}): GitCredential {
    return { kind: "ssh", privateKey: key.privateKey, passphrase: PASSPHRASE, ...different };
  }
  const basic: GitCredential = { kind: "basic", username: "ada", password: PASSWORD };
  const bearer: GitCredential = { kind: "bearer", token: TOKEN };

  /** What can be seen of the workers and on the disk, besides their memory. */
  async function visible(): Promise<string> {
    const texts = [...logged];
    let workers = 0;
    for (const pid of await readdir("/proc")) {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (!/^\d+$/.test(pid) || !environment.includes(`HOME=${data}/`)) continue;
      workers++;
      texts.push(environment, await readFile(`/proc/${pid}/cmdline`, "utf8"));
    }
    expect(workers).to.be.greaterThan(0);
    for (const name of await readdir(data, { recursive: true })) {
      const path = join(data, name);
      const stat = await lstat(path).catch(() => undefined);
      if (stat?.isFile() === true) texts.push(name, await readFile(path, "latin1"));
      else texts.push(name, stat?.isSymbolicLink() === true ? await readlink(path) : "");
    }
    return texts.join("\n");
  }

  function marksIn(text: string): readonly string[] {
    return marks.filter((mark) => text.includes(mark));
  }

  async function failureOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof ReconcileError)) throw error;
      let said = "";
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        said += `${cause.message}\n${cause.stack}\n${JSON.stringify(cause)}\n`;
      }
      return said;
    }
    throw new Error("it did not fail");
  }

  it("is able to find what it looks for", async () => {
    const hole = await startBlackHole();
    closers.push(() => hole.close());
    const running = failureOf(git.listRefs(remoteOf(hole.url("r")), signal));
    while (hole.connections() < 1) await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(join(data, "git-home", "found"), `x${TOKEN}x`);

    expect(marksIn(await visible())).to.deep.equal([TOKEN]);
    await running;
  });

  it("out of arguments, environments, files and logs, while it is used and after", async () => {
    const hole = await startBlackHole();
    const sshd = await startSshServer({ authorized: [key] });
    const http = await startSmartHttp(base);
    closers.push(
      () => hole.close(),
      () => sshd.close(),
      () => http.close(),
    );
    const good: readonly Remote[] = [
      remoteOf(sshd.url(repo.dir), "key", ssh({ knownHosts: sshd.knownHosts })),
      remoteOf(http.url("repo"), "password", basic),
      remoteOf(http.url("repo"), "token", bearer),
    ];
    for (const remote of good) {
      expect((await git.listRefs(remote, signal)).head?.sha).to.equal(sha);
      const dir = join(data, `out-${++count}`);
      await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);
    }

    // These hang, with what they were given, until their limit.
    const knownHosts = sshd.knownHosts.replaceAll(String(sshd.port), String(hole.port));
    const hung = [
      failureOf(
        git.listRefs(remoteOf(`ssh://git@127.0.0.1:${hole.port}/r`, "key", ssh({ knownHosts })), signal),
      ),
      failureOf(git.listRefs(remoteOf(`http://127.0.0.1:${hole.port}/r`, "password", basic), signal)),
      failureOf(git.listRefs(remoteOf(`http://localhost:${hole.port}/r`, "token", bearer), signal)),
    ];
    while (hole.connections() < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(marksIn(await visible())).to.deep.equal([]);
    expect(marksIn((await Promise.all(hung)).join("\n"))).to.deep.equal([]);

    expect((await git.listRefs(good[0] ?? expect.fail("no remote"), signal)).head?.sha).to.equal(sha);
    expect(marksIn(await visible())).to.deep.equal([]);
    await git.close();
  });

  it("out of what is said of failures, also where the server repeats what it was sent", async () => {
    const sshd = await startSshServer({ authorized: [] });
    const echo = await startSmartHttp(base, {
      before({ headers, url = "" }, response) {
        const said = headers.authorization ?? "";
        const status = Number(/\d{3}/.exec(url)?.[0]);
        response.writeHead(status, {
          "Content-Type": said.replace(/[^\x20-\x7e]/g, ""),
          "WWW-Authenticate": said,
        });
        response.end(said);
        return true;
      },
    });
    closers.push(
      () => sshd.close(),
      () => echo.close(),
    );
    const { knownHosts } = sshd;
    const failing: readonly (readonly [url: string, credential: GitCredential])[] = [
      [sshd.url(repo.dir), ssh({ knownHosts })],
      [sshd.url(repo.dir), ssh({ knownHosts, passphrase: `${PASSPHRASE}x` })],
      [
        sshd.url(repo.dir),
        ssh({ knownHosts, privateKey: key.privateKey.replace(/\n(?=[^\n]*\n-----END)/, "\n#") }),
      ],
      [sshd.url(repo.dir), ssh({ knownHosts: key.privateKey })],
      [sshd.url(repo.dir), basic],
      ["http://git.example.com/r", bearer],
      ["https://git.example.com/r", { kind: "bearer", token: `${TOKEN}\r\nX: y` }],
      ["https://git.example.com/r", { ...basic, username: `${PASSWORD}:` }],
      [`https://ada:${PASSWORD}@git.example.com/r`, bearer],
      ...[200, 401, 403, 404, 500].flatMap((status) =>
        [basic, bearer].map((credential) => [echo.url(String(status)), credential] as const),
      ),
    ];

    const said = await Promise.all(
      failing.map(([url, credential]) => failureOf(git.listRefs(remoteOf(url, "s", credential), signal))),
    );

    for (const text of said) expect(marksIn(text), text).to.deep.equal([]);
    expect(marksIn(await visible())).to.deep.equal([]);
  });
});
