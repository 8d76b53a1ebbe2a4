import { ReconcileError } from "../api/errors.ts";
import type { Outcome } from "../api/outcome.ts";
import type { Declaration } from "../registry/registry.ts";
import type { Observation } from "../status/observation.ts";
import type { Why } from "../status/verdict.ts";
import type { SourceState } from "../watch/watch.ts";
import { forgiven, observeHealth } from "./budget.ts";
import { decide, type Decision } from "./decide.ts";
import type { ReconcileDeps } from "./deps.ts";
import { stopGate } from "./gate-clock.ts";
import { canGoOn, goOn } from "./go-on.ts";
import { imagesChecked } from "./image-facts.ts";
import type { Finding } from "./judged.ts";
import { lastWordsOf } from "./last-words.ts";
import { recheckLocalChanges } from "./local-change.ts";
import { look, noteFindings, type Look } from "./look.ts";
import type { Memory } from "./memory.ts";
import { passGate } from "./pass-gate.ts";
import { declarationFaults, publish } from "./publish.ts";
import { takeRequests } from "./requests.ts";
import { restore, type Restored } from "./restore.ts";
import { rollBack } from "./roll-back.ts";
import { showQuarantined, whyRollbackStalls } from "./show-rollback.ts";
import { awaitSurvivor } from "./survivor.ts";
import { isWell, whyStalled } from "./stalled.ts";
import { sync } from "./sync.ts";
import { sameTarget } from "./target.ts";
import { noteFresh } from "./note-made.ts";
import { noteSource } from "./note-source.ts";
import { sourceOf, wantedTarget, whyElsewhere, whyForbidden } from "./wanted.ts";
import type { Visit } from "./visit.ts";

const LOCAL_CHANGE_RECHECK_MS = 300_000;

/** One visit of an Application that is wanted. */
export async function visitApplication(
  visit: Visit,
  declaration: Declaration,
  memory: Memory,
  deps: ReconcileDeps,
  again: () => void,
): Promise<Outcome> {
  const { spec } = visit.application;
  let seen: Look | undefined;
  let stalled: Why | undefined;
  const source = sourceOf(visit, deps);
  await noteSource(source, visit, deps);
  const { retry } = await takeRequests(visit, deps);
  if (retry) memory.budget = forgiven(memory.budget);
  const down = deps.engine.down();
  if (down !== undefined || !deps.engine.hasSynced()) {
    const message = down?.message ?? "the engine has not been asked yet";
    leaveSlots();
    stopGate(memory);
    await publish(observe({ reason: "EngineUnavailable", message }), undefined, visit, deps);
    return { kind: "waiting", reason: "EngineUnavailable" };
  }
  const survivorMs = await awaitSurvivor(visit, deps);
  if (survivorMs !== undefined) {
    leaveSlots();
    seen = await look(spec.state, visit, memory, deps);
    await publish(observe(undefined, decideNow().kind), seen, visit, deps);
    return { kind: "waiting", reason: "Progressing", recheckAfterMs: survivorMs };
  }

  await renewGate(visit, deps);
  await recheckLocalChanges(visit);
  const timers: number[] = [];
  let decision = decideNow();
  const elsewhere = whyElsewhere(visit, deps);
  if (elsewhere !== undefined && decision.kind !== "apply") {
    leaveSlots();
    await publish({ ...observe(undefined), forbidden: elsewhere }, undefined, visit, deps);
    return { kind: "synced" };
  }
  if (decision.kind === "current" || decision.kind === "awaiting") await forgetAbandoned(visit);
  if (decision.kind === "quarantined") await showQuarantined(decision, visit, deps);
  seen = await look(spec.state, visit, memory, deps);
  stalled = await whyStalled(seen, visit, memory, deps);
  if (decision.kind !== "apply") decision = decideNow();
  // What is drift and answered by an apply is told, too.
  if (decision.kind === "apply" && decision.trigger === "ImageChanged" && seen !== undefined)
    noteFindings(seen, visit, memory, deps);
  let error: ReconcileError | undefined;
  let waitsForPlace = false;
  if (decision.kind === "apply" || decision.kind === "rollback") {
    const { kind } = decision;
    const showProgress = (): Promise<void> => publish(observe(undefined, kind), seen, visit, deps);
    const ended =
      decision.kind === "apply"
        ? await sync(decision, source, visit, memory, deps, again, showProgress)
        : await rollBack(visit, memory, deps, again, showProgress);
    waitsForPlace = ended === "no-place";
    if (ended !== "no-place") {
      error = ended;
      seen = await look(spec.state, visit, memory, deps);
      decision = decideNow();
    }
  } else if (canGoOn(seen, visit) && spec.state === "Running" && !spec.suspend) {
    error = await goOn(seen, visit, memory, deps, again);
    seen = await look(spec.state, visit, memory, deps);
    decision = decideNow();
  } else deps.applySlots.leave(visit.name);
  // Before it is healed: a minute of health is forgiven by the failure that ends it.
  if (seen !== undefined && spec.state === "Running") noteHealth(seen);
  // While it waits for its place, what runs is still healed.
  if (seen !== undefined && error?.reason !== "SyncInterrupted" && whyElsewhere(visit, deps) === undefined) {
    const restored: Restored = await restore(seen, mayRestore(), visit, memory, deps, again);
    if (restored.nextMs !== undefined) timers.push(restored.nextMs);
    error ??= restored.error;
    if (restored.acted) seen = await look(spec.state, visit, memory, deps);
    if (seen !== undefined) await noteFresh(seen.plan, visit, deps);
    await noteState(seen, visit);
  } else deps.healSlots.leave(visit.name);
  if (seen !== undefined && spec.state === "Running") {
    noteHealth(seen);
    const gateAfterMs = await passGate(seen, visit, memory, deps);
    if (gateAfterMs !== undefined) timers.push(gateAfterMs);
    decision = decideNow();
  }
  if (seen?.plan.lookAgainAt !== undefined) timers.push(seen.plan.lookAgainAt - deps.clock.now());
  if (decision.kind === "backoff" && decision.retryAt !== undefined) {
    timers.push(decision.retryAt - deps.clock.now());
  }
  // Nobody says when a file is as in Git again.
  if (visit.record().localChanges !== undefined) timers.push(LOCAL_CHANGE_RECHECK_MS);
  if (decision.kind === "rollback" && !waitsForPlace) timers.push(0);
  stalled = await whyStalled(seen, visit, memory, deps);
  await publish(observe(undefined, decision.kind, await describedHealth()), seen, visit, deps);
  const recheckAfterMs = timers.length === 0 ? undefined : Math.max(0, Math.min(...timers));
  const recheck = recheckAfterMs === undefined ? {} : { recheckAfterMs };
  if (error !== undefined && error.reason !== "SyncInterrupted")
    return { kind: "failed", error, told: true, ...recheck };
  if (decision.kind === "apply" || decision.kind === "rollback") {
    return { kind: "waiting", reason: "Progressing", ...(waitsForPlace ? recheck : { recheckAfterMs: 0 }) };
  }
  return { kind: "synced", ...recheck };

  /** A place that is kept for a key which does not come for it would be lost to all. */
  function leaveSlots(): void {
    deps.applySlots.leave(visit.name);
    deps.healSlots.leave(visit.name);
  }

  function decideNow(): Decision {
    const { applied, attempt, pendingSync, generation, rollback, quarantine } = visit.record();
    return decide({
      suspend: spec.suspend,
      state: spec.state,
      automated: spec.sync.automated,
      target: wantedTarget(visit, source),
      applied,
      attempt,
      rollback,
      quarantine,
      requested: pendingSync !== undefined,
      sourceIsOlderThanRequest: pendingSync !== undefined && (source.polledAt ?? 0) < pendingSync.acceptedAt,
      generation,
      credentialsDigest: visit.secrets.credentialsDigest,
      policyDigest: deps.policyOf(visit.application).digest,
      forbidden: whyForbidden(visit, deps),
      // It is new, and it is drift: both switches are asked.
      hasNewImages: spec.sync.automated && spec.sync.selfHeal && seen?.plan.hasNewImages === true,
      now: deps.clock.now(),
    });
  }

  function isNewer(): boolean {
    const target = wantedTarget(visit, source);
    return target !== undefined && !sameTarget(target, visit.record().applied);
  }

  /** Stopping and starting by `spec.state` are asked for by a person; everything else is healing. */
  function mayRestore(): boolean {
    if (spec.suspend) return false;
    if (spec.state === "Stopped") return spec.sync.selfHeal || visit.record().state !== "Stopped";
    return spec.sync.selfHeal || visit.record().state === "Stopped";
  }

  function noteHealth({ plan }: Look): void {
    const healthy = new Map(plan.services.map((service) => [service.name, isWell(service, plan)]));
    memory.budget = observeHealth(memory.budget, healthy, deps.clock.monotonic());
  }

  async function describedHealth(): Promise<Observation["health"]> {
    if (seen === undefined) return undefined;
    const { status, message, containerId } = seen.plan.health;
    const words = await lastWordsOf(containerId, visit, memory, deps);
    return { status, message: words === "" ? message : `${message}; its last words: ${words}` };
  }

  function observe(
    engineDown: Why | undefined,
    decided: Decision["kind"] = "no-source",
    health?: Observation["health"],
  ): Observation {
    return {
      record: visit.record(),
      wantedState: spec.state,
      suspended: spec.suspend,
      ...declarationFaults(declaration),
      engineDown,
      forbidden: whyForbidden(visit, deps),
      stalled: stalled ?? whyRollbackStalls(visit),
      source: observedSource(source),
      verifies: spec.source.verify !== undefined,
      images: imagesChecked(visit, deps),
      decision: decided,
      newer: isNewer(),
      health: health ?? (seen && { status: seen.plan.health.status, message: seen.plan.health.message }),
      drifted: (seen?.plan.findings ?? []).filter(
        ({ kind, ignored }) =>
          ignored !== true && kind !== "LocalChange" && (kind !== "Orphan" || spec.sync.prune),
      ),
    };
  }
}

/** What was stopped while it waited for its gate has the whole time again. */
async function renewGate(visit: Visit, deps: ReconcileDeps): Promise<void> {
  const { state, applied } = visit.record();
  const { spec } = visit.application;
  const now = deps.clock.now();
  if (spec.state !== "Running" || state !== "Stopped" || applied?.gate !== "pending") return;
  if (applied.gateDeadline > now) return;
  const renewed = { ...applied, gateDeadline: now + spec.sync.timeoutMs };
  await visit.update((record) => ({ ...record, applied: renewed }));
}

/** `spec.state` is brought about when nothing is found amiss: until then, starting and stopping go on without selfHeal. */
async function noteState(seen: Look | undefined, visit: Visit): Promise<void> {
  const { suspend, state } = visit.application.spec;
  if (suspend || visit.record().state === state) return;
  // The name of an image is no state of a service, nor is a file that somebody changed.
  const counts = ({ kind, containerId, ignored }: Finding): boolean =>
    ignored !== true &&
    kind !== "Orphan" &&
    kind !== "LocalChange" &&
    (kind !== "ImageChanged" || containerId !== undefined);
  if (seen === undefined || seen.plan.findings.some(counts)) return;
  await visit.update((record) => ({ ...record, state }));
}

function observedSource(source: SourceState): Observation["source"] {
  return {
    checked: source.checkedAt !== undefined,
    ...(source.revision !== undefined && { revision: source.revision }),
    ...(source.movedTo !== undefined && { movedTo: source.movedTo }),
    ...(source.error && { error: { reason: source.error.reason, message: source.error.message } }),
  };
}

/** A failed try at a target that nobody wants any more, and that touched nothing, says nothing about what runs. */
async function forgetAbandoned(visit: Visit): Promise<void> {
  const { attempt } = visit.record();
  if (attempt === undefined || attempt.made !== undefined) return;
  await visit.update(({ attempt: _abandoned, ...rest }) => rest);
}
