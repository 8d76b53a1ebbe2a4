/** Git servers on free ports of loopback, real ones and broken ones. Each is closed by its own `close`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join, relative } from "node:path";
import { gitEnvironment, runGit } from "./git-repo.ts";

export interface GitServer {
  readonly port: number;
  /** The URL of a repository, named by its folder relative to the base, or by its absolute path. */
  url(repository: string): string;
  close(): Promise<void>;
}

/** `git daemon` over everything below `baseDir`. */
export async function startGitDaemon(baseDir: string): Promise<GitServer> {
  const execPath = await runGit(baseDir, ["--exec-path"]);
  const port = await freePort();
  const child = spawn(
    join(execPath, "git-daemon"),
    [
      "--reuseaddr",
      "--export-all",
      "--listen=127.0.0.1",
      `--port=${port}`,
      `--base-path=${baseDir}`,
      baseDir,
    ],
    { env: gitEnvironment(), stdio: "ignore" },
  );
  const ended = once(child, "exit");
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`git daemon ended with exit code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    url: (repository) => `git://127.0.0.1:${port}/${pathIn(baseDir, repository)}`,
    async close() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export interface SmartHttpOptions {
  /** A certificate makes it https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called before Git is; true when it answered the request itself. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface SmartHttpServer extends GitServer {
  /** The requests so far, as `METHOD /path?query`. */
  readonly requests: readonly string[];
}

/** Git's smart HTTP over everything below `baseDir`. */
export async function startSmartHttp(
  baseDir: string,
  options: SmartHttpOptions = {},
): Promise<SmartHttpServer> {
  const requests: string[] = [];
  const execPath = await runGit(baseDir, ["--exec-path"]);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    if (options.before?.(request, response) === true) return;
    runBackend(join(execPath, "git-http-backend"), baseDir, { request, response });
  };
  const { tls } = options;
  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle);
  const port = await listen(server);
  const scheme = tls === undefined ? "http" : "https";
  return {
    port,
    requests,
    url: (repository) => `${scheme}://127.0.0.1:${port}/${pathIn(baseDir, repository)}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface BrokenServer extends GitServer {
  /** Connections so far. */
  connections(): number;
}

/** Accepts, and never answers. `url` is a `git://` one. */
export function startBlackHole(): Promise<BrokenServer> {
  return startBroken(() => undefined);
}

/** Answers any request, a byte of a never-ending HTTP answer at a time. `url` is an `http://` one. */
export function startDripServer(everyMs = 50): Promise<BrokenServer> {
  return startBroken((socket) => {
    const text = "HTTP/1.1 200 OK\r\nX-Drip: ";
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++] ?? "x"), everyMs);
    socket.on("close", () => clearInterval(timer));
  }, "http");
}

/** Passes connections on to `port`; the first one stands still for ever once the server has sent `afterBytes`. */
export function startStallingProxy(port: number, afterBytes: number): Promise<BrokenServer> {
  let first = true;
  return startBroken((socket) => {
    const upstream = connect(port, "127.0.0.1");
    const stalls = first;
    let passed = 0;
    first = false;
    socket.pipe(upstream);
    upstream.on("data", (bytes) => {
      passed += bytes.length;
      if (!stalls || passed <= afterBytes) socket.write(bytes);
    });
    upstream.on("end", () => (stalls ? undefined : socket.end()));
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

async function startBroken(behave: (socket: Socket) => void, scheme = "git"): Promise<BrokenServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
    behave(socket);
  });
  const port = await listen(server);
  return {
    port,
    connections: () => count,
    url: (repository) => `${scheme}://127.0.0.1:${port}/${repository}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** CGI: the request's body in, a head and the answer's body out. */
function runBackend(program: string, baseDir: string, { request, response }: Exchange): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const child = spawn(program, [], {
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: baseDir,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method ?? "GET",
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  response.on("close", () => child.kill());
  let head = Buffer.alloc(0);
  let inBody = false;
  child.stdout.on("data", (bytes: Buffer) => {
    if (inBody) {
      response.write(bytes);
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    inBody = true;
    let status = 200;
    const headers: [string, string][] = [];
    for (const line of head.toString("latin1", 0, end).split("\r\n")) {
      const [name = "", value = ""] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
      else headers.push([name, value]);
    }
    response.writeHead(status, Object.fromEntries(headers));
    response.write(head.subarray(end + 4));
  });
  child.stdout.on("end", () => response.end());
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Whether somebody listens on that port of loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function pathIn(baseDir: string, repository: string): string {
  return repository.startsWith("/") ? relative(baseDir, repository) : repository;
}
