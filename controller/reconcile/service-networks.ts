/**
 * What Compose gets wrong about networks. When it makes a network anew because its definition changed, it gives the
 * containers back to it without their names, so that no service finds another; and it cannot do so at all for one service
 * while others are on that network: it then leaves it stopped and taken off. Pure.
 */
import type { RenderedProject, RenderedService } from "../compose/compose.ts";
import { recordOf } from "../compose/path-uses.ts";
import type { ObservedContainer, ObservedNetwork, ProjectObjects } from "../docker/docker.ts";
import type { MadeObjects } from "../status/record.ts";
import { isRedefined } from "./judge-objects.ts";

/** Names mean nothing on these, and Compose gives none there. */
const WITHOUT_NAMES: ReadonlySet<string> = new Set(["bridge", "host", "none"]);

/** The services of which a running container is off one of its networks, or is not known there by the service's name. */
export function servicesWithoutNames(
  project: RenderedProject,
  containers: readonly ObservedContainer[],
): readonly string[] {
  return Object.entries(project.services)
    .filter(([name, service]) => {
      const networks = networksOf(service, project);
      return containers
        .filter((container) => container.service === name && isOurs(container))
        .some(({ attachments }) =>
          networks.some(
            (network) => attachments.find((one) => one.network === network)?.aliases.includes(name) !== true,
          ),
        );
    })
    .map(([name]) => name);
}

export function redefinedNetworks(
  now: ProjectObjects | undefined,
  made: MadeObjects | undefined,
): readonly ObservedNetwork[] {
  return (now?.networks ?? []).filter((network) => isRedefined(made?.networks[network.name], network));
}

/** The services that run on a network which somebody has given another definition: Compose must be told of all of them. */
export function servicesOnRedefined(
  now: ProjectObjects | undefined,
  made: MadeObjects | undefined,
  containers: readonly ObservedContainer[],
): readonly string[] {
  const redefined = new Set(redefinedNetworks(now, made).map(({ name }) => name));
  const services = containers
    .filter(isOurs)
    .filter(({ attachments }) => attachments.some(({ network }) => redefined.has(network)))
    .map(({ service }) => service);
  return [...new Set(services)];
}

function networksOf(service: RenderedService, project: RenderedProject): readonly string[] {
  if (service["network_mode"] !== undefined) return [];
  return Object.keys(recordOf(service["networks"]))
    .map((key) => project.networks?.[key]?.name ?? `${project.name}_${key}`)
    .filter((name) => !WITHOUT_NAMES.has(name));
}

function isOurs({ state, oneOff, configHash, shape }: ObservedContainer): boolean {
  return state === "running" && !oneOff && configHash !== "" && shape !== "";
}
