import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../lib/log.ts";

/** Why it is not so, in a word or a line; undefined when it is. */
export type Probe = () => string | undefined;

export interface ServerOptions {
  /** Where to listen; on a loopback address, only requests that name a loopback host are answered. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<string>;
  /** `/healthz`: that it answers at all says that the event loop turns; this says whether the rest does. */
  readonly healthz: Probe;
  readonly readyz: Probe;
  readonly log: Log;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
}

export interface Server {
  /** `host:port` as it is bound; an IPv6 host in brackets. */
  readonly address: string;
  readonly port: number;
  /** Stops listening and ends every connection. Can be called again. */
  close(): Promise<void>;
}

/** Why the server could not listen. `code` is the system's: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, ... */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: string;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Somebody else listens there: it may be free later. */
export function isAddressInUse(error: unknown): error is ListenError {
  return error instanceof ListenError && error.code === "EADDRINUSE";
}

const LISTEN_CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is in use",
  EACCES: "permission denied",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host",
};

const TEXT = "text/plain; charset=utf-8";
const METRICS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

const INDEX = `ConOps

/metrics  what it counts, for Prometheus
/healthz  ok while it works
/readyz   ok once it has seen the registry and the engine
`;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/**
 * The HTTP face: `/metrics`, `/healthz`, `/readyz`, and an index at `/`; GET and HEAD only. Resolves once it listens; rejects with a
 * ListenError when it cannot.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host, port, log, signal } = options;
  signal?.throwIfAborted();
  const http = createServer(
    {
      requestTimeout: 10_000,
      headersTimeout: 5_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      answer(request, options)
        .catch((error: unknown): Answer => {
          log.error("request failed", { path: pathOf(request), error });
          return { status: 500, body: "internal error\n" };
        })
        .then((reply) => send(request, response, reply))
        .catch((error: unknown) => log.debug("response failed", { error }));
    },
  );
  http.maxConnections = 128;
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error) => reject(listenError(error, host, port)));
    http.listen({ host, port }, resolve);
  });
  http.removeAllListeners("error").on("error", (error) => log.warn("HTTP server failed", { error }));

  const bound = http.address() as AddressInfo; // a TCP server that listens has one
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      signal?.removeEventListener("abort", onAbort);
      http.close(() => resolve());
      http.closeAllConnections();
    });
    return closing;
  };
  const onAbort = (): void => void close(); // it never rejects
  signal?.addEventListener("abort", onAbort, { once: true });
  return { address: formatAddress(bound.address, bound.port), port: bound.port, close };
}

async function answer(request: IncomingMessage, options: ServerOptions): Promise<Answer> {
  if (isLoopback(options.host) && !isLoopback(hostnameOf(request.headers.host))) {
    // A page from elsewhere whose name was made to point here: a browser would let it read what we answer.
    return { status: 403, body: "this address answers only to the name of the local host\n" };
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, body: "only GET and HEAD\n" };
  }
  switch (pathOf(request)) {
    case "/":
      return { status: 200, body: INDEX };
    case "/metrics":
      return { status: 200, body: await options.metrics(), type: METRICS_TEXT };
    case "/healthz":
      return probe(options.healthz);
    case "/readyz":
      return probe(options.readyz);
    default:
      return { status: 404, body: "not found\n" };
  }
}

function probe(why: Probe): Answer {
  const reason = why();
  return reason === undefined ? { status: 200, body: "ok" } : { status: 503, body: reason };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, type = TEXT }: Answer,
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
    // Whatever else comes on this connection is not read.
    ...(status === 200 || status === 503 ? {} : { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}

/** The host of a Host header, without port and brackets; empty when there is none. */
function hostnameOf(header = ""): string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d+)?$/.exec(header);
  return (match?.[1] ?? match?.[2] ?? "").toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function listenError(error: Error, host: string, port: number): ListenError {
  const code = "code" in error ? String(error.code) : "UNKNOWN";
  const cause = LISTEN_CAUSES[code] ?? error.message;
  return new ListenError(`Cannot listen on "${formatAddress(host, port)}": ${cause}`, code, error);
}

function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
