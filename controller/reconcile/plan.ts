/**
 * Desired project + recorded state + observed containers → facts, steps and health. Pure: status, events, logs, metrics
 * and healing all read this one opinion.
 */
import { isIgnored, type IgnoredDifference } from "../api/drift.ts";
import type { ServiceStatus } from "../api/status.ts";
import type { ObservedContainer, ProjectObjects } from "../docker/docker.ts";
import type { LocalChange, MadeObjects, MadeService } from "../status/record.ts";
import type { Ending } from "../watch/watch.ts";
import type { DesiredService } from "./desired.ts";
import { readyOf, waitsFor } from "./dependencies.ts";
import { findingsOf, marked } from "./findings.ts";
import { healthOf, serviceStatus, statusOf, worseHealth, type Health } from "./health.ts";
import { madeUntil } from "./in-the-making.ts";
import { judgeContainer, STEADY_MS } from "./judge-container.ts";
import { judgeFiles, type FilesQuestion } from "./judge-files.ts";
import { hasNewImages, judgeImage, type ImageFacts } from "./judge-image.ts";
import { judgeMade } from "./judge-made.ts";
import type { Finding, Judged } from "./judged.ts";
import { onePerService, stepFor, type Step } from "./steps.ts";

export interface PlanInput {
  readonly wanted: "Running" | "Stopped";
  readonly services: readonly DesiredService[];
  readonly made: Readonly<Record<string, MadeService>>;
  /** One-shots whose present run key has completed: their containers may be gone. */
  readonly completed: ReadonlySet<string>;
  /** Services that a sync has not brought up yet. */
  readonly left?: ReadonlySet<string>;
  readonly containers: readonly ObservedContainer[];
  /** The project's networks and volumes, as they are and as they were made; undefined while they are not known. */
  readonly objects?: ProjectObjects | undefined;
  readonly madeObjects?: MadeObjects | undefined;
  /** Kinds of drift that are shown and left alone. */
  readonly ignored?: readonly IgnoredDifference[];
  readonly ending: (containerId: string) => Ending | undefined;
  readonly prune: boolean;
  /** By service; of those about whose images something is known beside the containers. */
  readonly images?: ReadonlyMap<string, ImageFacts>;
  /** What the containers were given of the repository, and should have been. Without it, that is not judged. */
  readonly files?: FilesQuestion;
  /** Containers that were unhealthy before, and restarted: now they are made anew. */
  readonly restarted?: ReadonlySet<string>;
  /** Tracked files that differ on disk. */
  readonly localChanges?: readonly LocalChange[];
  /** Wall milliseconds; without it, nothing is judged by its age, and nothing is in the making. */
  readonly now?: number;
}

export interface Plan {
  readonly findings: readonly Finding[];
  /** Those that can be taken now; a step whose dependencies are not ready waits for a later look. */
  readonly steps: readonly Step[];
  /** Of what a sync has not brought up yet: what can be brought up now, by one call in which nothing waits. */
  readonly ready: readonly string[];
  /** What brings changed files into effect, also where a dependency is not ready. */
  readonly fileSteps: readonly Step[];
  readonly services: readonly ServiceStatus[];
  readonly health: Health;
  /** Running containers, by service: what a passing gate remembers. */
  readonly running: Readonly<Record<string, readonly string[]>>;
  /** Services that have finished. */
  readonly finished: readonly string[];
  /** A one-shot that failed: only a new apply runs it again. */
  readonly failedOneShot?: Finding;
  /** A registry has another image, which was not taken yet: an apply takes it. */
  readonly hasNewImages: boolean;
  /** Each life of a container that runs as it should: a container that is started again begins another. */
  readonly lives: readonly string[];
  /** Containers that are as they were made, by service, of which the record does not know that yet. */
  readonly fresh: Readonly<Record<string, readonly string[]>>;
  /** When time alone may change this opinion, wall milliseconds: what is in the making should be done, a crash loop be over. */
  readonly lookAgainAt?: number;
}

const AS_MADE = { differences: [], fresh: false };

export function plan(input: PlanInput): Plan {
  // Compose does not know a container without a config hash, and `docker compose run` makes one-offs: neither is ours.
  const ours = input.containers.filter((container) => !container.oneOff && container.configHash !== "");
  const judged = input.services.map((service): Judged => {
    const made = input.made[service.name];
    const containers = ours
      .filter((container) => container.service === service.name)
      .toSorted((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1))
      .map((container) => {
        const ending = input.ending(container.id);
        const completed = input.completed.has(service.name);
        const verdict = judgeContainer(container, service, made, ending, completed, input.now ?? 0);
        return {
          container,
          verdict: judgeFiles(verdict, container, service, input.files),
          ...(container.state === "running" ? judgeMade(container, service, made) : AS_MADE),
        };
      });
    return {
      service,
      containers,
      finishedWithout: containers.length === 0 && input.completed.has(service.name),
      completed: input.completed.has(service.name),
      ...(input.left?.has(service.name) === true
        ? { left: true }
        : { left: false, madeUntil: madeUntil(containers, input.now) }),
    };
  });
  const names = new Set(input.services.map((service) => service.name));
  const orphans = ours.filter((container) => !names.has(container.service));
  return input.wanted === "Running"
    ? planRunning(judged, orphans, input)
    : planStopped(judged, orphans, input);
}

function planRunning(
  judged: readonly Judged[],
  orphans: readonly ObservedContainer[],
  input: PlanInput,
): Plan {
  const findings: Finding[] = [];
  const steps: Step[] = [];
  const fileSteps: Step[] = [];
  const statuses: ServiceStatus[] = [];
  const { ignored = [], images = new Map<string, ImageFacts>() } = input;
  const making = judged.flatMap(({ madeUntil: end }) => end ?? []);
  const looks = [...steadyAt(judged), ...(making.length > 0 ? [Math.max(...making)] : [])];
  let failedOneShot: Finding | undefined;
  let worst: Health = { status: "Healthy", message: "every service is healthy" };
  for (const one of judged) {
    // What is not brought up yet is not missed, and its containers of before are no drift.
    const found = one.left ? [] : findingsOf(one, input);
    findings.push(...found);
    if (one.service.oneShot === "yes") failedOneShot ??= found.find(({ kind }) => kind === "Exited");
    const own = found.flatMap((finding) => stepFor(finding, one, input.restarted));
    const healed = found.filter((finding) => finding.ignored !== true);
    const waits = one.left || found.length > 0 ? waitsFor(one.service, judged) : [];
    if (waits.length === 0)
      steps.push(...healed.flatMap((finding) => stepFor(finding, one, input.restarted)));
    fileSteps.push(...own.filter(({ kind }) => kind === "FilesChanged"));
    const image = judgeImage(one.service, images.get(one.service.name));
    findings.push(...image.findings.map((finding) => marked(finding, ignored)));
    steps.push(...(image.findings.some((finding) => isIgnored(finding, ignored)) ? [] : image.steps));
    const status = statusOf(one, found, waits);
    statuses.push({ ...status, ...image.shown });
    worst = worseHealth(worst, healthOf(one, status, found));
  }
  for (const orphan of orphans) {
    findings.push({
      service: orphan.service,
      kind: "Orphan",
      expected: "no such service",
      actual: `container "${orphan.name}" is ${orphan.state}`,
      cause: "outside",
      containerId: orphan.id,
    });
  }
  if (orphans.length > 0 && input.prune) {
    const service = orphans[0]?.service ?? "";
    steps.push({ act: "prune", kind: "Orphan", service, cause: "outside", why: "Orphan" });
  }
  return {
    findings: [
      ...findings,
      ...localFindings(input.localChanges ?? []).map((finding) => marked(finding, ignored)),
    ],
    steps: onePerService(steps),
    fileSteps: onePerService(fileSteps),
    hasNewImages: hasNewImages(
      new Map([...images].filter(([service]) => !isIgnored({ service, kind: "ImageChanged" }, ignored))),
    ),
    ready: readyOf(judged),
    services: statuses,
    health: worst,
    ...runningAndFinished(judged),
    ...(failedOneShot && { failedOneShot }),
    ...(looks.length > 0 && { lookAgainAt: Math.min(...looks) }),
  };
}

function planStopped(
  judged: readonly Judged[],
  orphans: readonly ObservedContainer[],
  { localChanges = [] }: PlanInput,
): Plan {
  const findings: Finding[] = [];
  const statuses: ServiceStatus[] = [];
  const all = [
    ...judged.flatMap(({ containers }) => containers.map(({ container }) => container)),
    ...orphans,
  ];
  for (const container of all) {
    if (!["running", "paused", "restarting"].includes(container.state)) continue;
    findings.push({
      service: container.service,
      kind: "Running",
      expected: "stopped",
      actual: container.state,
      cause: "outside",
      containerId: container.id,
    });
  }
  for (const { service, containers } of judged) {
    const running = containers.filter(({ container }) => container.state === "running").length;
    statuses.push(serviceStatus(service, containers[0]?.container, "Stopped", running));
  }
  const stop: Step = { act: "stop", kind: "Running", service: "", cause: "outside", why: "Running" };
  return {
    findings: [...findings, ...localFindings(localChanges)],
    steps: findings.length === 0 ? [] : [stop],
    fileSteps: [],
    ready: [],
    services: statuses,
    hasNewImages: false,
    health: { status: "Stopped", message: "stopped by spec.state" },
    ...runningAndFinished(judged),
  };
}

/** One for each service that uses the file; one without a service where none does. */
function localFindings(changes: readonly LocalChange[]): readonly Finding[] {
  return changes.flatMap(({ path, why, services }) =>
    (services.length === 0 ? [""] : services).map((service): Finding => ({
      service,
      kind: "LocalChange",
      expected: `"${path}" as in Git`,
      actual: `"${path}": ${why}`,
      cause: "outside",
    })),
  );
}

/** When what runs in spite of its crash loop may be over it. */
function steadyAt(judged: readonly Judged[]): readonly number[] {
  return judged.flatMap(({ containers }) =>
    containers
      .filter(
        ({ container, verdict }) =>
          container.state === "running" && verdict.is === "drifted" && verdict.kind === "Restarting",
      )
      .map(({ container }) => container.startedAt + STEADY_MS),
  );
}

function runningAndFinished(
  judged: readonly Judged[],
): Pick<Plan, "running" | "finished" | "lives" | "fresh"> {
  const fresh: Record<string, readonly string[]> = {};
  const running: Record<string, readonly string[]> = {};
  const finished: string[] = [];
  const lives: string[] = [];
  for (const { service, containers, finishedWithout, left } of judged) {
    const news = containers.filter((one) => one.fresh && !left).map(({ container }) => container.id);
    if (news.length > 0) fresh[service.name] = news;
    const up = left ? [] : containers.filter(({ verdict }) => verdict.is === "running");
    running[service.name] = up.map(({ container }) => container.id);
    lives.push(...up.map(({ container: { id, startedAt } }) => `${id}@${startedAt}`));
    if (left) continue;
    if (finishedWithout || containers.some(({ verdict }) => verdict.is === "finished"))
      finished.push(service.name);
  }
  return { running, finished, lives, fresh };
}
