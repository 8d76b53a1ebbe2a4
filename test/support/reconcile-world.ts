import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { API_VERSION, type Application, type ComposeVariable } from "../../controller/api/application.ts";
import type { ReconcileError } from "../../controller/api/errors.ts";
import type { Outcome } from "../../controller/api/outcome.ts";
import { EVERYTHING } from "../../controller/api/policy.ts";
import { applicationFromManifest } from "../../controller/api/schema.ts";
import type { ApplicationDocument, StatusDocument } from "../../controller/api/status.ts";
import type { Secret } from "../../controller/api/secret.ts";
import { checkSecret } from "../../controller/api/secret-schema.ts";
import type {
  RenderedProject,
  Rendering,
  RenderRequest,
  RunOptions,
} from "../../controller/compose/compose.ts";
import type { ObservedContainer, ProjectObjects } from "../../controller/docker/docker.ts";
import type { StageRequest } from "../../controller/git/git.ts";
import { openLedgerStore } from "../../controller/git/ledger.ts";
import { gitBlobId, sha256 } from "../../controller/lib/hash.ts";
import { silentLog, type Log } from "../../controller/lib/log.ts";
import { createSlots, type Slots } from "../../controller/lib/slots.ts";
import type { SecretCare } from "../../controller/reconcile/secret-care.ts";
import type { ReconcileDeps } from "../../controller/reconcile/deps.ts";
import { createReconciler, type Reconciler } from "../../controller/reconcile/reconcile.ts";
import { NO_KEYS } from "../../controller/secret/keyring.ts";
import { createSecretStore } from "../../controller/secret/secret-store.ts";
import type { Declaration, RegistryRequest } from "../../controller/registry/registry.ts";
import { openRecordStore, type RecordStore } from "../../controller/status/record-store.ts";
import { readOrMakeDataKey } from "../../controller/status/data-key.ts";
import { keptSyncIds } from "../../controller/status/history.ts";
import { openSyncLogs } from "../../controller/status/sync-logs.ts";
import { openRenderings } from "../../controller/status/renderings.ts";
import type { Ending, Follow, SourceState } from "../../controller/watch/watch.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeHost, type Step } from "./fake-host.ts";
import type { FakeImages } from "./fake-images.ts";

type Services = RenderedProject["services"];

/** One reconciler on real files, with a Git, a Compose and an engine that only remember. */
export interface ReconcileWorld {
  readonly clock: FakeClock;
  readonly records: RecordStore;
  readonly applySlots: Slots;
  readonly healSlots: Slots;
  readonly reconciler: Reconciler;
  readonly dataDir: string;
  /** What was done, in order: `up web db`, `start ID`, ... */
  readonly acts: string[];
  readonly images: FakeImages;
  /** What the log told of events: `NeedsAttention SecretInvalid`. */
  readonly events: string[];
  /** Keys named by the reconciler itself. */
  readonly named: string[];
  readonly containers: ObservedContainer[];
  /** Of Applications; `documents` has those of every kind. */
  readonly statuses: Map<string, ApplicationDocument>;
  readonly documents: Map<string, StatusDocument>;
  /** Says of every Secret that it is well and sealed; to be replaced function by function. */
  readonly secretCare: { -readonly [Name in keyof SecretCare]: SecretCare[Name] };
  /** How often a status that differs from the one before was published. */
  writes(): number;
  readonly declarations: Map<string, Declaration>;
  readonly requests: RegistryRequest[];
  readonly sources: Map<string, SourceState>;
  readonly secrets: Map<string, Secret>;
  /** What was asked of Git and Compose last. */
  readonly asked: { stage?: StageRequest; render?: RenderRequest; follow?: Follow; pull?: RunOptions };
  readonly endings: Map<string, Ending>;
  /** Declares an Application with these fields of the spec. */
  declare(name: string, spec?: Readonly<Record<string, unknown>>): Application;
  /** Declares an Opaque Secret, or one of another type, with these fields in plain text; none: it is gone. */
  keep(name: string, stringData: Readonly<Record<string, string>> | undefined, type?: string): void;
  /** A commit whose Compose file has these services; the source of every Application is at it from now on. */
  push(sha: string, services: Services, files?: Readonly<Record<string, string>>): void;
  /** Calls `fn` at each such step, before it is done; what it throws is its failure. */
  at(step: Step, fn: (() => void | Promise<void>) | undefined): void;
  engine: {
    id: string | undefined;
    down: string | undefined;
    version: string;
    objects: ProjectObjects | undefined;
  };
  self: { containerId?: string; dataDirIsHostPath: boolean };
  /** What every Application may ask of the host: everything, until it is replaced. */
  policy: ReturnType<ReconcileDeps["policyOf"]>;
  missingImages: Set<string>;
  removedByHand: boolean;
  visit(name: string, signal?: AbortSignal): Promise<Outcome>;
  /** Visits until nothing is left to do at once, at most 10 times; time passes as rechecks ask, up to `withinMs`. */
  settle(name: string, withinMs?: number): Promise<Outcome>;
  /** A new controller on the same files, with so many places for applies (1) and healings (1). */
  restart(options?: { readonly places?: number }): Promise<void>;
  close(): Promise<void>;
}

/** Whatever is asked for is signed. */
const SIGNED = {
  mode: "HEAD",
  object: "c1",
  signer: "ada@example.com",
  fingerprint: "SHA256:x",
  keyType: "ED25519",
} as const;

export async function createReconcileWorld(): Promise<ReconcileWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), "conops-reconcile-"));
  const clock = createFakeClock();
  const commits = new Map<
    string,
    { readonly services: Services; readonly files: Readonly<Record<string, string>> }
  >();
  const hooks = new Map<Step, () => void | Promise<void>>();
  const staged = new Map<string, string>();
  const hardStop = new AbortController();
  let head: string | undefined;
  const acts: string[] = [];
  const events: string[] = [];
  const note: Log["info"] = (_message, { event, reason } = {}) => {
    if (typeof event === "string") events.push([event, reason].join(" "));
  };
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const containers: ObservedContainer[] = [];
  let writes = 0;

  const pass = async (step: Step): Promise<void> => hooks.get(step)?.();

  const host = createFakeHost({
    clock,
    dataDir,
    pass,
    acts,
    containers,
    isMissing: (image) => world.missingImages.has(image),
    asked: (options) => void (world.asked.pull = options),
  });

  async function open(): Promise<{ readonly reconciler: Reconciler; readonly records: RecordStore }> {
    const records = await openRecordStore(dataDir, silentLog);
    const dataKey = await readOrMakeDataKey(dataDir);
    const syncLogs = await openSyncLogs(dataDir, {
      clock,
      log: silentLog,
      kept: new Map(records.list().map((record) => [record.name, keptSyncIds(record)])),
    });
    const deps: ReconcileDeps = {
      records,
      renderings: await openRenderings(dataDir, { keys: [dataKey] }),
      syncLogs,
      ledgers: await openLedgerStore(dataDir),
      registry: {
        get: (key) => world.declarations.get(key) ?? { kind: "deleted" },
        requests: (name) => world.requests.filter((request) => request.name === name),
        consume(request) {
          world.requests.splice(world.requests.indexOf(request), 1);
          return Promise.resolve();
        },
        forget: () => undefined,
        id: () => "registry-1",
      },
      secretCare: world.secretCare,
      sources: {
        follow: (_name, follow) => void (world.asked.follow = follow),
        unfollow: () => void delete world.asked.follow,
        get: (name) =>
          world.sources.get(name) ??
          (head === undefined ? {} : { revision: head, checkedAt: clock.now(), polledAt: clock.now() }),
        refresh: (name) => void world.acts.push(`poll ${name}`),
        look: () => "unknown",
        close: () => Promise.resolve(),
      },
      git: {
        async stage(request, signal) {
          const { sha, dir } = request;
          world.asked.stage = request;
          await pass("stage");
          signal.throwIfAborted();
          const commit = commits.get(sha) ?? { services: {}, files: {} };
          const files = { "compose.yaml": JSON.stringify(commit.services), ...commit.files };
          for (const [path, text] of Object.entries(files)) {
            await mkdir(dirname(join(dir, path)), { recursive: true });
            await writeFile(join(dir, path), text);
          }
          staged.set(dir, sha);
          return {
            commit: { sha, subject: `commit ${sha}`, author: "Ada", committedAt: "2026-01-01T00:00:00Z" },
            entries: Object.entries(files).map(([path, text]) => ({
              path,
              mode: "100644" as const,
              blob: gitBlobId(Buffer.from(text)),
            })),
            leftOut: [],
            warnings: [],
            ...(request.verify && { verified: SIGNED }),
          };
        },
      },
      docker: host.docker,
      images: host.images.informer,
      compose: {
        ...host.compose,
        async render(request) {
          const { project, stagingDir, stableDir, env } = request;
          world.asked.render = request;
          await pass("render");
          const commit = commits.get(staged.get(stagingDir) ?? "");
          const rendered: RenderedProject = {
            name: project,
            services: interpolated(commit?.services ?? {}, env),
          };
          const json = JSON.stringify(rendered);
          return {
            json,
            digest: sha256(json),
            project: rendered,
            projectDir: stableDir,
            stagedJson: json,
            stagedProjectDir: stagingDir,
            mounts: mountsOf(rendered.services, commit?.files ?? {}),
            lookedAt: ["compose.yaml"],
            usedPaths: Object.fromEntries(
              Object.keys(rendered.services).map((name) => [name, Object.keys(commit?.files ?? {})]),
            ),
            warnings: [],
          };
        },
      },
      secrets: createSecretStore({
        declared(name) {
          const secret = world.secrets.get(name);
          return secret === undefined ? { kind: "missing" } : { kind: "present", secret };
        },
        declaredNames: () => [...world.secrets.keys()],
        keyring: NO_KEYS,
        dataKey,
      }),
      fingerprint: sha256,
      engine: {
        hasSynced: () => world.engine.id !== undefined,
        down: () =>
          world.engine.down === undefined ? undefined : { since: clock.now(), message: world.engine.down },
        engineId: () => world.engine.id,
        engineVersion: () => world.engine.version,
        objects: () => world.engine.objects,
        project: (project) => world.containers.filter((one) => one.project === project),
        ending: (id) => world.endings.get(id),
        async refresh(project, signal) {
          signal.throwIfAborted();
          await pass("refresh");
          return world.containers.filter((one) => one.project === project);
        },
        close: () => Promise.resolve(),
      },
      status: {
        publish(key, _place, document) {
          if (JSON.stringify(world.documents.get(key)) !== JSON.stringify(document)) writes += 1;
          world.documents.set(key, document);
          if (document.kind === "Application") world.statuses.set(key, document);
          return Promise.resolve();
        },
        remove(key) {
          world.statuses.delete(key);
          world.documents.delete(key);
          return Promise.resolve();
        },
        previous: (key) => world.documents.get(key),
        removedByHand: () => Promise.resolve(world.removedByHand),
      },
      policyOf: () => world.policy,
      readManifest: (manifest) => applicationFromManifest(manifest, { allowFileRepos: false }),
      remoteOf: ({ spec }, source) => ({
        id: "remote",
        url: spec.source.repoURL,
        ...(source && { credential: source.credential }),
      }),
      applySlots: world.applySlots,
      healSlots: world.healSlots,
      processes: { isAlive: () => Promise.resolve(false), end: () => Promise.resolve() },
      self: world.self,
      clock,
      log,
      metrics: {
        observed: () => undefined,
        driftFound: () => undefined,
        driftIgnored: () => undefined,
        syncFinished: () => undefined,
        rollbackEnded: () => undefined,
        sourceChecked: () => undefined,
        deleted: () => undefined,
      },
      receiverMetrics: { observed: () => undefined, deleted: () => undefined },
      dataDir,
      settleMs: 3000,
      hardStop: hardStop.signal,
    };
    return { records, reconciler: createReconciler(deps, (key) => void world.named.push(key)) };
  }

  const world: {
    -readonly [Field in keyof ReconcileWorld]: ReconcileWorld[Field];
  } = {
    clock,
    dataDir,
    acts,
    images: host.images,
    events,
    named: [],
    containers,
    statuses: new Map(),
    documents: new Map(),
    secretCare: {
      inspect: () => ({ fields: [], faults: [] }),
      seal: () => Promise.resolve({ kind: "sealed" }),
      fingerprint: () => "",
      receiverFault: () => undefined,
      usersOf: () => [],
    },
    writes: () => writes,
    declarations: new Map(),
    requests: [],
    sources: new Map(),
    secrets: new Map(),
    asked: {},
    endings: new Map(),
    applySlots: createSlots(1),
    healSlots: createSlots(1),
    engine: { id: "engine-1", down: undefined, version: "26.1.5", objects: undefined },
    self: { dataDirIsHostPath: true },
    policy: { allowed: EVERYTHING, digest: "default", host: { dockerSockets: [], ownFolders: [] } },
    missingImages: new Set(),
    removedByHand: false,
    records: undefined as unknown as RecordStore,
    reconciler: undefined as unknown as Reconciler,
    declare(name, spec = {}) {
      const application = applicationFromManifest(
        {
          apiVersion: "conops.dev/v1alpha1",
          kind: "Application",
          metadata: { name },
          spec: { source: { repoURL: "https://git.example.com/shop.git" }, ...spec },
        },
        { allowFileRepos: false },
      );
      if (application === undefined) throw new Error(`Cannot declare "${name}": it is not valid`);
      world.declarations.set(name, {
        kind: "declared",
        resource: application,
        place: { file: `${name}.yaml`, document: 0 },
      });
      world.reconciler.interrupt(name);
      return application;
    },
    keep(name, stringData, type = "Opaque") {
      world.secrets.delete(name);
      if (stringData === undefined) return;
      const metadata = { name };
      const checked = checkSecret({ apiVersion: API_VERSION, kind: "Secret", metadata, type, stringData });
      if ("faults" in checked) throw new Error(`Cannot keep "${name}": it is not valid`);
      world.secrets.set(name, checked.secret);
    },
    push(sha, services, files = {}) {
      commits.set(sha, { services, files });
      head = sha;
    },
    at(step, fn) {
      if (fn === undefined) hooks.delete(step);
      else hooks.set(step, fn);
    },
    visit: (name, signal = new AbortController().signal) => world.reconciler.reconcile(name, signal),
    async settle(name, withinMs = 0) {
      let leftMs = withinMs;
      for (let round = 1; ; round += 1) {
        const outcome = await world.visit(name);
        const waitMs = outcome.kind === "gone" ? undefined : outcome.recheckAfterMs;
        if (waitMs === undefined || waitMs > leftMs || round === 10) return outcome;
        leftMs -= waitMs;
        await clock.advance(waitMs);
      }
    },
    async restart({ places = 1 } = {}) {
      world.applySlots = createSlots(places);
      world.healSlots = createSlots(1);
      Object.assign(world, await open());
    },
    close: () => rm(dataDir, { recursive: true, force: true }),
  };
  Object.assign(world, await open());
  return world;
}

/** What a failed outcome says; undefined for any other. */
export function errorOf(outcome: Outcome): ReconcileError | undefined {
  return outcome.kind === "failed" ? outcome.error : undefined;
}

/** A bind's source is written as the path in the repository. */
function mountsOf(services: Services, files: Readonly<Record<string, string>>): Rendering["mounts"] {
  return Object.fromEntries(
    Object.entries(services).map(([name, { volumes = [] }]) => [
      name,
      volumes.map(({ source = "" }) => ({
        name: source,
        how: source in files ? ("file" as const) : ("folder" as const),
        paths: [source],
      })),
    ]),
  );
}

/** `${NAME}` for its value, as Compose would have it. */
function interpolated(services: Services, env: readonly ComposeVariable[]): Services {
  let text = JSON.stringify(services);
  for (const { name, value } of env)
    text = text.replaceAll(`\${${name}}`, JSON.stringify(value).slice(1, -1));
  return JSON.parse(text) as Services;
}
