/**
 * One controller for each registry folder and each data directory: kernel-held locks decide who leads; a second one waits
 * as a standby and takes over when the first is gone, however it went. The HTTP address answers from the start where it is
 * free, so that a standby can be seen; else it is bound at the takeover.
 */
import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "./api/errors.ts";
import type { Config } from "./config.ts";
import { hooksRoute, type HookHandler } from "./http/hooks.ts";
import { isAddressInUse, startServer, type Server } from "./http/server.ts";
import { isErrno } from "./lib/atomic-file.ts";
import { sleep, type Clock } from "./lib/clock.ts";
import { tryLock, waitForLock, type Lock } from "./lib/flock.ts";
import type { Log } from "./lib/log.ts";
import { TWIN_FILE } from "./registry/marker.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { telemetryPages } from "./telemetry/pages.ts";

export interface Leadership {
  /** True once this process leads; false when it was told to stop before. */
  readonly elected: Promise<boolean>;
  /** From now on `/readyz` answers by this: undefined is ready, a text is why not. */
  ready(why: () => string | undefined): void;
  /** From now on this takes what comes to `/hooks/NAME`; undefined: nobody does. A standby takes nothing. */
  receive(handler: HookHandler | undefined): void;
  /** Ends the HTTP server and gives the locks back. */
  close(): Promise<void>;
}

interface LeadershipDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

export const LOCK_FILE = ".conops.lock";
const POLL_MS = 500;
/** After a takeover the address of the one before may still be on its way to freedom. */
const BIND_PATIENCE_MS = 5000;

/** Rejects when this process can never lead: no registry folder, or a leader without its HTTP address. */
export async function lead(config: Config, deps: LeadershipDeps): Promise<Leadership> {
  const { log, clock, metrics, signal } = deps;
  await makeDataDir(config.dataDir);
  await requireRegistry(config);
  let whyNotReady: () => string | undefined = () => "starting";
  let leads = false;
  let receive: HookHandler | undefined;
  let server: Server | undefined;
  const held: Lock[] = [];
  const serve = async (): Promise<void> => {
    if (config.http === undefined || server !== undefined) return;
    server = await startServer({
      ...config.http,
      routes: [
        telemetryPages({
          metrics: () => metrics.render(),
          healthz: () => undefined,
          readyz: () => whyNotReady(),
        }),
        hooksRoute(() => (leads ? receive : undefined) ?? whyNotReady() ?? "not taking deliveries"),
      ],
      log,
    });
    log.info("listening", { address: server.address });
  };
  const close = async (): Promise<void> => {
    await server?.close();
    for (const lock of held.toReversed()) lock.release();
    metrics.leader(false);
  };

  const paths = [join(config.dataDir, LOCK_FILE), join(config.manifestsDir, LOCK_FILE)];
  for (const path of paths) {
    const lock = await takeFree(path);
    if (lock === undefined) break;
    held.push(lock);
  }
  if (held.length === paths.length) {
    try {
      await serve();
    } catch (error) {
      await close();
      throw error;
    }
    leads = true;
    metrics.leader(true);
    return { elected: Promise.resolve(true), ready: setReady, receive: setReceive, close };
  }

  whyNotReady = () => "standby";
  log.info("standby: another controller holds the lock", {
    dataDir: config.dataDir,
    manifests: config.manifestsDir,
  });
  await serve().catch((error: unknown) => {
    if (!isAddressInUse(error)) throw error;
    log.info("standby without HTTP, until the address is free", { message: messageOf(error) });
  });
  return { elected: takeOver(), ready: setReady, receive: setReceive, close };

  function setReady(why: () => string | undefined): void {
    whyNotReady = why;
  }

  function setReceive(handler: HookHandler | undefined): void {
    receive = handler;
  }

  async function takeOver(): Promise<boolean> {
    try {
      for (const path of paths.slice(held.length)) {
        await folderOf(path);
        held.push(await waitForLock(path, { clock, signal, pollMs: POLL_MS }));
      }
      log.info("takes over: the other controller is gone");
      whyNotReady = () => "starting";
      const until = clock.monotonic() + BIND_PATIENCE_MS;
      for (;;) {
        try {
          await serve();
          break;
        } catch (error) {
          if (!isAddressInUse(error) || clock.monotonic() > until) throw error;
          await sleep(clock, POLL_MS, signal);
        }
      }
      leads = true;
      metrics.leader(true);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** The registry may be a mount that is not there yet. */
  async function folderOf(path: string): Promise<void> {
    while (!(await isFolder(join(path, "..")))) await sleep(clock, POLL_MS, signal);
  }

  async function takeFree(path: string): Promise<Lock | undefined> {
    if (!(await isFolder(join(path, "..")))) return undefined;
    return tryLock(path);
  }
}

async function makeDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    const why = isErrno(cause, "EEXIST", "ENOTDIR")
      ? "there is a file in its place"
      : isErrno(cause, "EACCES", "EPERM")
        ? "permission denied"
        : messageOf(cause);
    throw new Error(`Cannot make the data directory "${path}": ${why}; name another with --data-dir`, {
      cause,
    });
  }
}

/** A folder that never was is a mistake; one that this data directory knows is a mount that is not there yet. */
async function requireRegistry({ manifestsDir, dataDir }: Config): Promise<void> {
  if ((await isFolder(manifestsDir)) || existsSync(join(dataDir, TWIN_FILE))) return;
  throw new Error(
    `Cannot watch "${manifestsDir}": there is no such folder; make it, or name another with --manifests`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
