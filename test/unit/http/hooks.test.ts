import { expect } from "chai";
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { hooksRoute, type HookHandler, type HookRequest } from "../../../controller/http/hooks.ts";
import { startServer, type Server } from "../../../controller/http/server.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { telemetryPages } from "../../../controller/telemetry/pages.ts";

interface World {
  readonly server: Server;
  /** What the handler was given, with the body that it read. */
  readonly seen: {
    readonly name: string | undefined;
    readonly headers: HookRequest["headers"];
    readonly body: string;
  }[];
}

const servers: Server[] = [];

async function start(handler?: () => HookHandler | string): Promise<World> {
  const seen: World["seen"] = [];
  const reading: HookHandler = async ({ name, headers, body }) => {
    const parts: Uint8Array[] = [];
    for await (const part of body()) parts.push(part);
    seen.push({ name, headers, body: Buffer.concat(parts).toString() });
    return name === undefined ? { status: 404, body: "not found\n" } : { status: 202, body: "ok\n" };
  };
  const pages = telemetryPages({
    metrics: async () => "conops_engine_up 1\n",
    healthz: () => undefined,
    readyz: () => undefined,
  });
  const routes = [pages, hooksRoute(handler ?? (() => reading))];
  const server = await startServer({ host: "127.0.0.1", port: 0, routes, log: silentLog });
  servers.push(server);
  return { server, seen };
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function post(
  { server }: World,
  path: string,
  options: RequestOptions & { body?: string | Uint8Array } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const request = httpRequest({
      host: "127.0.0.1",
      port: server.port,
      path,
      method: "POST",
      agent: false,
      ...rest,
    });
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: text }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Everything that the server says to these bytes until it hangs up, or has said `enough`. */
function say({ server }: World, bytes: string, enough = /^$/): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes));
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk.toString();
      if (enough.test(said)) socket.destroy();
    });
    socket.on("error", reject);
    socket.once("close", () => resolve(said));
  });
}

function statusesOf(said: string): number[] {
  return [...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
}

describe("POST /hooks/NAME", () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it("is handed over as it came: name, headers as often as given, body", async () => {
    const world = await start();

    const said = await say(
      world,
      "POST /hooks/github?x=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
    );

    expect(statusesOf(said)).to.deep.equal([202]);
    expect(world.seen).to.deep.equal([
      {
        name: "github",
        headers: [
          ["host", "h"],
          ["x-a", "1"],
          ["x-a", "2"],
          ["content-length", "2"],
          ["connection", "close"],
        ],
        body: "hi",
      },
    ]);
  });

  it("answers to every name of the host, since whoever calls has to sign; the pages beside it do not", async () => {
    const world = await start();
    const headers = { host: "hooks.example.com" };

    const hook = await post(world, "/hooks/github", { headers });
    const metrics = await post(world, "/metrics", { headers, method: "GET" });

    expect([hook.status, metrics.status]).to.deep.equal([202, 403]);
  });

  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    it(`refuses ${method}, whether the name is one or not`, async () => {
      const world = await start();

      for (const path of ["/hooks/github", "/hooks/%00"]) {
        const { status, headers } = await post(world, path, { method });
        expect([status, headers.allow]).to.deep.equal([405, "POST"]);
      }
      expect(world.seen).to.deep.equal([]);
    });
  }

  for (const path of [
    "/hooks",
    "/hooks/",
    "/hooks/../metrics",
    "/hooks/./github",
    "/hooks//github",
    "/hooks/github/",
    "/hooks/github/x",
    "/hooks/GitHub",
    "/hooks/git%68ub",
    "/hooks/%67ithub",
    "/hooks/github%00",
    "/hooks/github%2f..%2f..%2fmetrics",
    "/hooks/..%2fmetrics",
    "/hooks/-github",
    "/hooks/github-",
    "/hooks/git_hub",
    "/hooks/git;hub",
    "/hooks/github#x",
    `/hooks/${"a".repeat(64)}`,
    `/hooks/${"a".repeat(7000)}`,
  ]) {
    it(`finds no name in ${path.slice(0, 40)}`, async () => {
      const world = await start();

      const { status, body } = await post(world, path);

      expect([status, body]).to.deep.equal([404, "not found\n"]);
      expect(world.seen.map(({ name }) => name)).to.deep.equal([undefined]);
    });
  }

  for (const path of [
    "/hook/github",
    "/hooksgithub",
    "/Hooks/github",
    "//hooks/github",
    "/x/../hooks/github",
  ]) {
    it(`does not take ${path} for a hook`, async () => {
      const world = await start();

      const { status } = await post(world, path, { headers: { host: "hooks.example.com" } });

      expect([status, world.seen]).to.deep.equal([403, []]);
    });
  }

  it("is answered 503 by who takes no deliveries, with the reason", async () => {
    const { status, body, headers } = await post(await start(() => "standby"), "/hooks/github", {
      body: "{}",
    });

    expect([status, body, headers["retry-after"]]).to.deep.equal([503, "standby\n", "5"]);
  });

  it("can come often on one connection, and each is answered in its turn", async () => {
    const world = await start();
    const one = (name: string): string =>
      `POST /hooks/${name} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n${name}`;

    const said = await say(world, `${one("a")}${one("b")}${one("c")}`, /(?:ok\n[^]*){3}/);

    expect(statusesOf(said)).to.deep.equal([202, 202, 202]);
    expect(world.seen.map(({ name, body }) => `${name} ${body}`)).to.deep.equal(["a a", "b b", "c c"]);
  });

  for (const [name, head] of [
    ["two lengths", "Content-Length: 2\r\nContent-Length: 30\r\n"],
    ["a length and pieces", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"],
    ["pieces that are not the last encoding", "Transfer-Encoding: chunked, identity\r\n"],
    ["a length with a sign", "Content-Length: +2\r\n"],
    ["a negative length", "Content-Length: -2\r\n"],
    ["a space before the colon", "Content-Length : 2\r\n"],
    ["a header over two lines", "X-A: 1\r\n Content-Length: 2\r\n"],
    ["a lone line feed", "X-A: 1\nContent-Length: 2\r\n"],
    ["a zero byte in a header", "X-A: \u0000\r\n"],
  ] as const) {
    it(`smuggles nothing with ${name}`, async () => {
      const world = await start();

      const said = await say(
        world,
        `POST /hooks/a HTTP/1.1\r\nHost: h\r\n${head}\r\nPOST /hooks/b HTTP/1.1\r\nHost: h\r\n\r\n`,
      );

      expect(statusesOf(said)).to.deep.equal([400]);
      expect(world.seen).to.deep.equal([]);
    });
  }

  it("is not unpacked", async () => {
    const world = await start();

    await post(world, "/hooks/a", { headers: { "content-encoding": "gzip" }, body: "\u001f\u008b" });

    expect(world.seen[0]?.body).to.equal("\u001f\u008b");
  });

  it("shows its refusal to who goes on sending, and serves the next request of that connection", async () => {
    const world = await start(() => async () => ({ status: 413, body: "too large\n" }));
    const size = 8 * 2 ** 20;

    const { status, body } = await post(world, "/hooks/a", { body: Buffer.alloc(size) });
    const said = await say(
      world,
      `POST /hooks/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}` +
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );

    expect([status, body]).to.deep.equal([413, "too large\n"]);
    expect(statusesOf(said)).to.deep.equal([413, 200]);
  });

  it("shows its refusal also when only a part of the body was read", async () => {
    const world = await start(() => async ({ body }) => {
      for await (const part of body()) if (part.length > 0) break;
      return { status: 413, body: "too large\n" };
    });
    const size = 2 ** 20;

    const said = await say(
      world,
      `POST /hooks/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}` +
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );

    expect(statusesOf(said)).to.deep.equal([413, 200]);
  });

  it("is cut off when a refused body does not end", async () => {
    const world = await start(() => async () => ({ status: 413, body: "too large\n" }));
    let sent = 0;

    await new Promise<void>((resolve) => {
      const socket = connect(world.server.port, "127.0.0.1", () => {
        socket.write("POST /hooks/a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
        pour(socket);
      });
      socket.on("error", () => undefined);
      socket.once("close", () => resolve());
      socket.resume();
    });

    expect(sent).to.be.lessThan(2 ** 30);
    function pour(socket: Socket): void {
      while (!socket.destroyed && socket.write(Buffer.alloc(2 ** 20))) sent += 2 ** 20;
      sent += 2 ** 20;
      if (!socket.destroyed) socket.once("drain", () => pour(socket));
    }
  });

  it("tells who asks before sending to go on only when somebody reads", async () => {
    const ask = "POST /hooks/a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    const refusing = await start(() => async () => ({ status: 413, body: "too large\n" }));
    const reading = await start();

    const refused = await say(refusing, ask, /too large/);
    const told = await say(reading, ask, /100 Continue/);

    expect(statusesOf(refused)).to.deep.equal([413]);
    expect(statusesOf(told)).to.deep.equal([100]);
  });

  it("ends with an error for its reader when the sender leaves in the middle", async () => {
    let onEnd: (end: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (onEnd = resolve));
    const world = await start(() => async ({ body }) => {
      try {
        for await (const part of body()) onEnd.bind(part);
        onEnd("whole");
      } catch {
        onEnd("broken off");
      }
      return { status: 202, body: "ok\n" };
    });

    const socket = connect(world.server.port, "127.0.0.1", () => {
      socket.write("POST /hooks/a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{", () =>
        socket.destroy(),
      );
    });
    socket.on("error", () => undefined);

    expect(await ended).to.equal("broken off");
    expect((await post(world, "/healthz", { method: "GET" })).status).to.equal(200);
  });

  it("is one of a bounded number of connections: those beyond it are closed at once", async () => {
    const world = await start();
    const open = new Set<Socket>();
    for (let n = 0; n < 1400; n++) {
      const socket = await connected(world);
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    while (open.size > 1280) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(open.size).to.equal(1280);

    for (const socket of open) socket.destroy();
    while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await statusAfterRush(world)).to.equal(202);
  });

  it("is answered after ten thousand connections came at once and said nothing", async () => {
    const world = await start();
    const open = new Set<Socket>();
    for (let n = 0; n < 10_000; n++) {
      const socket = connect(world.server.port, "127.0.0.1");
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => open.delete(socket));
      if (n % 250 === 249) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const socket of open) socket.destroy();
    while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));

    expect(await statusAfterRush(world)).to.equal(202);
  }).timeout(20_000);
});

function connected({ server }: World): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
    socket.resume();
  });
}

/** The server may not have noticed yet that the others are gone. */
async function statusAfterRush(world: World): Promise<number | undefined> {
  for (;;) {
    const reply = await post(world, "/hooks/github", { body: "{}" }).catch(() => undefined);
    if (reply !== undefined) return reply.status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
