/** The labels by which Compose knows its own. Containers of people's own labels cannot override them. */
export const COMPOSE_LABEL = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  number: "com.docker.compose.container-number",
  oneOff: "com.docker.compose.oneoff",
  configHash: "com.docker.compose.config-hash",
  version: "com.docker.compose.version",
  workingDir: "com.docker.compose.project.working_dir",
} as const;

/** The engine's filter for what carries the project's label; without a project, for what is of any Compose project. */
export function projectFilter(project?: string): { readonly label: string[] } {
  return { label: [project === undefined ? COMPOSE_LABEL.project : `${COMPOSE_LABEL.project}=${project}`] };
}
