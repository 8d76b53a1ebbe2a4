/** Why Compose makes a container anew. Pure. */
import type { RenderedService } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { ApplyInput, MadeAnew, Obsolete, WhyObsolete } from "./apply-input.ts";
import { fieldChanges, type FieldChange } from "./field-changes.ts";
import type { PlannedObjects } from "./plan-objects.ts";
import { hostsOf } from "./sharers.ts";

/** What Compose leaves out of its config hash. */
const NOT_IN_HASH = /^(?:build|pull_policy|scale|depends_on|profiles|deploy\.replicas)(?:$|[.[])/;

interface Around {
  readonly input: ApplyInput;
  readonly objects: PlannedObjects;
  readonly anew: MadeAnew;
}

/** Undefined for one that stays as it is. */
export function whyObsolete(
  container: ObservedContainer,
  name: string,
  around: Around,
): Obsolete | undefined {
  const { input, objects, anew } = around;
  const service = input.project.services[name] ?? {};
  const shared: WhyObsolete[] = [];
  const others: WhyObsolete[] = [];
  let sure = false;
  for (const host of [...hostsOf(service), ...volumesFrom(service)]) {
    const how = anew.get(host);
    if (how === undefined) continue;
    shared.push({ cause: "Namespace", service: host });
    sure ||= how !== "perhaps";
  }
  const image = input.images[name];
  if (image !== undefined && (image.open || image.id !== container.imageId)) {
    const to = image.open ? undefined : image.id;
    others.push({ cause: "Image", name: image.name, from: container.imageId, to });
    sure ||= to !== undefined;
  }
  for (const network of objects.missingNetworks(container, service)) {
    others.push({ cause: "Network", name: network });
    sure = true;
  }
  const remade = objects.remadeNetwork(service);
  if (remade !== undefined) {
    others.push({ cause: "Network", name: remade, remade: true });
    sure = true;
  }
  for (const volume of objects.missingVolumes(container, service)) {
    others.push({ cause: "Volume", name: volume });
    sure = true;
  }
  const configured = whyConfigured(container, name, input);
  // Another hash is explained by what else is another one: what it shares, or the id of an image in the place of its name.
  const isExplained =
    shared.length + others.length > 0 && configured.every(({ cause }) => cause === "Unknown");
  if (configured.length > 0 && (shared.length === 0 || !isExplained)) sure = true;
  const why = [...shared, ...(isExplained ? [] : configured), ...others];
  return why.length === 0 ? undefined : { why, perhaps: !sure };
}

function whyConfigured(
  container: ObservedContainer,
  name: string,
  { project, hashes, before }: ApplyInput,
): readonly WhyObsolete[] {
  const made = before?.services[name];
  const now = project.services[name] ?? {};
  const thens = (before?.projects ?? [])
    .map(({ services }) => services[name])
    .filter((service) => service !== undefined);
  const isAsMade = made !== undefined && made.configHash === container.configHash;
  const hash = hashes[name];
  const changed =
    hash === undefined
      ? !isAsMade || thens.length === 0 || hashedChanges(thens[0], now).length > 0
      : hash !== container.configHash;
  if (!changed) return [];
  // Half-way through a try, a service may still be as it was before it.
  const fields = thens.map((then) => hashedChanges(then, now)).find(({ length }) => length > 0) ?? [];
  const changes = fields.map((change): WhyObsolete => ({ cause: "Field", change }));
  if (made !== undefined && !isAsMade) return [...changes, { cause: "Modified" }];
  return changes.length > 0 ? changes : [{ cause: "Unknown" }];
}

function hashedChanges(then: RenderedService | undefined, now: RenderedService): readonly FieldChange[] {
  return fieldChanges(then, now).filter(({ field }) => !NOT_IN_HASH.test(field));
}

/** The services of which it mounts the volumes. */
export function volumesFrom(service: RenderedService): readonly string[] {
  const from = service["volumes_from"];
  if (!Array.isArray(from)) return [];
  return from
    .map(String)
    .flatMap((text) => (text.startsWith("container:") ? [] : [text.split(":")[0] ?? ""]));
}
