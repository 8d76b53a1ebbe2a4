import { isAbsolute, join, resolve } from "node:path";
import type { RenderedProject, RenderedService } from "./compose.ts";

/** One place at which a rendered project names a path of the machine. */
export interface PathUse {
  readonly service: string;
  /** `volumes`, `build.context`, `secrets.db.file`. */
  readonly field: string;
  /** Absolute. */
  readonly path: string;
  /**
   * `mount`: the engine mounts it; a path that was written in full is the person's right.
   * `content`: it is read for the project, so it must be the repository's.
   */
  readonly kind: "mount" | "content";
}

/** Every path that the services of a rendered project in `projectDir` use. Pure. */
export function pathUses(project: RenderedProject, projectDir: string): readonly PathUse[] {
  return Object.entries(project.services).flatMap(([service, definition]) => [
    ...contentUses(project, service, projectDir),
    ...buildPaths(project, service, definition),
  ]);
}

/** Of these uses, the ones whose content reaches a container without being part of its configuration. Pure. */
export function contentUses(
  project: RenderedProject,
  service: string,
  projectDir: string,
): readonly PathUse[] {
  const definition = project.services[service] ?? {};
  return [
    ...mounts(project, service, definition),
    ...contents(project, service, definition),
    ...profiles(service, definition, projectDir),
  ];
}

/** Compose reads seccomp profiles itself; the rendering leaves their paths as they were written. */
function profiles(service: string, definition: RenderedService, projectDir: string): readonly PathUse[] {
  const options: readonly unknown[] = Array.isArray(definition["security_opt"])
    ? definition["security_opt"]
    : [];
  return options.flatMap((option): readonly PathUse[] => {
    const file = typeof option === "string" ? /^seccomp[=:](.+)$/s.exec(option)?.[1] : undefined;
    if (file === undefined || file === "unconfined" || file === "builtin") return [];
    // To Compose a tilde is the home of whoever runs it.
    const path = file.startsWith("~") ? join("/", file) : resolve(projectDir, file);
    return [{ service, field: "security_opt.seccomp", path, kind: "content" }];
  });
}

function mounts(
  project: RenderedProject,
  service: string,
  { volumes = [] }: RenderedService,
): readonly PathUse[] {
  return volumes.flatMap(({ type, source }): readonly PathUse[] => {
    if (source === undefined) return [];
    if (type === "bind") return [{ service, field: "volumes", path: source, kind: "mount" }];
    const device = recordOf(project.volumes?.[source]?.driver_opts)["device"];
    return typeof device === "string" && isAbsolute(device)
      ? [{ service, field: `volumes.${source}.driver_opts.device`, path: device, kind: "mount" }]
      : [];
  });
}

function contents(
  project: RenderedProject,
  service: string,
  definition: RenderedService,
): readonly PathUse[] {
  return [
    ...(definition.configs ?? []).flatMap(({ source }) => topLevelFile(project, service, "configs", source)),
    ...(definition.secrets ?? []).flatMap(({ source }) => topLevelFile(project, service, "secrets", source)),
  ];
}

function topLevelFile(
  project: RenderedProject,
  service: string,
  section: "configs" | "secrets",
  name: string,
): readonly PathUse[] {
  const file = project[section]?.[name]?.file;
  return file === undefined
    ? []
    : [{ service, field: `${section}.${name}.file`, path: file, kind: "content" }];
}

function buildPaths(
  project: RenderedProject,
  service: string,
  definition: RenderedService,
): readonly PathUse[] {
  const build = recordOf(definition.build);
  const use = (field: string, path: string): PathUse => ({
    service,
    field: `build.${field}`,
    path,
    kind: "content",
  });
  const found: PathUse[] = [];
  const {
    context,
    dockerfile,
    additional_contexts: additional,
    secrets,
    ssh,
    dockerfile_inline: inline,
  } = build;
  const folder = localContext(context);
  if (folder !== undefined) {
    found.push(use("context", folder));
    const file = typeof dockerfile === "string" ? dockerfile : "Dockerfile";
    if (inline === undefined) {
      const path = resolve(folder, file);
      // BuildKit prefers the .dockerignore that bears the Dockerfile's name, and stands beside it.
      found.push(use("dockerfile", path), use("dockerfile", `${path}.dockerignore`));
    }
  }
  for (const [name, value] of Object.entries(recordOf(additional))) {
    const path = localContext(value);
    if (path !== undefined) found.push(use(`additional_contexts.${name}`, path));
  }
  for (const secret of Array.isArray(secrets) ? secrets : []) {
    const { source } = recordOf(secret);
    if (typeof source === "string") found.push(...topLevelFile(project, service, "secrets", source));
  }
  for (const key of Array.isArray(ssh) ? ssh : []) {
    const path = typeof key === "string" ? /^[^=]*=(.+)$/s.exec(key)?.[1] : undefined;
    if (path !== undefined) found.push(use("ssh", join("/", path)));
  }
  return found;
}

/** The folder of a build context; undefined for one that the engine fetches or takes from an image. */
function localContext(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const path = value.replace(/^oci-layout:\/\//, "");
  return isAbsolute(path) ? path : undefined;
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
