/**
 * The config hashes by which Compose will decide what it makes anew, asked of Compose itself. What it puts in only when it
 * makes a container (the id of another one, whose namespace is shared) is put in here.
 */
import { messageOf } from "../api/errors.ts";
import type { Compose, RenderedProject } from "../compose/compose.ts";
import type { Docker, ObservedContainer } from "../docker/docker.ts";
import type { Log } from "../lib/log.ts";
import type { Mask } from "../lib/mask.ts";
import { volumesFrom } from "./why-obsolete.ts";

export interface HashSubject {
  readonly project: RenderedProject;
  readonly json: string;
  readonly projectDir: string;
}

interface HashDeps {
  readonly compose: Pick<Compose, "hashes">;
  readonly docker: Pick<Docker, "configFingerprint">;
  readonly log: Log;
}

/** service → the fingerprint, as containers have it. Nothing where Compose does not answer: then the record has to do. */
export async function configHashes(
  { project, json, projectDir }: HashSubject,
  containers: readonly ObservedContainer[],
  { name, signal, mask }: { readonly name: string; readonly signal: AbortSignal; readonly mask: Mask },
  deps: HashDeps,
): Promise<Readonly<Record<string, string>>> {
  const target = { json: withNamespaces(json, project, containers), projectDir };
  try {
    const hashes = (await deps.compose.hashes(project.name, target, { signal, mask })) ?? {};
    return Object.fromEntries(
      Object.entries(hashes)
        .filter(([name]) => volumesFrom(project.services[name] ?? {}).length === 0)
        .map(([name, hash]) => [name, deps.docker.configFingerprint(hash)]),
    );
  } catch (error) {
    signal.throwIfAborted();
    deps.log.debug("config hashes not known", { application: name, error: messageOf(error) });
    return {};
  }
}

const NAMESPACES = ["network_mode", "ipc", "pid"] as const;

/** `service:vpn` as Compose has it when it hashes: the id of the service's first container by name. */
function withNamespaces(
  json: string,
  { services }: RenderedProject,
  containers: readonly ObservedContainer[],
): string {
  const shared = Object.entries(services).flatMap(([name, service]) =>
    NAMESPACES.flatMap((field) => {
      const id = firstOf(service[field], containers);
      return id === undefined ? [] : [{ name, field, id }];
    }),
  );
  if (shared.length === 0) return json;
  const project = JSON.parse(json) as { readonly services: Record<string, Record<string, unknown>> };
  for (const { name, field, id } of shared) {
    const service = project.services[name];
    if (service !== undefined) service[field] = `container:${id}`;
  }
  return JSON.stringify(project);
}

function firstOf(mode: unknown, containers: readonly ObservedContainer[]): string | undefined {
  if (typeof mode !== "string" || !mode.startsWith("service:")) return undefined;
  const host = mode.slice("service:".length);
  const own = containers.filter(
    ({ service, oneOff, configHash }) => service === host && !oneOff && configHash !== "",
  );
  return own.toSorted((a, b) => (a.name < b.name ? -1 : 1))[0]?.id;
}
