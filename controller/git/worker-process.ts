/** Forks and ends one Git worker. */
import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Clock } from "../lib/clock.ts";
import type { ControllerMessage, WorkerMessage } from "./protocol.ts";

export interface WorkerHandlers {
  /** Not called after `exited`. */
  message(message: WorkerMessage): void;
  /** Called once, when the process is gone, or could not be started. `how` says it in words, without its id. */
  exited(how: string): void;
}

export interface WorkerProcess {
  send(message: ControllerMessage): void;
  /** Lets it end by itself, and kills it when it does not. */
  end(): void;
  kill(): void;
}

export type ForkWorker = (handlers: WorkerHandlers) => WorkerProcess;

const END_LIMIT_MS = 2000;
const MAX_STDERR = 2000;
const INHERITED = ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"] as const;

/**
 * Workers with nothing of the controller's environment but PATH and the certificates. Each has a folder of its own below
 * `home` as its HOME, empty, since libgit2 would obey a Git configuration in it, and since its file of known hosts is there.
 */
export function createForkWorker({
  home,
  clock,
  authorities,
}: {
  readonly home: string;
  readonly clock: Clock;
  /** A file of certificates that takes the place of the system's. */
  readonly authorities?: string;
}): ForkWorker {
  const script = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
  const loader = script.pathname.endsWith(".ts") ? ["--import", loaderOfSources()] : [];

  function start(own: string): ChildProcess | Error {
    try {
      mkdirSync(own, { recursive: true, mode: 0o700 });
      return fork(fileURLToPath(script), [], {
        execArgv: ["--expose-gc", "--use-openssl-ca", ...loader],
        env: workerEnvironment(own, authorities),
        cwd: own,
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error)); // no descriptors left, for example
    }
  }

  return (handlers) => {
    const own = join(home, `worker-${++lastWorker}`);
    const child = start(own);
    if (child instanceof Error) {
      setImmediate(() => handlers.exited(child.message));
      return { send: () => undefined, end: () => undefined, kill: () => undefined };
    }
    let stderr = "";
    let gone = false;
    const finish = (how: string): void => {
      if (gone) return;
      gone = true;
      void rm(own, { recursive: true, force: true }).catch(() => undefined); // else the next start removes it
      handlers.exited(how);
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR);
    });
    child.on("message", (message) => {
      if (!gone) handlers.message(message as WorkerMessage);
    });
    child.on("error", (error) => {
      // A failed send is followed by the end of the process; a failed start is not.
      if (child.pid === undefined) finish(error.message);
    });
    // Not "close", which does not come after a disconnect from this side; but the last words still may.
    child.on("exit", (code, signal) => {
      const said = child.stderr;
      if (said === null || said.closed) finish(describeEnd(code, signal, stderr));
      else said.once("close", () => finish(describeEnd(code, signal, stderr)));
    });

    return {
      send(message) {
        if (child.connected) child.send(message, () => undefined);
      },
      end() {
        if (child.connected) child.disconnect();
        const cancel = clock.after(END_LIMIT_MS, () => child.kill("SIGKILL"));
        child.once("exit", cancel);
      },
      kill: () => void child.kill("SIGKILL"),
    };
  };
}

/** Each folder belongs to one worker only, dead ones included. */
let lastWorker = 0;

/** What this process itself runs its sources with, found from here since the worker's own folder knows no packages. */
function loaderOfSources(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}

function workerEnvironment(home: string, authorities: string | undefined): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { HOME: home };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return authorities === undefined ? environment : { ...environment, SSL_CERT_FILE: authorities };
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const line = stderr.split("\n").find((text) => /error|undefined symbol|cannot/i.test(text));
  return line === undefined ? end : `${end}: ${line.trim()}`;
}
