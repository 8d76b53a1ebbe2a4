import type { Readable } from "node:stream";

import Dockerode from "dockerode";

import type { EngineAddress } from "./host.ts";

export type Query = Readonly<Record<string, unknown>>;

/** Plain requests to one engine. They reject with docker-modem's errors, and may never settle: see `call.ts`. */
export interface Client {
  /** With `login`, the header X-Registry-Auth is sent along. */
  get(path: string, query: Query, signal: AbortSignal, login?: string): Promise<unknown>;
  /** `query` is encoded already. */
  post(path: string, signal: AbortSignal, query?: string, body?: object): Promise<void>;
  delete(path: string, query: Query, signal: AbortSignal): Promise<void>;
  /** The answer's body as it comes, never parsed. */
  stream(path: string, query: Query, signal: AbortSignal): Promise<Readable>;
}

/**
 * Without a timeout, since limits are the caller's and a stream may be silent; and without an http.Agent: with one,
 * docker-modem walks all of its sockets at each request.
 */
export function createClient(where: EngineAddress): Client {
  const { socketPath, tcp } = where;
  // What is not named here docker-modem takes from the environment.
  const { modem } = new Dockerode({
    socketPath,
    host: tcp?.host,
    port: tcp?.port,
    protocol: tcp?.tls === undefined ? "http" : "https",
    ca: tcp?.tls?.ca,
    cert: tcp?.tls?.cert,
    key: tcp?.tls?.key,
    timeout: undefined,
  }) as { modem: Dialer };

  const dial = (request: Omit<DialRequest, "statusCodes">, query = ""): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // What ends in a question mark gets the options behind it, or loses it.
      const path = `${request.path}?${query}${query === "" ? "" : "&"}`;
      modem.dial({ ...request, path, statusCodes: EXPECTED }, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });

  return {
    // docker-modem changes the options that it is given
    get: (path, query, abortSignal, login = "") =>
      dial({
        method: "GET",
        path,
        options: { ...query },
        abortSignal,
        ...(login !== "" && { authconfig: { base64: login } }),
      }),
    async post(path, abortSignal, query, body = {}) {
      await dial({ method: "POST", path, options: { _query: {}, _body: { ...body } }, abortSignal }, query);
    },
    async delete(path, query, abortSignal) {
      await dial({ method: "DELETE", path, options: { ...query }, abortSignal });
    },
    stream: (path, query, abortSignal) =>
      dial({ method: "GET", path, options: { ...query }, isStream: true, abortSignal }) as Promise<Readable>,
  };
}

/** Everything else becomes an error with `statusCode` and `json`. */
const EXPECTED = { 200: true, 201: true, 204: true };

interface DialRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly options?: Record<string, unknown>;
  readonly isStream?: boolean;
  readonly authconfig?: { readonly base64: string };
  readonly abortSignal: AbortSignal;
  readonly statusCodes: typeof EXPECTED;
}

/** The part of docker-modem that is used; its published types know neither the signal nor the result. */
interface Dialer {
  dial(request: DialRequest, callback: (error: Error | null, answer: unknown) => void): void;
}
