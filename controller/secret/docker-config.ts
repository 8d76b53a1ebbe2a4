/** A Secret as credentials for registries: what of a `config.json` of Docker is a credential, and nothing else of it. */
import { fault, fieldFault, readText, type OpenedSecret, type Reading } from "./opened-secret.ts";

/** The credentials for one registry, as Docker writes them. */
export type RegistryAuth = Readonly<Partial<Record<AuthField, string>>>;

/** By the address of the registry. */
export type RegistryAuths = Readonly<Record<string, RegistryAuth>>;

export const DOCKER_CONFIG_FIELD = ".dockerconfigjson";

const AUTH_FIELDS = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;
type AuthField = (typeof AUTH_FIELDS)[number];
/** What makes Docker run a program of that name. */
const HELPERS = ["credsStore", "credHelpers"] as const;

/** The credentials of a Secret of type kubernetes.io/dockerconfigjson. Of the file only `auths` is kept. */
export function dockerConfigOf(secret: OpenedSecret): Reading<RegistryAuths> {
  if (secret.type !== "kubernetes.io/dockerconfigjson") {
    return fault(
      `Secret ${JSON.stringify(secret.name)} is of type ${secret.type}, and credentials for registries are of type kubernetes.io/dockerconfigjson`,
    );
  }
  const text = readText(secret, DOCKER_CONFIG_FIELD);
  if (text.kind === "fault") return text;
  const read = parseDockerConfig(text.value);
  return read.kind === "fault" ? fieldFault(secret, DOCKER_CONFIG_FIELD, read.message) : read;
}

/** One `config.json` of many Secrets; for a registry that stands in several of them, the first wins. */
export function formatDockerConfig(configs: readonly RegistryAuths[]): string {
  const auths: Record<string, RegistryAuth> = {};
  for (const config of configs.toReversed()) Object.assign(auths, config);
  return `${JSON.stringify({ auths }, null, 2)}\n`;
}

/** A fault is the cause alone: "is not JSON". */
export function parseDockerConfig(text: string): Reading<RegistryAuths> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return fault("is not JSON: the content of a config.json of Docker is meant");
  }
  if (!isFields(config)) return fault("must be a JSON object with auths, as in a config.json of Docker");
  const helper = HELPERS.find((name) => config[name] !== undefined);
  if (helper !== undefined) {
    return fault(
      `names a program that Docker asks for credentials (${helper}), instead of holding them: log in where none is set (docker --config DIR login)`,
    );
  }
  const { auths } = config;
  if (!isFields(auths) || Object.keys(auths).length === 0) {
    return fault(
      Object.values(config).some(isAuth)
        ? 'has its registries at the top, and they belong below "auths"'
        : "has no auths: it holds no credential for any registry",
    );
  }
  const kept: Record<string, RegistryAuth> = {};
  for (const [registry, auth] of Object.entries(auths)) {
    const why = authFault(auth);
    if (why !== undefined) return fault(`${why} for the registry ${JSON.stringify(registry)}`);
    kept[registry] = Object.fromEntries(
      AUTH_FIELDS.flatMap((field) => {
        const value = (auth as Readonly<Record<string, unknown>>)[field];
        return typeof value === "string" && value !== "" ? [[field, value]] : [];
      }),
    );
  }
  return { kind: "ok", value: kept };
}

function authFault(auth: unknown): string | undefined {
  if (!isAuth(auth)) return "holds no credential";
  const { auth: encoded } = auth;
  if (encoded === undefined || encoded === "") return undefined;
  return Buffer.from(encoded, "base64").includes(":")
    ? undefined
    : "holds an auth that is not USER:PASSWORD in base64";
}

function isAuth(value: unknown): value is RegistryAuth {
  if (!isFields(value)) return false;
  const has = (field: AuthField): boolean => typeof value[field] === "string" && value[field] !== "";
  return has("auth") || has("identitytoken") || has("registrytoken") || (has("username") && has("password"));
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
