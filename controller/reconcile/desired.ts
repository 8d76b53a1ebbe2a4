import type { RenderedProject, RenderedService } from "../compose/compose.ts";
import { recordOf } from "../compose/path-uses.ts";
import { healDelayOf, ONE_SHOT_LABEL, onFileChangeOf, type OnFileChange } from "./service-labels.ts";

/** One service as the rendering wants it, reduced to what judging its containers needs. */
export interface DesiredService {
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  /**
   * May its containers end with code 0 and be done? `yes`: by label, or because another service waits for its completion.
   * `no`: it has a health check, published ports or a restart policy that never lets it end. `perhaps`: evidence decides.
   */
  readonly oneShot: "yes" | "no" | "perhaps";
  /** It asks for a certain hardware address, with which only Compose can attach it. */
  readonly fixedMac?: boolean;
  /** Volumes of the project that it mounts, external ones left out. */
  readonly volumes?: readonly DesiredVolume[];
  readonly dependsOn: readonly {
    readonly service: string;
    readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
    readonly required: boolean;
    /** When that one is made anew, this one is started again. */
    readonly restart?: true;
  }[];
  readonly onFileChange: OnFileChange;
  /** How long it is left stopped or paused, where its label asks for that. */
  readonly healDelay?: { readonly text: string; readonly ms: number };
}

export interface DesiredVolume {
  /** As the engine knows it. */
  readonly name: string;
  /** Undefined: the engine's default. */
  readonly driver?: string;
  readonly options: Readonly<Record<string, string>>;
}

/** The rendering's services, dependencies first; cycles cannot be: Compose refuses them. */
export function desiredServices(project: RenderedProject): readonly DesiredService[] {
  const awaited = new Set(
    Object.values(project.services).flatMap((service) =>
      Object.entries(service.depends_on ?? {})
        .filter(([, dependency]) => dependency.condition === "service_completed_successfully")
        .map(([name]) => name),
    ),
  );
  const desired = new Map<string, DesiredService>();
  for (const [name, service] of Object.entries(project.services)) {
    const healDelay = healDelayOf(service);
    desired.set(name, {
      name,
      replicas: replicasOf(service),
      image: service.image ?? `${project.name}-${name}`,
      oneShot: oneShotOf(service, awaited.has(name)),
      fixedMac: hasFixedMac(service),
      volumes: volumesOf(service, project),
      dependsOn: Object.entries(service.depends_on ?? {}).map(([on, { condition, required, restart }]) => ({
        service: on,
        condition,
        required: required ?? true,
        ...(restart === true && { restart }),
      })),
      onFileChange: onFileChangeOf(service),
      ...(healDelay && { healDelay }),
    });
  }
  return inDependencyOrder(desired);
}

function replicasOf(service: RenderedService): number {
  return service.scale ?? service.deploy?.replicas ?? 1;
}

function oneShotOf(service: RenderedService, awaited: boolean): DesiredService["oneShot"] {
  const label = service.labels?.[ONE_SHOT_LABEL];
  if (label === "false") return "no";
  if (label !== undefined || awaited) return "yes";
  if (hasHealthCheck(service) || (service.ports?.length ?? 0) > 0) return "no";
  return service.restart === "always" || service.restart === "unless-stopped" ? "no" : "perhaps";
}

function hasFixedMac(service: RenderedService): boolean {
  const networks = Object.values(recordOf(service["networks"]));
  return [service, ...networks].some((one) => recordOf(one)["mac_address"] !== undefined);
}

function volumesOf(service: RenderedService, project: RenderedProject): readonly DesiredVolume[] {
  const names = (service.volumes ?? [])
    .filter(({ type, source }) => type === "volume" && source !== undefined)
    .map(({ source }) => source ?? "");
  return [...new Set(names)].toSorted().flatMap((key) => {
    const volume = project.volumes?.[key];
    if (volume?.external === true) return [];
    const { driver, driver_opts: options } = recordOf(volume);
    return [
      {
        name: volume?.name ?? `${project.name}_${key}`,
        ...(typeof driver === "string" && driver !== "" && { driver }),
        options: Object.fromEntries(
          Object.entries(recordOf(options)).map(([name, value]) => [name, String(value)]),
        ),
      },
    ];
  });
}

function hasHealthCheck(service: RenderedService): boolean {
  const { healthcheck } = service;
  if (healthcheck === undefined || healthcheck.disable === true) return false;
  return healthcheck.test?.[0] !== "NONE";
}

function inDependencyOrder(services: ReadonlyMap<string, DesiredService>): readonly DesiredService[] {
  const ordered: DesiredService[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const service = services.get(name);
    if (service === undefined || seen.has(name)) return;
    seen.add(name);
    for (const dependency of service.dependsOn) visit(dependency.service);
    ordered.push(service);
  };
  for (const name of [...services.keys()].toSorted()) visit(name);
  return ordered;
}
