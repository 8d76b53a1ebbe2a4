/**
 * What is done for one key. For a Secret: visit-secret.ts. For a Receiver: visit-receiver.ts. For an Application, in the order in which it is done:
 *
 *   declaration + record → record          admit.ts, requests.ts
 *   deleted? tear down, forget             remove.ts
 *   look at the containers                 look.ts → plan.ts
 *   a new target to apply? apply it        decide.ts, apply.ts
 *   else restore the applied one           restore.ts → heal.ts
 *   take the applied target to its gate    pass-gate.ts → gate.ts
 *   publish                                publish.ts → status/summary.ts
 *
 * Level-triggered: it looks at the world, not at the event that woke it. It may be broken off, or the process killed, at
 * any point; the next visit arrives at the same place. Nothing here touches the queue: the worker decides what follows.
 */
import { randomUUID } from "node:crypto";
import { formatFault, type Application } from "../api/application.ts";
import { ReconcileError } from "../api/errors.ts";
import { parseKey } from "../api/resource.ts";
import type { Outcome, Reconcile } from "../api/outcome.ts";
import type { Declaration } from "../registry/registry.ts";
import { rfc3339 } from "../status/history.ts";
import type { ApplicationRecord } from "../status/record.ts";
import { admit, newRecord } from "./admit.ts";
import type { ReconcileDeps } from "./deps.ts";
import { maskedLog, maskedThrown } from "./masking.ts";
import { createVisit } from "./create-visit.ts";
import { createMemories, type Memory } from "./memory.ts";
import { invalidDocument } from "./publish.ts";
import { visitApplication } from "./visit-application.ts";
import { visitDeletion } from "./visit-deletion.ts";
import { visitReceiver } from "./visit-receiver.ts";
import { visitSecret, type SecretMemory } from "./visit-secret.ts";
import type { Visit } from "./visit.ts";

export interface Reconciler {
  /** `again(key)` is called when a place for which the key waits becomes free. */
  readonly reconcile: Reconcile;
  /** Breaks off what a visit under way prepares (staging, pull, build), if its declaration forbids it by now. */
  interrupt(key: string): void;
}

export function createReconciler(deps: ReconcileDeps, again: (key: string) => void): Reconciler {
  const memories = createMemories();
  const secrets: SecretMemory = new Map();
  const visits = new Map<string, AbortController>();
  /** Compose project → the Application whose visit under way is about to claim it. */
  const claims = new Map<string, string>();
  /** Since when a document without a record has been wrong. */
  const invalidSince = new Map<string, string>();

  async function reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    // From here on an edit interrupts: what it says is either read below, or breaks off what was read.
    const interruption = new AbortController();
    visits.set(key, interruption);
    try {
      return await visitKey(key, AbortSignal.any([signal, interruption.signal]));
    } catch (error) {
      leaveSlots(key);
      // Whoever interrupts names the key again, too.
      if (interruption.signal.aborted && !signal.aborted)
        return { kind: "waiting", reason: "SyncInterrupted" };
      if (!(error instanceof ReconcileError)) throw error;
      if (signal.aborted) throw signal.reason;
      return { kind: "failed", error };
    } finally {
      visits.delete(key);
      for (const [project, name] of claims) if (name === key) claims.delete(project);
    }
  }

  async function visitKey(key: string, signal: AbortSignal): Promise<Outcome> {
    const named = parseKey(key);
    if (named?.kind === "Secret") return visitSecret(key, named.name, signal, secrets, deps);
    if (named?.kind === "Receiver") return visitReceiver(key, named.name, deps);
    const declaration = deps.registry.get(key);
    const record = await admitted(key, declaration, deps);
    if (record === undefined) {
      leaveSlots(key);
      return withoutRecord(key, declaration, invalidSince, deps);
    }
    invalidSince.delete(key);
    const application = applicationOf(record, declaration, deps);
    if (application === undefined) {
      leaveSlots(key);
      const reason = "InvalidManifest";
      const message = `Cannot read the recorded manifest of "${key}": this version does not accept it`;
      return { kind: "failed", error: new ReconcileError(message, { reason, terminal: true }) };
    }
    const memory = memories.of(key);
    const visit = await createVisit(record, { application, signal, claims, memory }, deps);
    const masked = { ...deps, log: maskedLog(deps.log, visit.mask) };
    try {
      return await visitNamed(visit, declaration, memory, masked);
    } catch (error) {
      throw maskedThrown(error, visit.mask);
    }
  }

  async function visitNamed(
    visit: Visit,
    declaration: Declaration,
    memory: Memory,
    masked: ReconcileDeps,
  ): Promise<Outcome> {
    const key = visit.name;
    if (visit.record().deletion === undefined) {
      return visitApplication(visit, declaration, memory, masked, () => again(key));
    }
    leaveSlots(key);
    const outcome = await visitDeletion(visit, declaration, masked);
    if (deps.records.get(key) === undefined) {
      memories.drop(key);
      // Who asked for the same project was refused until now.
      for (const name of deps.records.namesOf(visit.project)) again(name);
    }
    return outcome;
  }

  /** A place that is kept for a key which does not come for it would be lost to all. */
  function leaveSlots(key: string): void {
    deps.applySlots.leave(key);
    deps.healSlots.leave(key);
  }

  return {
    reconcile,
    interrupt(key) {
      const declaration = deps.registry.get(key);
      const why = whyInterrupt(declaration);
      if (why !== undefined) visits.get(key)?.abort(new Error(why));
    },
  };
}

function whyInterrupt(declaration: Declaration): string | undefined {
  if (declaration.kind === "deleted") return "its manifest was deleted";
  if (declaration.kind !== "declared" || declaration.resource.kind !== "Application") return undefined;
  const { suspend, state } = declaration.resource.spec;
  if (suspend) return "it was suspended";
  return state === "Stopped" ? "it was stopped" : undefined;
}

/** The record of the key, taken further by its declaration; undefined while there is none and nothing to make one of. */
async function admitted(
  key: string,
  declaration: Declaration,
  deps: ReconcileDeps,
): Promise<ApplicationRecord | undefined> {
  const known = deps.records.get(key);
  const at = rfc3339(deps.clock.now());
  if (known !== undefined) return deps.records.put(admit(known, declaration, at));
  if (declaration.kind !== "declared" || declaration.resource.kind !== "Application") return undefined;
  const newcomer = { uid: randomUUID(), registryId: deps.registry.id(), at };
  return deps.records.put(newRecord(declaration.resource, declaration.place, newcomer));
}

/** A document that never was a valid Application has a status that says why, and nothing else. */
async function withoutRecord(
  key: string,
  declaration: Declaration,
  invalidSince: Map<string, string>,
  deps: ReconcileDeps,
): Promise<Outcome> {
  for (const request of deps.registry.requests(key)) {
    deps.log.warn("request for nothing that is there, removed", { key, action: request.action });
    await deps.registry.consume(request);
  }
  if (declaration.kind === "invalid") {
    if (!invalidSince.has(key)) {
      const faults = declaration.faults.map(formatFault);
      deps.log.warn("manifest is not valid", {
        event: "InvalidManifest",
        reason: "InvalidManifest",
        key,
        faults,
      });
    }
    invalidSince.set(key, invalidSince.get(key) ?? rfc3339(deps.clock.now()));
    const at = invalidSince.get(key) ?? "";
    await deps.status.publish(key, declaration.place, invalidDocument(key, declaration, at));
    return { kind: "synced" };
  }
  invalidSince.delete(key);
  if (declaration.kind === "deleted") {
    await deps.status.remove(key);
    deps.registry.forget(key);
  }
  return { kind: "gone" };
}

/** The last good spec: of the manifest on disk, or of the record while that is wrong, absent or of the next life. */
function applicationOf(
  record: ApplicationRecord,
  declaration: Declaration,
  deps: ReconcileDeps,
): Application | undefined {
  const isNew = declaration.kind === "declared" && record.deletion === undefined;
  if (isNew && declaration.resource.kind === "Application") return declaration.resource;
  return deps.readManifest(record.manifest);
}
