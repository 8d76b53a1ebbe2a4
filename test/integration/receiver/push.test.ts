import { expect } from "chai";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receiver } from "../../../controller/api/receiver.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { hooksRoute } from "../../../controller/http/hooks.ts";
import { startServer, type Server } from "../../../controller/http/server.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createReceivers } from "../../../controller/receiver/receivers.ts";
import { createMetrics } from "../../../controller/telemetry/metrics.ts";
import { createGitInformer } from "../../../controller/watch/git-informer.ts";
import type { GitInformer } from "../../../controller/watch/watch.ts";
import { sign, TOKEN } from "../../support/deliveries.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { startSmartHttp, type SmartHttpServer } from "../../support/git-servers.ts";

const THROUGH = "x-through";

describe("A push that a host tells of", function () {
  this.timeout(30_000);
  let base: string;
  let repo: TempRepo;
  let host: SmartHttpServer;
  let git: Git;
  let informer: GitInformer;
  let server: Server;
  let url: string;
  let revision: string;
  let news: (() => void)[] = [];
  /** While set, an answer of the Git server is on its way until this resolves. */
  let onItsWay: Promise<void> | undefined;
  let onAsked: () => void = () => undefined;
  let questions = 0;
  const metrics = createMetrics();
  const stop = new AbortController();

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-push-"));
    repo = await createTempRepo({ dir: join(base, "shop") });
    revision = await repo.commit({ "compose.yaml": "services: {}" });
    host = await startSmartHttp(base, { before: answerLater });
    url = host.url("shop/.git");
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
    informer = createGitInformer({
      git,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      enqueue() {
        for (const tell of news.splice(0)) tell();
      },
      signal: stop.signal,
    });
    const spec: Receiver["spec"] = {
      type: "gitea",
      secretRef: "hook",
      applications: [],
      matchRepository: true,
    };
    const follow = {
      remote: remoteOf(url),
      revision: { kind: "branch", name: "main" },
      intervalMs: 3_600_000,
    } as const;
    const first = nextNews();
    for (const name of ["shop", "again"]) informer.follow(name, follow);
    const receivers = createReceivers({
      receiver: (name) => (name === "hook" ? { name, spec } : undefined),
      token: () => TOKEN,
      applications: () =>
        ["shop", "again"].map((name) => ({
          name,
          spec: { source: { repoURL: url, revision: follow.revision } },
        })),
      look: (name, pushes) => informer.look(name, pushes),
      metrics: metrics.receivers,
      log: silentLog,
      clock: systemClock,
    });
    server = await startServer({
      host: "127.0.0.1",
      port: 0,
      routes: [hooksRoute(() => (request) => receivers.handle(request))],
      log: silentLog,
    });
    await first;
  });

  after(async () => {
    await server.close();
    await informer.close();
    await git.close();
    await host.close();
    await rm(base, { recursive: true, force: true });
  });

  /** Answers as Git does now, but sends that only when it may. */
  function answerLater(request: IncomingMessage, response: ServerResponse): boolean {
    // ConOps' own look for a redirect, now and then, is no poll.
    if (/conops/.test(request.headers["user-agent"] ?? "")) return false;
    if (request.url?.includes("/info/refs") === true) questions += 1;
    if (request.headers[THROUGH] !== undefined) return false;
    onAsked();
    if (onItsWay === undefined) return false;
    const wait = onItsWay;
    get(
      `http://127.0.0.1:${host.port}${request.url}`,
      { headers: { [THROUGH]: "1" }, agent: false },
      (answer) => {
        void answer.toArray().then(async (parts: Uint8Array[]) => {
          await wait;
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          response.end(Buffer.concat(parts));
        });
      },
    );
    return true;
  }

  function nextNews(): Promise<void> {
    return new Promise((resolve) => news.push(resolve));
  }

  function asked(): Promise<void> {
    return new Promise((resolve) => {
      onAsked = resolve;
    });
  }

  function polls(): number {
    return questions;
  }

  async function deliver(sha: string, agent?: Agent): Promise<number | undefined> {
    const body = JSON.stringify({ ref: "refs/heads/main", after: sha, repository: { clone_url: url } });
    const request = httpRequest({
      host: "127.0.0.1",
      port: server.port,
      path: "/hooks/hook",
      method: "POST",
      agent: agent ?? false,
      headers: { "content-type": "application/json", ...Object.fromEntries(sign("gitea", body)) },
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    await once(response, "end");
    return response.statusCode;
  }

  it("a thousand times at once is looked at once", async () => {
    const already = polls();
    const sha = await repo.commit({ "compose.yaml": "services: {a: {}}" });
    const agent = new Agent({ maxSockets: 1000 });
    const heard = nextNews();
    const startedAt = performance.now();

    const statuses = await Promise.all(Array.from({ length: 1000 }, () => deliver(sha, agent)));
    const tookMs = performance.now() - startedAt;
    await heard;
    await new Promise((resolve) => setTimeout(resolve, 700)); // a second look would begin half a second later
    agent.destroy();

    expect(new Set(statuses)).to.deep.equal(new Set([202]));
    expect(polls() - already).to.equal(1);
    expect([informer.get("shop").revision, informer.get("again").revision]).to.deep.equal([sha, sha]);
    expect(await metrics.render()).to.contain(
      'conops_receiver_deliveries_total{name="hook",result="accepted"} 1000',
    );
    process.stdout.write(`      1,000 deliveries took ${tookMs.toFixed(0)} ms and one look\n`);
    revision = sha;
  });

  it("while a poll is under way that looked too early is not lost", async () => {
    const already = polls();
    let arrive: () => void = () => undefined;
    onItsWay = new Promise((resolve) => (arrive = resolve));
    const poll = asked();
    informer.look("shop", []);
    await poll;
    while (polls() - already < 2) await new Promise((resolve) => setTimeout(resolve, 5)); // passed on: Git has been asked
    await new Promise((resolve) => setTimeout(resolve, 300)); // and has answered

    const sha = await repo.commit({ "compose.yaml": "services: {b: {}}" });
    const heard = nextNews();
    const status = await deliver(sha);
    expect(informer.get("shop").revision).to.equal(revision);
    onItsWay = undefined;
    arrive();
    await heard;

    expect([status, informer.get("shop").revision]).to.deep.equal([202, sha]);
    revision = sha;
  });

  it("is known as soon as the Git server has told", async () => {
    const times: { begun: number; known: number }[] = [];
    for (let n = 0; n < 5; n++) {
      const sha = await repo.commit({ "compose.yaml": `services: {c${n}: {}}` });
      await new Promise((resolve) => setTimeout(resolve, 600));
      const heard = nextNews();
      const poll = asked();
      const startedAt = performance.now();
      void deliver(sha);
      await poll;
      const begun = performance.now() - startedAt;
      await heard;
      times.push({ begun, known: performance.now() - startedAt });
      expect(informer.get("shop").revision).to.equal(sha);
    }
    const middle = (of: (time: { begun: number; known: number }) => number): string =>
      (times.map(of).toSorted((a, b) => a - b)[2] ?? 0).toFixed(1);
    process.stdout.write(
      `      from the delivery to the Git server being asked: ${middle(({ begun }) => begun)} ms, ` +
        `to the new revision: ${middle(({ known }) => known)} ms (medians of 5)\n`,
    );
  });
});
