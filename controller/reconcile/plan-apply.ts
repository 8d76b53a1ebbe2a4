/**
 * What one `docker compose up` of a rendering does to a project, container by container, and why. Pure: the apply logs what
 * this says, `conops diff` prints it, and nobody else has an opinion. How Compose decides was measured
 * (test/e2e/diff-equals.test.ts): by its config hash, the image's id, missing networks and volumes.
 */
import type { Change } from "../api/diff.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type {
  ApplyInput,
  FileEffect,
  MadeAnew,
  Obsolete,
  PlannedContainer,
  PlannedService,
  WhyRestarted,
} from "./apply-input.ts";
import { tellService, tellOrphans } from "./change-words.ts";
import { desiredServices, type DesiredService } from "./desired.ts";
import { planImages } from "./plan-images.ts";
import { planObjects, type PlannedObjects } from "./plan-objects.ts";
import { whyObsolete } from "./why-obsolete.ts";

export interface ApplyPlan {
  readonly services: readonly PlannedService[];
  /** Of services that there are not any more, and ended ones of `docker compose run`: removed. */
  readonly orphans: readonly ObservedContainer[];
  /** Empty when nothing is to be done. In a fixed order, whatever the order of the input. */
  readonly changes: readonly Change[];
  /** What stays although it is wanted otherwise. */
  readonly notes: readonly string[];
}

export function planApply(input: ApplyInput): ApplyPlan {
  const objects = planObjects(input);
  const anew = new Map<string, "surely" | "perhaps" | "created">();
  const services: PlannedService[] = [];
  for (const service of desiredServices(input.project)) {
    const planned = planService(service, input, objects, anew);
    const remade = planned.containers.filter(({ act }) => act === "recreate");
    if (remade.length > 0) {
      anew.set(service.name, remade.every(({ perhaps }) => perhaps) ? "perhaps" : "surely");
    } else if (planned.created > 0 && planned.containers.length === 0) anew.set(service.name, "created");
    services.push(planned);
  }
  const orphans = input.prune ? orphansOf(input) : [];
  const changes = [
    ...planImages(input.images),
    ...objects.changes,
    ...services.toSorted(byName).flatMap((planned) => tellService(planned, input.mask)),
    ...tellOrphans(orphans),
  ];
  return { services, orphans, changes, notes: objects.notes };
}

function planService(
  service: DesiredService,
  input: ApplyInput,
  objects: PlannedObjects,
  anew: MadeAnew,
): PlannedService {
  const own = input.containers.filter(
    (container) => container.service === service.name && !container.oneOff && container.configHash !== "",
  );
  const none = { service, obsolete: undefined, files: undefined, restart: undefined };
  const effect = input.files[service.name];
  if (input.services?.includes(service.name) === false) {
    const kept = own
      .toSorted(byNumber)
      .map((container): PlannedContainer => ({ container, act: "keep", perhaps: false }));
    const containers = effect === undefined ? kept : kept.map((one) => afterFiles(one, effect));
    return { ...none, containers, created: 0, files: effect };
  }
  const verdicts = new Map(
    own.map((container) => [container, whyObsolete(container, service.name, { input, objects, anew })]),
  );
  // As Compose counts: what is up to date stays first, then the lower number.
  const sorted = own.toSorted(
    (a, b) => Number(isSure(verdicts.get(a))) - Number(isSure(verdicts.get(b))) || byNumber(a, b),
  );
  const restart = whyRestarted(service, anew);
  const planned = sorted.map((container, index): PlannedContainer => {
    if (index >= service.replicas) return { container, act: "remove", perhaps: false };
    const verdict = verdicts.get(container);
    if (verdict !== undefined) return { container, act: "recreate", perhaps: verdict.perhaps };
    if (container.state !== "running" && container.state !== "restarting" && container.state !== "removing")
      return { container, act: "start", perhaps: false };
    if (restart === undefined) return { container, act: "keep", perhaps: false };
    return { container, act: "restart", perhaps: restart.perhaps };
  });
  // Whatever was made or started just now has the new files already.
  const files = planned.some(({ act, perhaps }) => act === "keep" || perhaps) ? effect : undefined;
  return {
    service,
    containers: files === undefined ? planned : planned.map((one) => afterFiles(one, files)),
    created: Math.max(0, service.replicas - own.length),
    obsolete: sorted.map((container) => verdicts.get(container)).find((verdict) => verdict !== undefined),
    files: effect,
    restart,
  };
}

function whyRestarted({ dependsOn }: DesiredService, anew: MadeAnew): WhyRestarted | undefined {
  const remade = dependsOn.filter((on) => on.restart && (anew.get(on.service) ?? "created") !== "created");
  const on = remade.find(({ service }) => anew.get(service) === "surely") ?? remade[0];
  if (on === undefined) return undefined;
  return { cause: "Dependency", service: on.service, perhaps: anew.get(on.service) === "perhaps" };
}

/** Compose makes a whole service anew; what only restarts are those that would stay. */
function afterFiles(planned: PlannedContainer, { how }: FileEffect): PlannedContainer {
  const { container, act, perhaps } = planned;
  if (act === "remove" || (how !== "recreate" && act !== "keep" && !perhaps)) return planned;
  if (perhaps && how !== "recreate") return planned;
  return { container, act: how, perhaps: false };
}

function isSure(verdict: Obsolete | undefined): boolean {
  return verdict !== undefined && !verdict.perhaps;
}

/** What Compose takes for an orphan: also a `docker compose run` that has ended. */
function orphansOf({ project, containers }: ApplyInput): readonly ObservedContainer[] {
  return containers
    .filter(({ service, oneOff, state, configHash }) =>
      oneOff ? state === "exited" || state === "dead" : configHash !== "" && !(service in project.services),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function byNumber(a: ObservedContainer, b: ObservedContainer): number {
  return a.number - b.number || (a.id < b.id ? -1 : 1);
}

function byName(a: PlannedService, b: PlannedService): number {
  return a.service.name < b.service.name ? -1 : 1;
}
