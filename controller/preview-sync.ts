/**
 * `conops diff` and `conops sync --dry-run`: the steps of an apply up to where it would change something, in a process of its
 * own. Everything that is written goes to a temporary folder, which is removed; the data directory is read, and the mirrors of
 * the controller are borrowed. So it works whether or not a controller runs, and while one is in the middle of a sync.
 */
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "./api/application.ts";
import type { ApplicationDiff } from "./api/diff.ts";
import { ReconcileError } from "./api/errors.ts";
import { createCompose } from "./compose/create-compose.ts";
import type { Config } from "./config.ts";
import { findSelf } from "./docker/self.ts";
import { borrowMirrors } from "./git/borrowing.ts";
import type { Git } from "./git/git.ts";
import { createGit } from "./git/pool.ts";
import { remoteOf } from "./git/remote-url.ts";
import { makeSealingKey, type SealingKey } from "./lib/aead.ts";
import { systemClock } from "./lib/clock.ts";
import { silentLog } from "./lib/log.ts";
import { previewDocument, type Found } from "./preview-document.ts";
import { findSource, type PreviewSource } from "./preview-source.ts";
import { readPreviewManifests, type EditedFile } from "./preview-manifests.ts";
import { admit, newRecord } from "./reconcile/admit.ts";
import { createVisit } from "./reconcile/create-visit.ts";
import type { PreviewDeps } from "./reconcile/prospect-images.ts";
import { createMemories, type Memory } from "./reconcile/memory.ts";
import { previewApply } from "./reconcile/preview.ts";
import { declaredSecret } from "./reconcile/references.ts";
import type { Trigger } from "./api/status.ts";
import type { Visit } from "./reconcile/visit.ts";
import { wantedTarget } from "./reconcile/wanted.ts";
import type { Declaration, ManifestPlace } from "./registry/registry.ts";
import { createFingerprint } from "./secret/fingerprint.ts";
import { createOwnLogins } from "./secret/own-login.ts";
import type { Keyring } from "./secret/keyring.ts";
import { createSecretStore } from "./secret/secret-store.ts";
import { readDataKey } from "./status/data-key.ts";
import { rfc3339 } from "./status/history.ts";
import type { ApplicationRecord } from "./status/record.ts";
import { readRecords } from "./status/record-store.ts";
import { readRenderings } from "./status/renderings.ts";

export interface PreviewRequest {
  /** Of an Application; undefined: the only one of `edited`. */
  readonly name: string | undefined;
  readonly edited?: EditedFile;
  /** Instead of what the manifest follows. */
  readonly revision?: string;
  /** A person asks for the sync: images that the record would keep are taken anew. Without it, only where nobody else does. */
  readonly requested?: boolean;
}

export interface PreviewSetting {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly policyOf: PreviewDeps["policyOf"];
  readonly signal: AbortSignal;
  /** Told what takes its time. */
  readonly onStep: (text: string) => void;
}

/** Throws ReconcileError, in words that hold no Secret, for what a sync would fail by, too; and what `signal` aborts with. */
export async function previewSync(
  request: PreviewRequest,
  setting: PreviewSetting,
): Promise<ApplicationDiff> {
  setMaxListeners(0, setting.signal);
  const temporary = await mkdtemp(join(tmpdir(), "conops-preview-"));
  const {
    maxFileSize: maxFileBytes,
    maxRepositorySize: maxBytes,
    knownHostsFile,
    gitCaFile,
  } = setting.config;
  const git = createGit({
    dataDir: temporary,
    clock: systemClock,
    log: silentLog,
    workers: 1,
    sharedWorkers: true,
    limits: { maxFileBytes, maxCheckoutBytes: maxBytes, maxFetchBytes: maxBytes },
    knownHostsFile,
    caFile: gitCaFile,
  });
  try {
    return await preview(request, setting, { temporary, git });
  } finally {
    await git.close();
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Tools {
  readonly temporary: string;
  readonly git: Git;
}

async function preview(
  request: PreviewRequest,
  setting: PreviewSetting,
  tools: Tools,
): Promise<ApplicationDiff> {
  const { config, keyring, policyOf, signal, onStep } = setting;
  const { dataDir, manifestsDir, dockerHost, allowFileRepos } = config;
  const manifests = await readPreviewManifests(manifestsDir, request.edited, allowFileRepos);
  const { application, place } = manifests.application(request.name);
  const { name } = application;
  // Without the data directory's own key nothing is recorded that it would have to agree with.
  const dataKey = (await readDataKey(dataDir)) ?? makeSealingKey();
  const records = await readRecords(dataDir);
  const record = recordOf(application, place, manifests.get(name), records.get(name));
  const remote: PreviewDeps["remoteOf"] = ({ spec: { source } }, named) =>
    remoteOf(source.repoURL, source.secretRef, named?.credential);
  const known = {
    records,
    renderings: readRenderings(dataDir, [...keyring.keys, dataKey]),
    secrets: createSecretStore({
      declared: (secret) => declaredSecret(secret, manifests),
      declaredNames: () => manifests.secretNames(),
      keyring,
      dataKey,
    }),
    // What a visit says belongs to a sync: here is none.
    syncLogs: { add: () => undefined },
    dataDir,
  };
  const memory = createMemories().of(name);
  const visit = await createVisit(record, { application, signal, claims: new Map(), memory }, known);
  onStep("asking the remote");
  const [source, { docker, containers, engineId, self }] = await Promise.all([
    sourceOf(request, visit, remote, tools, setting),
    openEngine(visit.project, dataKey, setting),
  ]);
  const deps: PreviewDeps = {
    ...known,
    fingerprint: createFingerprint(dataKey, "fingerprints of renderings"),
    git: tools.git,
    compose: createCompose({ dataDir: tools.temporary, dockerHost, clock: systemClock, log: silentLog }),
    docker,
    ownLogin: createOwnLogins({ env: process.env, clock: systemClock, log: silentLog }),
    engine: {
      project: () => containers,
      refresh: () => Promise.resolve(containers),
      engineId: () => engineId,
    },
    policyOf,
    remoteOf: remote,
    self,
    clock: systemClock,
    log: silentLog,
    dataDir: tools.temporary, // where it is staged; the visit knows where it would be checked out to
  };
  onStep("checking out and rendering");
  const byItself = application.spec.sync.automated && request.requested !== true;
  const trigger = byItself ? "NewRevision" : "Requested";
  const found = await previewLatest(source, trigger, visit, memory, deps);
  return previewDocument(found, visit);
}

/** The record as the controller would take the manifest in, or of one that it has not seen yet. */
function recordOf(
  application: Application,
  place: ManifestPlace,
  declaration: Declaration,
  known: ApplicationRecord | undefined,
): ApplicationRecord {
  const at = rfc3339(systemClock.now());
  if (known === undefined) return newRecord(application, place, { uid: "", registryId: "", at });
  if (known.deletion?.destructive !== true) return admit(known, declaration, at);
  throw new ReconcileError(`Cannot compare "${application.name}": it is being deleted`, {
    reason: "PreviousDeleting",
  });
}

/** Loaded while the remote answers. */
async function openEngine(project: string, dataKey: SealingKey, { config, signal }: PreviewSetting) {
  const { createDocker } = await import("./docker/engine.ts");
  const fingerprint = createFingerprint(dataKey, "fingerprints of configurations");
  const { dockerHost, dataDir } = config;
  const docker = createDocker({ dockerHost, clock: systemClock, log: silentLog, fingerprint });
  const [containers, engine, self] = await Promise.all([
    docker.listProject(project, signal),
    docker.engine(signal),
    findSelf(docker, dataDir, signal),
  ]);
  return { docker, containers, engineId: engine.id, self };
}

/** While the remote is down, what was never fetched cannot be had: then what is applied is compared with what runs. */
async function previewLatest(
  source: PreviewSource,
  trigger: Trigger,
  visit: Visit,
  memory: Memory,
  deps: PreviewDeps,
): Promise<Found> {
  const preview = async (of: PreviewSource): Promise<Found> => {
    const target = wantedTarget(visit, of);
    if (target === undefined)
      throw new ReconcileError(`Cannot compare "${visit.name}": no revision`, { reason: "SecretInvalid" });
    const { ref } = of;
    const commit = { ...target, ...(ref !== undefined && { ref }) };
    return { source: of, preview: await previewApply(commit, trigger, visit, memory, deps) };
  };
  try {
    return await preview(source);
  } catch (error) {
    const { applied } = visit.record();
    if (source.note === undefined || applied === undefined || applied.revision === source.revision)
      throw error;
    const { revision } = applied;
    const short = source.revision.slice(0, 12);
    return preview({
      revision,
      note: `${source.note}; that is ${short}, which was never fetched: what is applied is compared`,
    });
  }
}

async function sourceOf(
  { revision: named }: PreviewRequest,
  visit: Visit,
  remoteAt: PreviewDeps["remoteOf"],
  { temporary, git }: Tools,
  { config, signal }: PreviewSetting,
): Promise<PreviewSource> {
  const { application, secrets } = visit;
  if (secrets.fault !== undefined) throw new ReconcileError(secrets.fault, { reason: "SecretInvalid" });
  const remote = remoteAt(application, secrets.source);
  await borrowMirrors(join(config.dataDir, "mirrors"), join(temporary, "mirrors"), remote.id).catch(
    () => undefined,
  );
  return findSource({ application, named, remote, record: visit.record() }, git, signal);
}
