import { expect } from "chai";
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { connect } from "node:net";
import type { Log, LogFields } from "../../../controller/lib/log.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import {
  isAddressInUse,
  ListenError,
  startServer,
  type Server,
  type ServerOptions,
} from "../../../controller/http/server.ts";
import { telemetryPages, type TelemetryPages } from "../../../controller/telemetry/pages.ts";

const servers: Server[] = [];

async function start(options: Partial<ServerOptions & TelemetryPages> = {}): Promise<Server> {
  const pages = telemetryPages({
    metrics: async () => "conops_engine_up 1\n",
    healthz: () => undefined,
    readyz: () => undefined,
    ...options,
  });
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    routes: [pages],
    log: silentLog,
    ...options,
  });
  servers.push(server);
  return server;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(server: Server, path: string, options: RequestOptions = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: server.port, path, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on("error", reject);
    request.end();
  });
}

/** Everything that the server says to these bytes until it hangs up. */
function say(server: Server, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes));
    let said = "";
    socket.on("data", (chunk) => (said += chunk.toString()));
    socket.on("error", reject);
    socket.once("close", () => resolve(said));
  });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("startServer()", () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it("answers the metrics as Prometheus expects them", async () => {
    const server = await start();

    const { status, headers, body } = await ask(server, "/metrics");

    expect([status, body]).to.deep.equal([200, "conops_engine_up 1\n"]);
    expect(headers["content-type"]).to.equal("text/plain; version=0.0.4; charset=utf-8");
  });

  for (const { name, path, probes, expected } of [
    { name: "/healthz: ok while all is well", path: "/healthz", probes: {}, expected: [200, "ok"] },
    {
      name: "/healthz: the reason when something is not",
      path: "/healthz",
      probes: { healthz: () => "no worker turns" },
      expected: [503, "no worker turns"],
    },
    { name: "/readyz: ok when ready", path: "/readyz", probes: {}, expected: [200, "ok"] },
    {
      name: "/readyz: the reason when not ready",
      path: "/readyz",
      probes: { readyz: () => "standby" },
      expected: [503, "standby"],
    },
    { name: "ignores a query", path: "/readyz?verbose=1", probes: {}, expected: [200, "ok"] },
    { name: "knows no other path", path: "/readyz/", probes: {}, expected: [404, "not found\n"] },
    {
      name: "knows no path outside itself",
      path: "/../etc/passwd",
      probes: {},
      expected: [404, "not found\n"],
    },
  ]) {
    it(name, async () => {
      const server = await start(probes);

      const { status, body } = await ask(server, path);

      expect([status, body]).to.deep.equal(expected);
    });
  }

  it("asks the probe each time", async () => {
    let ready: string | undefined = "starting";
    const server = await start({ readyz: () => ready });

    const before = await ask(server, "/readyz");
    ready = undefined;
    const after = await ask(server, "/readyz");

    expect([before.status, after.status]).to.deep.equal([503, 200]);
  });

  it("lists its pages at /", async () => {
    const { status, body } = await ask(await start(), "/");

    expect(status).to.equal(200);
    for (const path of ["/metrics", "/healthz", "/readyz"]) expect(body).to.contain(path);
  });

  it("answers HEAD as GET, without the body", async () => {
    const { status, headers, body } = await ask(await start(), "/healthz", { method: "HEAD" });

    expect([status, headers["content-length"], body]).to.deep.equal([200, "2", ""]);
  });

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    it(`refuses ${method}`, async () => {
      const { status, headers } = await ask(await start(), "/metrics", { method });

      expect([status, headers.allow]).to.deep.equal([405, "GET, HEAD"]);
    });
  }

  it("answers 500 and says why in the log when the metrics fail, and goes on", async () => {
    const lines: [string, LogFields | undefined][] = [];
    const log: Log = { ...silentLog, error: (message, fields) => void lines.push([message, fields]) };
    const error = new Error("no metrics");
    const server = await start({ log, metrics: () => Promise.reject(error) });

    const failed = await ask(server, "/metrics");
    const next = await ask(server, "/healthz");

    expect([failed.status, failed.body, next.status]).to.deep.equal([500, "internal error\n", 200]);
    expect(lines).to.deep.equal([["request failed", { path: "/metrics", error }]]);
  });

  for (const host of ["127.0.0.1", "localhost", "LOCALHOST:9464", "127.0.0.1:80", "[::1]:9464", "[::1]"]) {
    it(`answers on loopback to the name ${host}`, async () => {
      const { status } = await ask(await start(), "/healthz", { headers: { host } });

      expect(status).to.equal(200);
    });
  }

  for (const host of [
    "evil.example.com",
    "127.0.0.1.evil.example.com",
    "localhost.evil.example.com:9464",
    "user@localhost",
    "[::1].evil.example.com",
    "127.evil",
  ]) {
    it(`refuses on loopback the name "${host}"`, async () => {
      const { status, body } = await ask(await start(), "/metrics", { headers: { host } });

      expect(status).to.equal(403);
      expect(body).not.to.contain("conops_engine_up");
    });
  }

  it("answers to every name where it was told to listen beyond loopback", async () => {
    const server = await start({ host: "0.0.0.0" });

    const { status } = await ask(server, "/healthz", { headers: { host: "conops.example.com" } });

    expect(status).to.equal(200);
  });

  it("tells the address that it got for port 0", async () => {
    const server = await start();

    expect(server.port).to.be.greaterThan(0);
    expect(server.address).to.equal(`127.0.0.1:${server.port}`);
  });

  it("says clearly, and so that it can be told, that the address is in use", async () => {
    const { port } = await start();

    const error = await rejection(start({ port }));

    expect(error).to.be.instanceOf(ListenError);
    expect((error as ListenError).message).to.equal(
      `Cannot listen on "127.0.0.1:${port}": the address is in use`,
    );
    expect(isAddressInUse(error)).to.equal(true);
  });

  it("says that the machine has no such address", async () => {
    const error = await rejection(start({ host: "192.0.2.1", port: 9464 }));

    expect((error as ListenError).message).to.equal(
      'Cannot listen on "192.0.2.1:9464": this machine has no such address',
    );
    expect(isAddressInUse(error)).to.equal(false);
  });

  it("frees the address on close, whoever is still connected", async () => {
    const first = await start();
    const idle = connect(first.port, "127.0.0.1");
    await new Promise((resolve) => idle.once("connect", resolve));
    idle.on("error", () => {});

    await first.close();
    await first.close();
    const second = await start({ port: first.port });

    expect((await ask(second, "/healthz")).status).to.equal(200);
    idle.destroy();
  });

  it("closes when the signal aborts, and does not start when it has", async () => {
    const stop = new AbortController();
    const { port } = await start({ signal: stop.signal });

    stop.abort(new Error("shutting down"));

    const again = await start({ port });
    expect(again.port).to.equal(port);
    const refused = await rejection(start({ signal: stop.signal }));
    expect(refused).to.equal(stop.signal.reason);
  });

  it("refuses headers without end", async () => {
    const server = await start();

    const { status } = await ask(server, "/healthz", { headers: { "x-long": "x".repeat(20_000) } });

    expect(status).to.equal(431);
  });

  it("refuses on loopback a request that names no host", async () => {
    expect(await say(await start(), "GET /metrics HTTP/1.0\r\n\r\n")).to.match(/^HTTP\/1\.1 403 /);
  });

  it("survives a client that talks no HTTP", async () => {
    const server = await start();

    const answer = await say(server, "\u0000\u0001 nonsense\r\n\r\n");

    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect((await ask(server, "/healthz")).status).to.equal(200);
  });
});
