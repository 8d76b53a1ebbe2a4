import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import type { Docker } from "../../../controller/docker/docker.ts";
import { createDocker } from "../../../controller/docker/engine.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (body: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const LABELS = { "com.docker.compose.project": "shop", "com.docker.compose.service": "web" };
const container = (id: string) => ({
  Id: id,
  Name: `/${id}`,
  Config: { Labels: LABELS },
  State: { Status: "running" },
});
const row = (id: string) => ({ Id: id, Names: [`/${id}`], Labels: LABELS, State: "running" });

describe("createDocker(), against an engine that misbehaves", () => {
  const signal = new AbortController().signal;
  let folder: string;
  let server: Server;
  let answers: Map<string, Answer>;
  let requests: string[];
  let docker: Docker;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ct-socket-"));
    answers = new Map();
    requests = [];
    server = createServer((request, response) => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      requests.push(`${request.method} ${path}`);
      (answers.get(path) ?? json({ message: "no such thing" }, 404))(response, request);
    });
    const socket = join(folder, "engine.sock");
    server.listen(socket);
    await once(server, "listening");
    docker = createDocker({
      dockerHost: `unix://${socket}`,
      env: {},
      clock: systemClock,
      log: silentLog,
      fingerprint: (text) => text,
      limits: { readMs: 250, actMs: 250 },
    });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  it("leaves out a container that vanished between list and inspection", async () => {
    answers.set("/containers/json", json([row("a"), row("b")]));
    answers.set("/containers/b/json", json(container("b")));

    const listed = await docker.listAll(signal);

    expect(listed.map(({ id }) => id)).to.deep.equal(["b"]);
  });

  it("shows a container that cannot be inspected as the list has it, beside the others", async () => {
    answers.set("/containers/json", json([row("a"), row("b")]));
    answers.set("/containers/a/json", json({ message: "layer does not exist" }, 500));
    answers.set("/containers/b/json", json(container("b")));

    const listed = await docker.listAll(signal);

    expect(listed.map(({ id, error }) => ({ id, error }))).to.deep.equal([
      {
        id: "a",
        error: 'Cannot inspect container "a": the engine answered 500: layer does not exist',
      },
      { id: "b", error: "" },
    ]);
  });

  it("gives up at the limit when an answer never comes", async () => {
    answers.set("/containers/json", () => {});

    expect(await failure(docker.listAll(signal)))
      .to.have.property("message")
      .that.matches(/no answer within 0.25 s$/);
  });

  it("gives up when an answer is cut off in the middle", async () => {
    answers.set("/containers/json", (response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("[", () => response.destroy());
    });

    expect(await failure(docker.listAll(signal))).to.include({ reason: "EngineUnavailable" });
  });

  it("lives with answers that are not what the API promises", async () => {
    answers.set("/containers/json", json({ unexpected: true }));
    answers.set("/networks", json(null));
    answers.set("/volumes", json({ Volumes: null }));

    expect(await docker.listAll(signal)).to.deep.equal([]);
    expect(await docker.listProjectObjects("shop", signal)).to.deep.equal({ networks: [], volumes: [] });
  });

  it("asks for nothing but what is named, however a name is written", async () => {
    await docker.inspect("../images/x", signal);
    await docker.imageId("../../containers/a", signal);
    await docker.imageId("localhost:5000/shop/web:1?x", signal);

    expect(requests).to.deep.equal([
      "GET /containers/..%2Fimages%2Fx/json",
      "GET /images/localhost%3A5000/shop/web%3A1%3Fx/json",
    ]);
  });

  it("takes a container that runs already for started", async () => {
    answers.set("/containers/a/start", (response) => void response.writeHead(304).end());

    await docker.start("a", signal);

    expect(requests).to.deep.equal(["POST /containers/a/start"]);
  });

  it("says why the engine refused an act", async () => {
    answers.set("/containers/a/unpause", json({ message: "Container a is not paused" }, 500));

    expect(await failure(docker.unpause("a", signal))).to.include({
      reason: "HealFailed",
      message: 'Cannot unpause container "a": the engine answered 500: Container a is not paused',
    });
  });

  it("has no last lines of a container whose log cannot be read", async () => {
    answers.set(
      "/containers/a/logs",
      json({ message: "configured logging driver does not support reading" }, 501),
    );

    expect(await docker.lastLines("a", 5, signal)).to.deep.equal([]);
  });

  it("keeps a log as it is, also one that is JSON", async () => {
    answers.set("/containers/a/logs", (response) => void response.end('{"level":"fatal"}\n'));

    expect(await docker.lastLines("a", 5, signal)).to.deep.equal(['{"level":"fatal"}']);
  });

  it("is not led elsewhere by the process's own environment", async () => {
    answers.set("/containers/a/json", json(container("a")));
    const before = { ...process.env };
    Object.assign(process.env, { DOCKER_HOST: "tcp://127.0.0.1:1", DOCKER_CLIENT_TIMEOUT: "1" });
    try {
      const other = createDocker({
        dockerHost: `unix://${join(folder, "engine.sock")}`,
        env: {},
        clock: systemClock,
        log: silentLog,
        fingerprint: (text) => text,
      });

      expect((await other.inspect("a", signal))?.id).to.equal("a");
    } finally {
      process.env = before;
    }
  });

  it("throws at a stream that is refused, and at one that is cut", async () => {
    const next = () => failure(docker.events(0, signal)[Symbol.asyncIterator]().next());

    answers.set("/events", json({ message: "too many" }, 500));
    expect(await next()).to.have.property(
      "message",
      "Cannot follow events: the engine answered 500: too many",
    );
    answers.set("/events", (response) => {
      response.write('{"Type":"cont', () => response.destroy());
    });
    expect(await next()).to.include({ reason: "EngineUnavailable" });
  });
});
