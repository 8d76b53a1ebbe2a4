import type { RenderedProject, RenderedService } from "../compose/compose.ts";

/**
 * The services that live in a namespace of one of `names`, directly or through another (`network_mode: service:vpn`):
 * when that container starts again, its namespace is another one, and theirs a dead end until they are started again, too.
 */
export function sharersOf(names: ReadonlySet<string>, project: RenderedProject): readonly string[] {
  const found = new Set<string>();
  let before = -1;
  while (found.size > before) {
    before = found.size;
    for (const [name, service] of Object.entries(project.services)) {
      if (names.has(name)) continue;
      if (hostsOf(service).some((host) => names.has(host) || found.has(host))) found.add(name);
    }
  }
  return [...found];
}

/** The services in whose namespaces it lives. */
export function hostsOf(service: RenderedService): readonly string[] {
  return [service["network_mode"], service["ipc"], service["pid"]].flatMap((mode) =>
    typeof mode === "string" && mode.startsWith("service:") ? [mode.slice("service:".length)] : [],
  );
}
