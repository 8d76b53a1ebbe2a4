import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../lib/log.ts";
import type { HttpAnswer, HttpHeader, Route } from "./route.ts";

export interface ServerOptions {
  /** Where to listen; on a loopback address, only requests that name a loopback host are answered. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly routes: readonly Route[];
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

/** Many hosts may deliver at once, each on a connection of its own; more than these are closed at once. */
const MAX_CONNECTIONS = 1280;
/** What is left of a refused body is read and forgotten up to here, since a client that still sends would not see the answer. */
const MAX_DISCARDED_BYTES = 32 * 2 ** 20;

/** Answers requests by its routes. Resolves once it listens; rejects with a ListenError when it cannot. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host, port, log, signal } = options;
  signal?.throwIfAborted();
  const http = createServer({
    requestTimeout: 10_000,
    headersTimeout: 5_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 8_192,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer({ request, response }, options)
      .catch((error: unknown): HttpAnswer => {
        log.error("request failed", { path: pathOf(request), error });
        return { status: 500, body: "internal error\n" };
      })
      .then((reply) => send({ request, response }, reply))
      .catch((error: unknown) => log.debug("response failed", { error }));
  };
  http.on("request", onRequest);
  // Who asks before sending a body is told to go on when somebody wants to read it.
  http.on("checkContinue", onRequest);
  http.maxConnections = MAX_CONNECTIONS;
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

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer({ request, response }: Exchange, options: ServerOptions): Promise<HttpAnswer> {
  const path = pathOf(request);
  const route = options.routes.find((candidate) => candidate.matches(path));
  const isStranger = isLoopback(options.host) && !isLoopback(hostnameOf(request.headers.host));
  if (isStranger && route?.anyHost !== true) {
    // A page from elsewhere whose name was made to point here: a browser would let it read what we answer.
    return { status: 403, body: "this address answers only to the name of the local host\n" };
  }
  if (route === undefined) return { status: 404, body: "not found\n" };
  return route.answer({
    method: request.method ?? "",
    path,
    headers: headersOf(request),
    body() {
      if (request.headers.expect !== undefined) response.writeContinue();
      // Leaving a loop over the request itself would hang up before the answer.
      return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    },
  });
}

function headersOf({ rawHeaders }: IncomingMessage): HttpHeader[] {
  const headers: HttpHeader[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at]?.toLowerCase() ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return headers;
}

function send({ request, response }: Exchange, { status, body, type = TEXT, headers }: HttpAnswer): void {
  if (response.destroyed) return;
  const isWelcome = status < 300 || status === 503;
  // Whatever else comes on this connection is not read; the rest of a refused body is, so that the answer arrives.
  const isLast = status === 408 || (request.complete && !isWelcome);
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
    ...(isLast && { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
  if (!isLast && !request.complete) discard(request);
}

function discard(request: IncomingMessage): void {
  let left = MAX_DISCARDED_BYTES;
  request.on("data", (bytes: Uint8Array) => {
    left -= bytes.length;
    if (left < 0) request.destroy();
  });
  request.on("error", () => undefined);
  request.resume();
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
