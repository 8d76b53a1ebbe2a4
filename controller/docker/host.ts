import { readFileSync } from "node:fs";
import { join } from "node:path";

import { messageOf } from "../api/errors.ts";
import { redact } from "../lib/redact.ts";

/** Where the engine is, as `DOCKER_HOST` says it. */
export interface EngineAddress {
  /** For messages. */
  readonly name: string;
  readonly socketPath?: string;
  readonly tcp?: { readonly host: string; readonly port: number; readonly tls?: TlsFiles };
}

export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The address that is used when `DOCKER_HOST` is not set. */
export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a `DOCKER_HOST`: `unix://PATH`, or `tcp://HOST[:PORT]` with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` of `env`
 * as the docker command means them. Throws Error for anything else, and for TLS files that cannot be read.
 */
export function parseDockerHost(dockerHost: string, env: Environment): EngineAddress {
  if (dockerHost.startsWith("unix://")) {
    const socketPath = dockerHost.slice("unix://".length);
    if (!socketPath.startsWith("/")) throw unusable(dockerHost, "the path of the socket is not absolute");
    return { name: dockerHost, socketPath };
  }
  if (dockerHost.startsWith("tcp://")) return parseTcp(dockerHost, env);
  if (dockerHost.startsWith("ssh://")) {
    throw unusable(
      dockerHost,
      "ssh:// is not supported; forward the socket with `ssh -L` and use unix:// instead",
    );
  }
  throw unusable(dockerHost, "it is neither unix://PATH nor tcp://HOST:PORT");
}

function parseTcp(dockerHost: string, env: Environment): EngineAddress {
  // the URL parser keeps host and port apart only for schemes that it knows
  const text = dockerHost.replace(/^tcp:/, "http:");
  if (!URL.canParse(text)) throw unusable(dockerHost, "it is not tcp://HOST:PORT");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw unusable(dockerHost, "it holds credentials");
  if (url.pathname !== "/" || url.search !== "") throw unusable(dockerHost, "it holds a path");

  const tls = readTlsFiles(env);
  const explicitPort = /:(\d+)\/?$/.exec(dockerHost)?.[1];
  const port = explicitPort === undefined ? (tls === undefined ? 2375 : 2376) : Number(explicitPort);
  return {
    name: dockerHost,
    tcp: { host: url.hostname, port, ...(tls !== undefined && { tls }) },
  };
}

function readTlsFiles(env: Environment): TlsFiles | undefined {
  if ((env["DOCKER_TLS_VERIFY"] ?? "") === "") return undefined;
  const folder = env["DOCKER_CERT_PATH"] || join(env["HOME"] ?? "/root", ".docker");
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      throw new Error(`Cannot read the TLS file "${join(folder, name)}": ${messageOf(error)}`, {
        cause: error,
      });
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function unusable(dockerHost: string, cause: string): Error {
  return new Error(`Cannot use DOCKER_HOST "${redact(dockerHost)}": ${cause}`);
}
