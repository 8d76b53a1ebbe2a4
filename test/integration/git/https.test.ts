import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { GitCredential } from "../../../controller/api/credential.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Reason } from "../../../controller/api/reasons.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit, type GitOptions } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { startSmartHttp, type SmartHttpServer } from "../../support/git-servers.ts";
import { createAuthority, type Authority } from "../../support/tls.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

const basic: GitCredential = { kind: "basic", username: "ada", password: "pässword:1" };
const bearer: GitCredential = { kind: "bearer", token: "token-1" };
const BASIC = `Basic ${Buffer.from("ada:pässword:1").toString("base64")}`;
const BEARER = "Bearer token-1";

/** A server whose requests, with what they were authorized by, are kept. */
interface Guarded extends SmartHttpServer {
  readonly seen: (string | undefined)[];
}

describe("Git over https", function () {
  this.timeout(60_000);
  let base: string;
  let repo: TempRepo;
  let sha: string;
  let authority: Authority;
  let caFile: string;
  let tls: { readonly key: string; readonly cert: string };
  let git: Git;
  let count = 0;
  let closers: (() => Promise<void>)[] = [];

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-https-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    sha = await repo.commit({ a: "1" });
    authority = await createAuthority();
    tls = await authority.issue("DNS:localhost");
    caFile = join(base, "ca.pem");
    await writeFile(caFile, authority.cert);
  });
  beforeEach(() => {
    git = newGit({ caFile });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });
  after(() => rm(base, { recursive: true, force: true }));

  function newGit(options: Partial<GitOptions> = {}): Git {
    const made = createGit({
      dataDir: join(base, `data-${++count}`),
      clock: systemClock,
      log: silentLog,
      workers: 1,
      ...options,
    });
    closers.push(() => made.close());
    return made;
  }

  /** Lets through who brings `accepted`; `answer` may answer before that. */
  async function guard(
    accepted: string | undefined,
    answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
    certificate: typeof tls = tls,
  ): Promise<Guarded> {
    const seen: (string | undefined)[] = [];
    const server = await startSmartHttp(base, {
      tls: certificate,
      before(request, response) {
        seen.push(request.headers.authorization);
        if (answer(request, response)) return true;
        if (accepted === undefined || request.headers.authorization === accepted) return false;
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="Git"' }).end("no");
        return true;
      },
    });
    closers.push(() => server.close());
    return { ...server, seen };
  }

  function urlOf(server: SmartHttpServer, path = "repo"): string {
    return server.url(path).replace("127.0.0.1", "localhost");
  }

  function list(server: SmartHttpServer, credential?: GitCredential, path = "repo", by = git) {
    const name = credential === undefined ? undefined : "token";
    return by.listRefs(remoteOf(urlOf(server, path), name, credential), signal);
  }

  for (const [name, credential, accepted] of [
    ["a username and a password", basic, BASIC],
    ["a token", bearer, BEARER],
  ] as const) {
    it(`reads, fetches and checks out with ${name}, asking nothing twice`, async () => {
      const server = await guard(accepted);

      expect((await list(server, credential)).head?.sha).to.equal(sha);
      expect(server.seen).to.deep.equal([accepted]);
      const dir = join(base, `out-${++count}`);
      const remote = remoteOf(urlOf(server), "token", credential);
      await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);

      expect(await readFile(join(dir, "a"), "utf8")).to.equal("1");
      expect(new Set(server.seen)).to.deep.equal(new Set([accepted]));
    });

    it(`says that ${name} was refused, and does not try again and again`, async () => {
      const server = await guard("Basic other");

      const { reason, message } = await failure(list(server, credential));

      expect(reason).to.equal("AuthenticationFailed");
      expect(message).to.contain("the remote refuses the Secret's credential");
      expect(message).to.not.match(/pässword|token-1|YWRh/);
      expect(server.seen).to.deep.equal([accepted]);
    });
  }

  it("says to who brings nothing that the remote asks for credentials", async () => {
    const { reason, message } = await failure(list(await guard(BASIC)));

    expect(reason).to.equal("AuthenticationFailed");
    expect(message).to.contain("the remote asks for credentials: name a Secret in spec.source.secretRef");
  });

  for (const [status, reason, says] of [
    [403, "AuthenticationFailed", "refuses access with the Secret's credential (HTTP 403)"],
    [404, "RepositoryNotFound", "or none that the Secret's credential may read"],
    [500, "FetchFailed", "a problem of its own (HTTP 500)"],
    [502, "FetchFailed", "a problem of its own (HTTP 502)"],
    [418, "FetchFailed", "answers with HTTP 418"],
  ] as const) {
    it(`gives HTTP ${status} the reason ${reason}`, async () => {
      const server = await guard(undefined, (_, response) => {
        response.writeHead(status).end("token-1");
        return true;
      });

      const failed = await failure(list(server, bearer));

      expect(failed.reason).to.equal(reason);
      expect(failed.message).to.contain(says);
    });
  }

  describe("when the remote redirects", () => {
    function redirectTo(target: string) {
      return ({ url = "" }: IncomingMessage, response: ServerResponse): boolean => {
        if (!url.startsWith("/old")) return false;
        response.writeHead(301, { Location: target + url.replace(/^\/old/, "/repo") }).end();
        return true;
      };
    }

    it("sends no credential to another host, and asks it nothing", async () => {
      const elsewhere = await guard(undefined, undefined, await authority.issue("IP:127.0.0.1"));
      const server = await guard(undefined, redirectTo(`https://127.0.0.1:${elsewhere.port}`));

      for (const credential of [basic, bearer]) {
        const { reason, message } = await failure(list(server, credential, "old"));
        expect(reason).to.equal("FetchFailed");
        expect(message).to.contain(
          'redirects to another host, "127.0.0.1", which is not followed: use the new URL',
        );
        const dir = join(base, `out-${++count}`);
        const remote = remoteOf(urlOf(server, "old"), "token", credential);
        await failure(git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal));
      }

      expect(elsewhere.requests).to.deep.equal([]);
      expect(elsewhere.seen).to.deep.equal([]);
    });

    it("sends no credential from https to http, also not to the same host", async () => {
      const plain = await startSmartHttp(base);
      closers.push(() => plain.close());
      const server = await guard(undefined, redirectTo(`http://localhost:${plain.port}`));

      const { message } = await failure(list(server, bearer, "old"));

      expect(message).to.contain("redirects from https to http, which is not followed");
      expect(plain.requests).to.deep.equal([]);
    });

    it("follows to a new name on the same host, with the credential, and comes to tell the new URL", async () => {
      const server = await guard(BEARER, redirectTo(""));

      const answers = [];
      while (answers.at(-1)?.movedTo === undefined && answers.length < 50) {
        answers.push(await list(server, bearer, "old"));
        await new Promise((resolve) => setTimeout(resolve, 20)); // it is looked for beside the polls
      }
      const dir = join(base, `out-${++count}`);
      const remote = remoteOf(urlOf(server, "old"), "token", bearer);
      await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);

      expect(new Set(answers.map(({ head }) => head?.sha))).to.deep.equal(new Set([sha]));
      expect(answers.at(-1)?.movedTo).to.equal(urlOf(server, "repo"));
      expect((await list(server, bearer)).movedTo).to.equal(undefined);
      expect(await readFile(join(dir, "a"), "utf8")).to.equal("1");
    });

    it("gives up a remote that redirects without end", async () => {
      const server = await guard(undefined, ({ url = "" }, response) => {
        response.writeHead(302, { Location: url }).end();
        return true;
      });

      expect((await failure(list(server, bearer))).message).to.contain("the remote redirects without end");
      expect(server.requests.length).to.be.lessThan(20);
    });
  });

  describe("with an authority of one's own", () => {
    it("believes it only where --git-ca-file names it, and only for the names of a certificate", async () => {
      const server = await guard(undefined);
      const otherName = await guard(undefined, undefined, await authority.issue("DNS:other.example"));
      const stranger = await createAuthority("Somebody else");
      const unknown = await guard(undefined, undefined, await stranger.issue("DNS:localhost"));
      const without = newGit();

      expect((await list(server)).head?.sha).to.equal(sha);
      const reasons = [
        await failure(list(server, bearer, "repo", without)),
        await failure(list(otherName, bearer)),
        await failure(list(unknown, bearer)),
      ];

      expect(reasons.map(({ reason }) => reason)).to.deep.equal(Array(3).fill("CertificateInvalid"));
      expect(reasons[0]?.message).to.contain("goes into the file of --git-ca-file");
      expect([...otherName.seen, ...unknown.seen]).to.deep.equal([]);
      expect(server.seen).to.deep.equal([undefined]);
    });

    it("goes on believing the system's", async () => {
      const system = await createAuthority("The system's");
      const file = join(base, "system.pem");
      await writeFile(file, system.cert);
      const server = await guard(undefined);
      const known = await guard(undefined, undefined, await system.issue("DNS:localhost"));
      const before = process.env["SSL_CERT_FILE"];
      process.env["SSL_CERT_FILE"] = file;
      try {
        const both = newGit({ caFile });
        expect((await list(server, undefined, "repo", both)).head?.sha).to.equal(sha);
        expect((await list(known, undefined, "repo", both)).head?.sha).to.equal(sha);
      } finally {
        if (before === undefined) delete process.env["SSL_CERT_FILE"];
        else process.env["SSL_CERT_FILE"] = before;
      }
    });
  });

  it("sends a credential over http to this machine only", async () => {
    const server = await startSmartHttp(base);
    closers.push(() => server.close());

    expect((await list(server, bearer)).head?.sha).to.equal(sha);
    const remote = remoteOf("http://git.example.com/a.git", "token", bearer);
    expect((await failure(git.listRefs(remote, signal))).reason).to.equal("CredentialUnusable");
  });
});

async function failure(work: Promise<unknown>): Promise<{ reason: Reason; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return { reason: error.reason, message: error.message };
  }
  throw new Error("it did not fail");
}
