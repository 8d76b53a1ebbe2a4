/** Networks and volumes of a project: which are there, and which are made. Pure. */
import type { Change, ChangeReason } from "../api/diff.ts";
import type { RenderedProject, RenderedService } from "../compose/compose.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { ApplyInput } from "./apply-input.ts";
import { reasonOfField } from "./change-words.ts";
import { fieldChanges } from "./field-changes.ts";

export interface PlannedObjects {
  readonly changes: readonly Change[];
  /** What stays as it is although its definition changed, in words. */
  readonly notes: readonly string[];
  /** Names of networks that the service is to be in and the container is not, or cannot be: they were removed since it ran. */
  missingNetworks(container: ObservedContainer, service: RenderedService): readonly string[];
  /** The name of a network that the service is in and that is made anew: then who is in it has to be, too. */
  remadeNetwork(service: RenderedService): string | undefined;
  /** Names of volumes that the service is to have and the container has not. */
  missingVolumes(container: ObservedContainer, service: RenderedService): readonly string[];
}

type Kind = "network" | "volume";
type Definition = { readonly name?: string; readonly external?: boolean } | null;

export function planObjects({ project, before, objects, mask }: ApplyInput): PlannedObjects {
  const changes: Change[] = [];
  const notes: string[] = [];
  const missing = new Set<string>();
  const remade = new Set<string>();

  /** Compose goes by the network's id; one that is not of this project is known by its name alone. */
  function isIn(name: string, { attachments, shape }: ObservedContainer): boolean {
    if (shape === "") return true; // the engine did not show it
    const id = objects.networks.find((network) => network.name === name)?.id;
    return attachments.some(({ network, networkId }) =>
      id === undefined || networkId === "" ? network === name : networkId === id,
    );
  }

  function plan(kind: Kind, key: string, definition: Definition): void {
    if (definition?.external === true) return;
    const section = kind === "network" ? "networks" : "volumes";
    const name = nameOf(key, definition);
    const then = before?.projects[0]?.[section]?.[key];
    const fields = then === undefined ? [] : fieldChanges(then, definition);
    if (!objects[section].some((object) => object.name === name)) {
      changes.push(changeOf(kind, name, "create", [{ cause: "Missing", text: "it is not there" }]));
      if (kind === "network") missing.add(key);
    } else if (fields.length > 0 && kind === "network") {
      changes.push(
        changeOf(
          kind,
          name,
          "recreate",
          fields.map((field) => reasonOfField(field, mask)),
        ),
      );
      remade.add(key);
    } else if (fields.length > 0) {
      const changed = fields.map((field) => reasonOfField(field, mask).text).join(", ");
      notes.push(`volume "${name}" stays as it is, though its definition changed: ${changed}`);
    }
  }

  for (const key of Object.keys(project.networks ?? {}).toSorted()) {
    if (isUsed(key, project)) plan("network", key, project.networks?.[key] ?? null);
  }
  for (const key of Object.keys(project.volumes ?? {}).toSorted()) {
    plan("volume", key, project.volumes?.[key] ?? null);
  }
  return {
    changes,
    notes,
    missingNetworks(container, service) {
      const isMissing = (key: string): boolean => {
        if (remade.has(key)) return false;
        if (missing.has(key)) return container.state !== "running";
        return !isIn(nameOf(key, project.networks?.[key]), container);
      };
      return networksOf(service)
        .filter(isMissing)
        .map((key) => nameOf(key, project.networks?.[key]));
    },
    remadeNetwork(service) {
      const key = networksOf(service).find((one) => remade.has(one));
      return key === undefined ? undefined : nameOf(key, project.networks?.[key]);
    },
    missingVolumes(container, service) {
      const mounted = new Set(container.mounts.map(({ name }) => name));
      return (service.volumes ?? [])
        .flatMap(({ type, source }) => (type === "volume" && source !== undefined ? [source] : []))
        .map((source) => nameOf(source, project.volumes?.[source]))
        .filter((name) => !mounted.has(name));
    },
  };
}

function changeOf(
  object: Kind,
  name: string,
  act: "create" | "recreate",
  reasons: readonly ChangeReason[],
): Change {
  const why = reasons.map(({ text }) => text).join(", ");
  return { object, name, act, reasons, text: `${object} "${name}" is ${act}d: ${why}` };
}

function nameOf(key: string, definition: Definition | undefined): string {
  return definition?.name ?? key;
}

function isUsed(key: string, { services }: RenderedProject): boolean {
  return Object.values(services).some((service) => networksOf(service).includes(key));
}

function networksOf(service: RenderedService): readonly string[] {
  const { networks } = service;
  return typeof networks === "object" && networks !== null ? Object.keys(networks) : [];
}
