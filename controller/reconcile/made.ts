import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { Mask } from "../lib/mask.ts";
import type { MadeContainer, MadeService, MadeTarget } from "../status/record.ts";

type Services = Readonly<Record<string, MadeService>>;

/**
 * What runs of each service, as evidence: read from the engine after an apply, never computed. Of a container that is on
 * record already, the record stays (what is otherwise by now is drift, and an `up` that left it running has not made it), but
 * for the ids of networks, which `up` may have made anew.
 */
export function madeServices(
  project: RenderedProject,
  containers: readonly ObservedContainer[],
  before: Services,
  /** A tag or a name may come from a Secret, and this is written down. */
  mask: Mask,
  /** What the containers of the service were made from, where this call made them; the rest keeps what was known. */
  from: (service: string) => string | undefined = () => undefined,
): Services {
  const made: Record<string, MadeService> = {};
  for (const name of Object.keys(project.services)) {
    const own = containers.filter(
      (container) => container.service === name && !container.oneOff && container.configHash !== "",
    );
    const newest = own.toSorted((a, b) => b.createdAt - a.createdAt)[0];
    const old = before[name];
    if (newest === undefined) {
      if (old !== undefined) made[name] = { ...old, containers: [], gated: [] };
      continue;
    }
    const ids = own.map(({ id }) => id);
    // The same containers are what they were, whatever became of the call.
    const isSame = old !== undefined && ids.every((id) => old.containers.includes(id));
    const origin = from(name) ?? (isSame ? old.from : undefined);
    made[name] = {
      configHash: newest.configHash,
      image: mask(newest.image),
      imageId: newest.imageId,
      containers: ids,
      gated: (old?.gated ?? []).filter((id) => ids.includes(id)),
      ...(origin !== undefined && { from: origin }),
      made: Object.fromEntries(
        own
          .map(
            (container) =>
              [
                container.id,
                onSameNetworks(old?.made?.[container.id], container) ?? madeContainer(container, mask),
              ] as const,
          )
          .filter(([, facts]) => facts !== undefined),
      ) as Readonly<Record<string, MadeContainer>>,
    };
  }
  return made;
}

function onSameNetworks(
  made: MadeContainer | undefined,
  { attachments: now }: ObservedContainer,
): MadeContainer | undefined {
  if (made === undefined) return undefined;
  const attachments = made.attachments.map((attachment) => ({
    ...attachment,
    networkId: now.find(({ network }) => network === attachment.network)?.networkId ?? attachment.networkId,
  }));
  return { ...made, attachments };
}

/** Undefined where the engine could not show it. */
function madeContainer(container: ObservedContainer, mask: Mask): MadeContainer | undefined {
  const { name, configHash, composeVersion, shape, attachments, settings } = container;
  if (shape === "") return undefined;
  return { ...maskedNames({ name, attachments }, mask), configHash, composeVersion, shape, settings };
}

/** The names that a container goes by, without values of Secrets. */
export function maskedNames<T extends Pick<MadeContainer, "name" | "attachments">>(
  container: T,
  mask: Mask,
): T {
  return {
    ...container,
    name: mask(container.name),
    attachments: container.attachments.map((attachment) => ({
      ...attachment,
      aliases: attachment.aliases.map(mask),
    })),
  };
}

export function maskedServices(services: Services, mask: Mask): Services {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { made } = service;
      if (made === undefined) return [name, service];
      const masked = Object.entries(made).map(
        ([id, container]) => [id, maskedNames(container, mask)] as const,
      );
      return [name, { ...service, made: Object.fromEntries(masked) }];
    }),
  );
}

/** The same after a healing: only what was brought up anew has other evidence; what somebody else changed is still drift. */
export function healedServices(
  project: RenderedProject,
  containers: readonly ObservedContainer[],
  before: Services,
  /** `from`: as for madeServices. */
  {
    healed,
    from,
  }: { readonly healed: ReadonlySet<string>; readonly from: (service: string) => string | undefined },
  mask: Mask,
): Services {
  return Object.fromEntries(
    Object.entries(madeServices(project, containers, before, mask, from)).map(([name, service]) => {
      const old = before[name];
      if (healed.has(name) || old === undefined) return [name, service];
      const { configHash, image, imageId, from: origin, made } = old;
      const { made: _seen, from: _made, ...rest } = service;
      return [
        name,
        {
          ...rest,
          configHash,
          image,
          imageId,
          ...(origin !== undefined && { from: origin }),
          ...(made && { made }),
        },
      ];
    }),
  );
}

/** The evidence with these containers in it, which are as they were made. */
export function withFresh(
  before: Services,
  fresh: Readonly<Record<string, readonly string[]>>,
  containers: readonly ObservedContainer[],
  mask: Mask,
): Services {
  return Object.fromEntries(
    Object.entries(before).map(([name, service]) => {
      const found = containers.filter(({ id }) => fresh[name]?.includes(id) === true);
      const [newest] = found.toSorted((a, b) => b.createdAt - a.createdAt);
      if (newest === undefined) return [name, service];
      const facts = found.map((container) => [container.id, madeContainer(container, mask)] as const);
      const present = Object.entries(service.made ?? {}).filter(([id]) =>
        containers.some((container) => container.id === id),
      );
      return [
        name,
        {
          ...service,
          configHash: newest.configHash,
          containers: [...new Set([...service.containers, ...found.map(({ id }) => id)])].filter((id) =>
            containers.some((container) => container.id === id),
          ),
          made: Object.fromEntries([
            ...present,
            ...facts.filter(([, made]) => made !== undefined),
          ]) as Readonly<Record<string, MadeContainer>>,
        },
      ];
    }),
  );
}

/** What an engine of another version showed of the containers may be written otherwise by this one: it is no evidence. */
export function trustedServices(
  { services, engineVersion }: Pick<MadeTarget, "services" | "engineVersion">,
  now: string | undefined,
): Services {
  if (engineVersion === now) return services;
  return Object.fromEntries(
    Object.entries(services).map(([name, { made: _old, ...service }]) => [name, service]),
  );
}

/** One thing that `up` should have brought about and did not. */
export interface UpProblem {
  readonly service: string;
  readonly what: string;
}

/**
 * Did `up` do what it was asked? Its exit code is not the answer. A container that has ended since `since` is no problem of
 * `up`: the gate judges it.
 */
export function upProblems(
  project: RenderedProject,
  services: readonly string[],
  containers: readonly ObservedContainer[],
  since: number,
): readonly UpProblem[] {
  return services.flatMap((name): readonly UpProblem[] => {
    const service = project.services[name];
    const wanted = service?.scale ?? service?.deploy?.replicas ?? 1;
    const own = containers.filter(
      (container) => container.service === name && !container.oneOff && container.configHash !== "",
    );
    if (own.length !== wanted) return [{ service: name, what: `${own.length} of ${wanted} containers` }];
    const still = own.find(
      (container) =>
        container.state === "created" ||
        container.state === "paused" ||
        ((container.state === "exited" || container.state === "dead") && container.startedAt < since),
    );
    return still === undefined
      ? []
      : [{ service: name, what: `container "${still.name}" is ${still.state}` }];
  });
}
