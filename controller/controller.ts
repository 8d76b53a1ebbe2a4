/**
 * THE PAGE TO READ FIRST: what the controller is made of, how it starts and how it stops.
 *
 *   manifests/*.yaml ─▶ registry informer ─┐
 *   git remotes ──────▶ git informer ──────┼─▶ workqueue ─▶ worker ─▶ reconcile ─▶ git ▸ compose ▸ docker
 *   docker events ────▶ docker informer ───┘        ▲                      │
 *                                                   └──── outcome ─────────┤
 *   manifests/*.status.yaml ◀─────────────────── status ◀──────────────────┘
 *
 * Informers keep a cache and name keys; only the worker decides what follows an outcome; only this file knows everybody.
 */
import { setMaxListeners } from "node:events";
import type { Application, Manifest } from "./api/application.ts";
import { messageOf } from "./api/errors.ts";
import type { Push } from "./api/push.ts";
import { isApplicationKey } from "./api/resource.ts";
import { applicationFromManifest } from "./api/schema.ts";
import { readVersion } from "./cli/version.ts";
import { createCompose } from "./compose/create-compose.ts";
import type { Config } from "./config.ts";
import { createDocker } from "./docker/engine.ts";
import { findSelf } from "./docker/self.ts";
import { startSweeping } from "./edit/sweeping.ts";
import { createGit } from "./git/pool.ts";
import { startPruning } from "./git/pruning.ts";
import { remoteOf } from "./git/remote-url.ts";
import { aborted } from "./lib/aborted.ts";
import { systemClock, type Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { endGroup, isAlive } from "./lib/process-identity.ts";
import { createSlots } from "./lib/slots.ts";
import { lead, type Leadership } from "./leadership.ts";
import type { ReconcileDeps } from "./reconcile/deps.ts";
import { knownResources, neededRemotes } from "./reconcile/recorded.ts";
import { createReconciler } from "./reconcile/reconcile.ts";
import { createRegistry } from "./registry/informer.ts";
import { parseManifests } from "./registry/parse.ts";
import { createFingerprint } from "./secret/fingerprint.ts";
import { NO_KEYS, type Keyring } from "./secret/keyring.ts";
import { createSecretCare } from "./secret-care.ts";
import { createStatusPublisher } from "./status/status-file.ts";
import { openStores } from "./stores.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import type { LookAnswer } from "./watch/watch.ts";
import { wireReceivers } from "./wire-receivers.ts";
import { wireSecrets } from "./wire-secrets.ts";
import { wireWatch } from "./wire-watch.ts";
import { startWorkers } from "./workqueue/worker.ts";
import { createWorkQueue } from "./workqueue/workqueue.ts";

export interface ControllerDeps {
  readonly log: Log;
  readonly policyOf: ReconcileDeps["policyOf"];
  /** Default: no encryption keys. */
  readonly keyring?: Keyring;
  readonly clock?: Clock;
}

export interface RunningController {
  /** Resolves when everything has ended; rejects when the controller had to give up. */
  readonly stopped: Promise<void>;
  /** Finishes or breaks off what runs, within the shutdown timeout; resolves with `stopped`. */
  stop(reason: string): Promise<void>;
}

/** How long everything must have run before a gate passes. */
const SETTLE_MS = 3000;
/** One reconcile; its parts have limits of their own, far below. */
const RECONCILE_LIMIT_MS = 60 * 60_000;
/** A survivor's grace between SIGTERM and SIGKILL. */
const END_GRACE_MS = 5000;
/** How long the first list of containers may take before work begins without it. */
const ENGINE_PATIENCE_MS = 10_000;
/** What is left of a shutdown after its limit, to end killed children and close files. */
const LAST_MOMENTS_MS = 5000;

/**
 * Starts the controller: takes the locks (or waits as a standby until they are free), then runs until `stop`. Rejects when
 * it cannot start: no such folder, an address in use, a Docker host that makes no sense.
 */
export async function startController(config: Config, deps: ControllerDeps): Promise<RunningController> {
  const { log, policyOf, clock = systemClock, keyring = NO_KEYS } = deps;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const metrics = createMetrics({ version: readVersion() });
  const leadership = await lead(config, { log, clock, metrics, signal: stopping.signal });
  const running = { log, policyOf, clock, keyring, metrics, leadership, stopping: stopping.signal };
  const stopped = run(config, running);
  stopped.catch(() => undefined); // whoever awaits `stopped` hears of it
  return {
    stopped,
    async stop(reason) {
      stopping.abort(new Error(reason));
      await stopped;
    },
  };
}

interface RunDeps extends Required<ControllerDeps> {
  readonly metrics: Metrics;
  readonly leadership: Leadership;
  readonly stopping: AbortSignal;
}

async function run(config: Config, deps: RunDeps): Promise<void> {
  const { leadership } = deps;
  if (!(await leadership.elected)) return leadership.close();
  try {
    await work(config, deps);
  } finally {
    await leadership.close();
  }
}

async function work(config: Config, deps: RunDeps): Promise<void> {
  const { log, policyOf, clock, keyring, metrics, leadership, stopping } = deps;
  const { dataDir, manifestsDir, knownHostsFile, gitCaFile: caFile } = config;
  const hardStop = new AbortController();
  const informersStop = new AbortController();
  setMaxListeners(0, hardStop.signal, informersStop.signal);
  const { records, renderings, ledgers, syncLogs, dataKey } = await openStores(dataDir, keyring, log, clock);
  const status = createStatusPublisher({ registryDir: manifestsDir, log, clock });
  await status.load();
  await startSweeping({ dir: manifestsDir, clock, log, signal: stopping });

  const queue = createWorkQueue({ clock, metrics: metrics.queue });
  const fingerprint = createFingerprint(dataKey, "fingerprints of configurations");
  const docker = createDocker({ dockerHost: config.dockerHost, clock, log, fingerprint });
  const compose = createCompose({
    dataDir,
    dockerHost: config.dockerHost,
    clock,
    log,
    metrics: metrics.compose,
  });
  const { maxFileSize: maxFileBytes, maxRepositorySize: maxCheckoutBytes } = config;
  const limits = { maxFileBytes, maxCheckoutBytes, maxFetchBytes: maxCheckoutBytes };
  const git = createGit({ dataDir, clock, log, limits, metrics: metrics.git, knownHostsFile, caFile });

  let onFirstAnswer: () => void = () => undefined;
  const engineAnswered = new Promise<void>((resolve) => (onFirstAnswer = resolve));
  const { engine, sources, images } = wireWatch({
    config,
    docker,
    git,
    records,
    enqueue: (name) => queue.add(name),
    onEngine: () => onFirstAnswer(),
    metrics,
    clock,
    log,
    signal: informersStop.signal,
  });
  // The first listing names its keys before there is a reconciler to interrupt, and names all of them.
  let interrupt: (key: string) => void = () => undefined;
  let dependents: (key: string) => Iterable<string> = () => [];
  const registry = await createRegistry({
    dir: manifestsDir,
    dataDir,
    parse: parseManifests,
    parseOptions: { allowFileRepos: config.allowFileRepos },
    known: () => knownResources(records, status),
    clock,
    log,
    enqueue(key) {
      interrupt(key);
      queue.add(key);
      for (const dependent of dependents(key)) queue.add(dependent);
    },
    graceMs: config.deletionGraceMs,
    signal: informersStop.signal,
  });

  // What was deployed under a flag goes on being healed, and can be deleted, when the flag is gone.
  const readManifest = (manifest: Manifest): Application | undefined =>
    applicationFromManifest(manifest, { allowFileRepos: true });
  const remoteOfSpec: ReconcileDeps["remoteOf"] = ({ spec: { source } }, named) =>
    remoteOf(source.repoURL, source.secretRef, named?.credential);
  const wiring = wireSecrets({ registry, records, keyring, dataKey, readManifest });
  const reconciler = createReconciler(
    {
      registry,
      secrets: wiring.secrets,
      fingerprint: wiring.fingerprint,
      secretCare: createSecretCare({ keyring, wiring, manifestsDir, clock, log }),
      records,
      renderings,
      syncLogs,
      ledgers,
      sources,
      git,
      compose,
      docker,
      engine,
      images,
      status,
      readManifest,
      policyOf,
      remoteOf: remoteOfSpec,
      applySlots: createSlots(config.concurrency),
      healSlots: createSlots(config.concurrency),
      processes: {
        isAlive: (process) => Promise.resolve(isAlive(process)),
        async end(process) {
          await endGroup(process, { clock, graceMs: END_GRACE_MS });
        },
      },
      self: await findSelf(docker, dataDir, stopping),
      clock,
      log,
      metrics: metrics.reconcile,
      receiverMetrics: metrics.receivers,
      dataDir,
      settleMs: SETTLE_MS,
      hardStop: hardStop.signal,
    },
    (key) => queue.add(key),
  );

  interrupt = (key) => reconciler.interrupt(key);
  dependents = (key) => wiring.dependents(key);

  const look = (name: string, pushes: readonly Push[]): LookAnswer => sources.look(name, pushes);
  const secrets = wiring.secrets;
  const receivers = wireReceivers({ registry, secrets, look, metrics: metrics.receivers, log, clock });

  // No work before the caches are in; an engine that is down is an answer, too.
  for (const { name } of records.list()) queue.add(name);
  // A status that was left by a crash in the last moment of a deletion.
  for (const { key } of status.unclaimed()) queue.add(key);
  const patience = clock.after(ENGINE_PATIENCE_MS, onFirstAnswer);
  await Promise.race([engineAnswered, aborted(stopping)]);
  patience();
  leadership.ready(() =>
    engine.hasSynced() && registry.hasSynced() ? undefined : "the first list of containers is not in",
  );

  // Looking and healing must never wait for a deployment: these have places of their own, many workers wait for none.
  const concurrency = Math.max(16, config.concurrency * 4);
  metrics.concurrency(concurrency);
  const workers = startWorkers({
    queue,
    reconcile: reconciler.reconcile,
    concurrency,
    clock,
    log,
    metrics: metrics.worker,
    signal: stopping,
    timeoutMs: RECONCILE_LIMIT_MS,
    graceMs: config.shutdownTimeoutMs + LAST_MOMENTS_MS,
  });
  const keep = (): ReadonlySet<string> => neededRemotes(records, readManifest, remoteOfSpec);
  startPruning({ git, clock, log, keep, signal: stopping });
  log.info("controller started", {
    manifests: manifestsDir,
    dataDir,
    applications: registry.keys().filter(isApplicationKey).length,
    concurrency: config.concurrency,
  });

  leadership.receive((delivery) => receivers.handle(delivery));

  await aborted(stopping);

  // Nothing new begins; what prepares is broken off by `stopping`; an `up` that runs may finish within the limit.
  log.info("controller stops", { reason: messageOf(stopping.reason) });
  leadership.receive(undefined);
  const limit = clock.after(config.shutdownTimeoutMs, () => {
    log.warn("what still runs is ended", { afterMs: config.shutdownTimeoutMs });
    hardStop.abort(new Error("the shutdown took too long"));
  });
  queue.shutDown();
  await Promise.all([registry.close(), sources.close(), images.close()]);
  await workers.done;
  limit();
  hardStop.abort(new Error("the controller has stopped"));
  await Promise.all([git.close(), engine.close(), status.close(), syncLogs.close()]);
  informersStop.abort(new Error("the controller has stopped"));
  log.info("controller stopped", { stuck: workers.stuck() });
}
