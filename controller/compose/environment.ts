import type { ComposeVariable } from "../api/application.ts";

/** Docker's own settings that are handed on, where the controller has them. */
const DOCKER_SETTINGS = [
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "DOCKER_API_VERSION",
] as const;

/** Which engine is spoken to is the controller's to say. */
const ENGINE_CHOICE: readonly string[] = ["DOCKER_HOST", "DOCKER_CONTEXT", ...DOCKER_SETTINGS];

const SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface EnvironmentRequest {
  /** The controller's own environment, of which only HOME and Docker's settings are handed on. */
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly dockerHost: string | undefined;
  /** `PWD`: the stable project directory. */
  readonly workingDir: string;
  /** Where registry credentials are, in the place of the user's own. */
  readonly dockerConfig?: string | undefined;
  /** The Application's variables; they win over nothing that is fixed here. */
  readonly variables?: readonly Pick<ComposeVariable, "name" | "value">[];
}

/**
 * The whole environment of a Compose process. Fixed: a safe PATH, plain output, no menu and no prompt, no remote
 * includes, no Git. Nothing else of the controller's environment, so that no `${VARIABLE}` of a Compose file can read it.
 */
export function childEnvironment(request: EnvironmentRequest): Readonly<Record<string, string>> {
  const { own, dockerHost, dockerConfig, workingDir, variables = [] } = request;
  const environment: Record<string, string> = {};
  for (const { name, value } of variables) {
    if (!ENGINE_CHOICE.includes(name)) environment[name] = value;
  }
  for (const name of DOCKER_SETTINGS) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  if (dockerHost !== undefined) environment["DOCKER_HOST"] = dockerHost;
  if (dockerConfig !== undefined) environment["DOCKER_CONFIG"] = dockerConfig;
  return {
    ...environment,
    PATH: SAFE_PATH,
    HOME: own["HOME"] ?? "/root",
    PWD: workingDir,
    COMPOSE_EXPERIMENTAL_GIT_REMOTE: "false",
    COMPOSE_EXPERIMENTAL_OCI_REMOTE: "false",
    COMPOSE_MENU: "false",
    COMPOSE_PROGRESS: "plain",
    COMPOSE_ANSI: "never",
    DOCKER_CLI_HINTS: "false",
    // A build asks git about its context. A repository may hold a whole Git repository of its own there, whose configuration
    // names programs: git must neither be run nor find one.
    BUILDX_GIT_INFO: "false",
    GIT_DIR: "/dev/null",
  };
}
